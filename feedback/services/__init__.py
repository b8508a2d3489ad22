"""Writes: every change of feedback's tables goes through here."""

from __future__ import annotations

from feedback.services.accounts import create_token, save_keys
from feedback.services.batches import ContentOutcome, add_items
from feedback.services.changes import (
    changeable_until,
    last_changeable,
    last_submission,
    withdraw_submission,
)
from feedback.services.content import (
    NewCompletion,
    NewItem,
    add_completions,
    add_item_for,
    add_prompt,
    withdraw_item,
)
from feedback.services.drafts import NewDraft, answer_fields, draft_of, read_fields, save_draft
from feedback.services.examples import remove_example, save_example
from feedback.services.gold import mark_gold, mark_gold_as_judged, unmark_gold
from feedback.services.images import add_image
from feedback.services.imports import ImportCounts, import_rows
from feedback.services.judgments import (
    annotator_for,
    submit_judgment,
    submit_judgments,
)
from feedback.services.pauses import pass_exam, pause_annotator, resume_annotator
from feedback.services.progress import keep_progress, known_progress, refresh_progress
from feedback.services.projects import (
    add_member,
    create_project,
    normalise_kinds,
    remove_member,
    update_project,
)
from feedback.services.queue import (
    change_item,
    delete_group,
    queue_settings,
    save_group,
    update_queue,
)
from feedback.services.reactions import NewReaction, react, show_again, show_new, viewer_named
from feedback.services.seats import annotator_at, annotator_for_user, annotator_on
from feedback.services.submissions import NewSubmission, SubmissionOutcome

__all__ = [
    "ContentOutcome",
    "ImportCounts",
    "NewCompletion",
    "NewDraft",
    "NewItem",
    "NewReaction",
    "NewSubmission",
    "SubmissionOutcome",
    "add_completions",
    "add_image",
    "add_item_for",
    "add_items",
    "add_member",
    "add_prompt",
    "annotator_at",
    "annotator_for",
    "annotator_for_user",
    "annotator_on",
    "answer_fields",
    "change_item",
    "changeable_until",
    "create_project",
    "create_token",
    "delete_group",
    "draft_of",
    "import_rows",
    "keep_progress",
    "known_progress",
    "last_changeable",
    "last_submission",
    "mark_gold",
    "mark_gold_as_judged",
    "normalise_kinds",
    "pass_exam",
    "pause_annotator",
    "queue_settings",
    "react",
    "read_fields",
    "refresh_progress",
    "remove_example",
    "remove_member",
    "resume_annotator",
    "save_draft",
    "save_example",
    "save_group",
    "save_keys",
    "show_again",
    "show_new",
    "submit_judgment",
    "submit_judgments",
    "unmark_gold",
    "update_project",
    "update_queue",
    "viewer_named",
    "withdraw_item",
    "withdraw_submission",
]

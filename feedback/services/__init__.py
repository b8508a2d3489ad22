"""Writes: every change of feedback's tables goes through here."""

from __future__ import annotations

from feedback.services.accounts import create_token, save_keys
from feedback.services.changes import (
    changeable_until,
    last_changeable,
    last_submission,
    withdraw_submission,
)
from feedback.services.content import (
    ContentOutcome,
    NewCompletion,
    NewItem,
    add_completions,
    add_item_for,
    add_items,
    add_prompt,
    withdraw_item,
)
from feedback.services.drafts import NewDraft, answer_fields, draft_of, read_fields, save_draft
from feedback.services.examples import remove_example, save_example
from feedback.services.images import add_image
from feedback.services.imports import ImportCounts, import_rows
from feedback.services.judgments import (
    NewSubmission,
    SubmissionOutcome,
    annotator_for,
    annotator_for_user,
    submit_judgment,
    submit_judgments,
)
from feedback.services.projects import (
    add_member,
    create_project,
    normalise_kinds,
    remove_member,
    update_project,
)
from feedback.services.reactions import NewReaction, react, show_again, show_new, viewer_named

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
    "annotator_for",
    "annotator_for_user",
    "answer_fields",
    "changeable_until",
    "create_project",
    "create_token",
    "draft_of",
    "import_rows",
    "last_changeable",
    "last_submission",
    "normalise_kinds",
    "react",
    "read_fields",
    "remove_example",
    "remove_member",
    "save_draft",
    "save_example",
    "save_keys",
    "show_again",
    "show_new",
    "submit_judgment",
    "submit_judgments",
    "update_project",
    "viewer_named",
    "withdraw_item",
    "withdraw_submission",
]

"""Reads: projects, items, what a judging page shows, and judgments as evidence."""

from __future__ import annotations

from feedback.selectors.items import (
    get_assignment,
    get_item,
    get_submission,
    item_detail,
    items_of,
    names_shown,
    shown_to,
    with_answers,
)
from feedback.selectors.judgments import (
    ask_about,
    ask_of,
    counted_judgments,
    describe_judgment,
    evidence_of,
    given_judgments,
    judgment_evidence,
    live_judgments,
    side_of,
    stored_answer,
)
from feedback.selectors.progress import (
    JudgingProgress,
    Progress,
    annotator_submissions,
    judging_progress,
    project_progress,
)
from feedback.selectors.projects import get_project, projects_of
from feedback.selectors.questions import (
    AskedKind,
    ExampleShown,
    Message,
    Question,
    Shown,
    asked_kinds,
    examples_of,
    question,
)
from feedback.selectors.records import gate_before, record_about

__all__ = [
    "AskedKind",
    "ExampleShown",
    "JudgingProgress",
    "Message",
    "Progress",
    "Question",
    "Shown",
    "annotator_submissions",
    "ask_about",
    "ask_of",
    "asked_kinds",
    "counted_judgments",
    "describe_judgment",
    "evidence_of",
    "examples_of",
    "gate_before",
    "get_assignment",
    "get_item",
    "get_project",
    "get_submission",
    "given_judgments",
    "item_detail",
    "items_of",
    "judging_progress",
    "judgment_evidence",
    "live_judgments",
    "names_shown",
    "project_progress",
    "projects_of",
    "question",
    "record_about",
    "shown_to",
    "side_of",
    "stored_answer",
    "with_answers",
]

"""The tables of feedback."""

from __future__ import annotations

from feedback.models.account import ApiToken, User, token_digest
from feedback.models.content import (
    Completion,
    Example,
    Image,
    Impression,
    Item,
    ItemCompletion,
    Prompt,
)
from feedback.models.decision import Decision
from feedback.models.judgment import (
    Annotator,
    AnnotatorGroup,
    Assignment,
    AssignmentState,
    Draft,
    Judgment,
    KindRecord,
    RecordPurpose,
    Source,
    Submission,
)
from feedback.models.project import Membership, Project, Role
from feedback.models.report import Report
from feedback.models.signal import Signal

__all__ = [
    "Annotator",
    "AnnotatorGroup",
    "ApiToken",
    "Assignment",
    "AssignmentState",
    "Completion",
    "Decision",
    "Draft",
    "Example",
    "Image",
    "Impression",
    "Item",
    "ItemCompletion",
    "Judgment",
    "KindRecord",
    "Membership",
    "Project",
    "Prompt",
    "RecordPurpose",
    "Report",
    "Role",
    "Signal",
    "Source",
    "Submission",
    "User",
    "token_digest",
]

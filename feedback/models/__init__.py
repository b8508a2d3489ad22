"""The tables of feedback."""

from __future__ import annotations

from feedback.models.account import ApiToken, User, token_digest
from feedback.models.content import Completion, Item, ItemCompletion, Prompt
from feedback.models.judgment import (
    Annotator,
    Assignment,
    AssignmentState,
    Judgment,
    Source,
    Submission,
)
from feedback.models.project import Membership, Project, Role

__all__ = [
    "Annotator",
    "ApiToken",
    "Assignment",
    "AssignmentState",
    "Completion",
    "Item",
    "ItemCompletion",
    "Judgment",
    "Membership",
    "Project",
    "Prompt",
    "Role",
    "Source",
    "Submission",
    "User",
    "token_digest",
]

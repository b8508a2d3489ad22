"""Leases: the next item for an annotator, kept alive, given back, or lapsed. Overlap is exact."""

from __future__ import annotations

from feedback.assignment.audit import TAKES, broken_items
from feedback.assignment.exams import exam_settled, note_pass
from feedback.assignment.holding import (
    LIVE,
    expire_assignments,
    extend_assignment,
    lease_ended,
    lock_open,
    lock_own,
    open_leases,
    release_all,
    release_assignment,
    reopen_assignment,
    require_open,
    skip_assignment,
)
from feedback.assignment.leases import Gated, next_assignment
from feedback.assignment.limits import Nothing
from feedback.assignment.places import add_place, keep_one_place, order_key_for
from feedback.assignment.queue import forget_cursors
from feedback.assignment.repeats import copy_item

__all__ = [
    "LIVE",
    "TAKES",
    "Gated",
    "Nothing",
    "add_place",
    "broken_items",
    "copy_item",
    "exam_settled",
    "expire_assignments",
    "extend_assignment",
    "forget_cursors",
    "keep_one_place",
    "lease_ended",
    "lock_open",
    "lock_own",
    "next_assignment",
    "note_pass",
    "open_leases",
    "order_key_for",
    "release_all",
    "release_assignment",
    "reopen_assignment",
    "require_open",
    "skip_assignment",
]

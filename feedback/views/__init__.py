"""Pages of feedback: projects, members, items, and the judging page."""

from __future__ import annotations

"""REST endpoints of projects, content and judging."""

from __future__ import annotations

"""What a first start adds: the starter policy and a demo project to try things on."""

from __future__ import annotations


def prepare() -> str:
    """Create what is missing, quickly when nothing is, and return how to log in."""
    return ""

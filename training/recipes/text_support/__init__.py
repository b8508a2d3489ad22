"""What recipes on written feedback share: feedback in a prompt, evidence with words, and drafts."""

from __future__ import annotations

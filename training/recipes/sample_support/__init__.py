"""What recipes on a policy's own samples share: prompts, samples, grades, rounds, and figures before and after."""

from __future__ import annotations

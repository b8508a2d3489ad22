"""A language model asked which of two answers is better: the question, and how its answer is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Message = dict[str, str]

QUESTION = """Below are a conversation and two possible answers to its last message. Which answer is \
better: more helpful, correct and clear?

[Conversation]
{conversation}

[Answer A]
{first}

[Answer B]
{second}

Reply with one letter and nothing else: A, B, or T for a tie."""

_VERDICTS = {"A": 1.0, "B": 0.0, "T": 0.5}


def question(prompt: Sequence[Mapping[str, str]], first: str, second: str) -> list[Message]:
    """The messages that ask a judge to choose between two answers to a prompt."""
    conversation = "\n\n".join(f"{m['role']}: {m['content']}" for m in prompt)
    text = QUESTION.format(conversation=conversation, first=first, second=second)
    return [{"role": "user", "content": text}]


def verdict(reply: str) -> float | None:
    """1 when the first answer won, 0 when the second did, 0.5 for a tie; None when the reply says
    none of these.
    """
    found = re.match(r"\W*(?:answer\s+)?([ABT])(?:\s+is\b|\W*(?:\n|$))", reply, re.IGNORECASE)
    return _VERDICTS[found.group(1).upper()] if found else None


def both_orders(forward: float | None, backward: float | None) -> float | None:
    """P(first is better) from the verdict as asked and the one with the answers swapped.

    Asking both ways cancels a judge's liking for a position (Zheng et al. 2023, arXiv:2306.05685,
    sec. 3.4). None where neither could be read.
    """
    told = [p for p in (forward, None if backward is None else 1 - backward) if p is not None]
    return sum(told) / len(told) if told else None

"""A language model asked whether an answer follows a rule: the question, and how its answer is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

QUESTION = """Rule for an assistant's answers: {rule}

[Conversation]
{conversation}

[Answer]
{answer}

Does the answer do what the rule says? Reply with one word and nothing else: yes or no."""


def adherence_question(
    rule: str, prompt: Sequence[Mapping[str, str]], answer: str
) -> list[dict[str, str]]:
    """The messages that ask whether an answer to a prompt follows a rule."""
    conversation = "\n\n".join(f"{m['role']}: {m['content']}" for m in prompt)
    text = QUESTION.format(rule=rule, conversation=conversation, answer=answer)
    return [{"role": "user", "content": text}]


def adheres(reply: str) -> bool | None:
    """What the reply says; None when it is neither yes nor no."""
    found = re.match(r"\W*(yes|no)\b", reply, re.IGNORECASE)
    return None if found is None else found.group(1).lower() == "yes"

"""A language model asked to write an answer anew, as its critiques would have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

QUESTION = """Below are a conversation, an answer to its last message, and what was said of the answer.

[Conversation]
{conversation}

[Answer]
{answer}

[What was said of it]
{critiques}

Write the answer again so that nothing of what was said against it holds any more, and change as little \
else as you can. Reply with the new answer and nothing else."""


def revision_question(
    prompt: Sequence[Mapping[str, str]], answer: str, critiques: Sequence[str]
) -> list[dict[str, str]]:
    """The messages that ask for a revised answer."""
    conversation = "\n\n".join(f"{m['role']}: {m['content']}" for m in prompt)
    said = "\n".join(f"- {critique}" for critique in critiques)
    text = QUESTION.format(conversation=conversation, answer=answer, critiques=said)
    return [{"role": "user", "content": text}]

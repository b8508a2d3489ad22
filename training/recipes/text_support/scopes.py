"""A rule's scope as requests: where it applies, where it nearly does, and where it has nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from feedback.errors import InvalidInput
from training.recipes.text_support.drafts import lines_of
from training.sampling.base import Messages

Scope = Literal["rule", "near", "general"]
Ask = Callable[[str, Sequence[Messages]], list[str]]  # (stage, prompts) -> one text each

KINDS = {
    "rule": """Rule for an assistant's answers: {rule}

List {n} different kinds of request to which this rule applies. Write one a line and nothing else.""",
    "near": """Rule for an assistant's answers: {rule}

List {n} different kinds of request that are like those to which this rule applies, in topic or in \
form, but to which it does not apply. Write one a line and nothing else.""",
}
REQUESTS = """Write {n} different requests that somebody could send to an assistant, all of this kind: \
{kind}

{applies} Write one request a line and nothing else."""
APPLIES = {
    "rule": "This rule must apply to each of them: {rule}",
    "near": "This rule must not apply to any of them: {rule}",
}
REVISION = """Rule for an assistant's answers: {rule}

The request:
{prompt}

The answer:
{answer}

Rewrite the answer so that it follows the rule, and change nothing else. Reply with the rewritten \
answer and nothing else."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, its scope and the rule that it is in or near the scope of."""

    scope: Scope
    rule: str
    prompt: tuple[dict[str, str], ...]


def draft_scope(
    scope: Literal["rule", "near"], rule: str, kinds: int, each: int, ask: Ask
) -> list[Asked]:
    """Up to `kinds` times `each` requests, written by a policy in two steps.

    Raises InvalidInput `writer_unusable` when it names no kind of request or writes no request.
    """
    said = KINDS[scope].format(rule=rule, n=kinds)
    named = lines_of(ask(f"kinds-{scope}", [_user(said)])[0], kinds)
    if not named:
        raise _unusable(f"named no kind of request for the rule '{rule}'")
    applies = APPLIES[scope].format(rule=rule)
    wanted = [_user(REQUESTS.format(n=each, kind=kind, applies=applies)) for kind in named]
    lists = ask(f"requests-{scope}", wanted)
    texts = dict.fromkeys(line for text in lists for line in lines_of(text, each))
    if not texts:
        raise _unusable(f"wrote no request for the rule '{rule}'")
    return [Asked(scope, rule, ({"role": "user", "content": text},)) for text in texts]


def revisions(asked: Sequence[Asked], answers: Sequence[str], ask: Ask) -> list[str]:
    """The answers as their rules would have them."""
    wanted = [
        _user(REVISION.format(rule=one.rule, prompt=one.prompt[-1]["content"], answer=answer))
        for one, answer in zip(asked, answers, strict=True)
    ]
    return [text.strip() for text in ask("revised-answers", wanted)]


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(
        f"The writer {why}.",
        code="writer_unusable",
        hint="Choose a stronger policy as the writer, or word the rule more plainly.",
    )

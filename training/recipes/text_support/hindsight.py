"""Chain of hindsight: both answers of a pair in one sequence, each after what was said of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from training.recipes.base import Rows
from training.recipes.text_support.conditions import BAD, GOOD, LABEL, with_feedback
from training.recipes.trl_support.rows import Row
from training.sampling.local.scoring import conversation_ids

IGNORED = -100  # the label of a token without loss
AGAIN = "Answer again."


def hindsight_rows(pairs: Rows) -> Rows:
    """Four rows a pair: the good answer, the bad one, the bad one then the good one, and the reverse.

    In the latter two the prompt holds the first answer and the feedback for the second, so that the
    completion is the second. Liu et al. 2023 (arXiv:2302.02676).
    """
    return Rows(
        train=[row for pair in pairs.train for row in _forms(pair)],
        test=[row for pair in pairs.test for row in _forms(pair)],
        unusable=pairs.unusable,
    )


def encoded(
    rows: Iterable[Mapping[str, Any]], tokenizer: Any, hidden: float, seed: int
) -> list[Row]:
    """Rows of tokens: `input_ids`, `labels` on the tokens of both answers, and `weight`.

    A share `hidden` of the first answer's tokens is replaced by padding where the model reads them,
    so that the second answer is not learnt as a copy.
    """
    return [_encoded(row, tokenizer, hidden, f"{seed}:{n}") for n, row in enumerate(rows)]


def _forms(pair: Mapping[str, Any]) -> Iterator[Row]:
    sides = ((pair["chosen"], GOOD), (pair["rejected"], BAD))
    for answer, said in sides:
        yield _row(pair, with_feedback(pair["prompt"], said), answer, said)
    for (first, about), (second, said) in (sides, sides[::-1]):
        again = {"role": "user", "content": f"{LABEL}{said}\n\n{AGAIN}"}
        prompt = [*with_feedback(pair["prompt"], about), *first, again]
        yield _row(pair, prompt, second, said)


def _row(pair: Mapping[str, Any], prompt: Any, completion: Any, said: str) -> Row:
    turns = len(pair["prompt"])
    return {
        "prompt": prompt,
        "completion": completion,
        "feedback": said,
        "turns": turns,
        "weight": pair["weight"],
    }


def _encoded(row: Mapping[str, Any], tokenizer: Any, hidden: float, seed: str) -> Row:
    ids, start = conversation_ids(tokenizer, row["prompt"], row["completion"])
    labels = [IGNORED] * start + ids[start:]
    if len(row["prompt"]) > row["turns"]:
        chance = random.Random(seed)  # noqa: S311  (no secret)
        for place in _first_answer(row, tokenizer, ids):
            labels[place] = ids[place]
            if chance.random() < hidden:
                ids[place] = tokenizer.pad_token_id
    return {"input_ids": ids, "labels": labels, "weight": row["weight"]}


def _first_answer(row: Mapping[str, Any], tokenizer: Any, ids: list[int]) -> range:
    """Where the first answer's tokens lie; nowhere under a template that rewrites earlier turns."""
    asked, answer = row["prompt"][: row["turns"]], row["prompt"][row["turns"] : row["turns"] + 1]
    whole, start = conversation_ids(tokenizer, asked, answer)
    return range(start, len(whole)) if ids[: len(whole)] == whole else range(0)

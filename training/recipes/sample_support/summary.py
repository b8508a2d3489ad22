"""What a training in rounds returns: the sum of its rounds, and each round's figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from training.recipes.sample_support.prompts import Prompts
from training.recipes.trl_support import Prepared, result

SUMMED = ("steps", "seconds")
COMMON = ("rows", "evaluation", *SUMMED, "seed", "parameters", "config", "versions")


def report_of(
    prepared: Prepared,
    trainer: Any,
    unusable: Mapping[str, int],
    figures: Mapping[str, float | None],
) -> dict[str, Any]:
    """A round that trained: what every training tells, why samples made no row, and its figures."""
    told = result(prepared, trainer, {})
    told["rows"]["unusable"] = dict(unusable)
    return {**told, "figures": dict(figures)}


def of_rounds(
    reports: Sequence[Mapping[str, Any]], prompts: Prompts, evaluation: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of the whole, in the shape that every recipe returns, with `rounds`.

    Held-out rows are prompts; those too long count prompts and rows.
    """
    trained = [report for report in reports if report["steps"]]
    lost: Counter[str] = Counter()
    for report in reports:
        lost.update(report["rows"]["unusable"])
    summed = {name: sum(report.get(name, 0) for report in reports) for name in SUMMED}
    return {
        **{name: trained[-1][name] for name in COMMON},
        **summed,
        "rows": {
            "train": sum(report["rows"]["train"] for report in trained),
            "test": len(prompts.test),
            "unusable": dict(sorted(lost.items())),
            "too_long": prompts.too_long + sum(r["rows"]["too_long"] for r in trained),
        },
        "evaluation": dict(evaluation),
        "rounds": [dict(report.get("figures", {})) for report in reports],
    }

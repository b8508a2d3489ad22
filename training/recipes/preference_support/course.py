"""The end of a training on preferences: fit, measure on held-out pairs, sum up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.progress import Reporter
from training.recipes.base import Run
from training.recipes.trl_support import Prepared, evaluate_policy, fit, result


def fit_and_measure(
    trainer: Any,
    prepared: Prepared,
    run: Run,
    reporter: Reporter,
    pairs: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The recipe's result, with the policy against its base on the held-out `pairs`."""
    fit(trainer, run, reporter)
    evaluation = evaluate_policy(
        trainer.model, prepared.tokenizer, prepared.base_model, pairs, reporter.should_stop
    )
    return result(prepared, trainer, evaluation)

"""How every reward model is trained and measured: one door for all bodies and all losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.metrics import mean
from training.progress import Reporter
from training.recipes.base import Run
from training.recipes.reward_support.lessons import Fitted, Head, Lesson
from training.recipes.reward_support.linear import fit_linear
from training.recipes.reward_support.measures import prompt_keys
from training.recipes.reward_support.transformer import fit_transformer
from training.recipes.trl_support import evaluate_reward_model
from training.recipes.trl_support.fitting import summary
from training.sampling.local.reward_models import RewardModel

Body = Callable[[Run, Reporter, Any, Lesson], Fitted]
Row = Mapping[str, Any]
Stop = Callable[[], bool]
# (the model, held-out rows of the recipe's own kind, whether to stop) -> figures
Measure = Callable[[RewardModel, Sequence[Row], Stop], dict[str, Any]]

BODIES: dict[Head, Body] = {
    "causal": fit_transformer,
    "encoder": fit_transformer,
    "frozen": fit_linear,
}
SHOWN = 200  # annotators; the card beside the weights has all


def train_reward_model(
    run: Run,
    reporter: Reporter,
    config: Any,
    lesson: Lesson,
    measure: Measure | None = None,
    body: Body | None = None,
) -> dict[str, Any]:
    """Train on the lesson by the config's body, measure on what was held out, and sum up."""
    fitted = (body or BODIES[config.head])(run, reporter, config, lesson)
    model, prepared = fitted.model, fitted.prepared
    evaluation = evaluate_reward_model(model, fitted.pairs, reporter.should_stop)
    if measure is not None and prepared.test:
        evaluation |= measure(model, prepared.test, reporter.should_stop)
    if model.card.members:
        decided = [row for row in fitted.pairs if not row.get("tie")]
        evaluation |= _spread(model, decided, reporter.should_stop)
    return {
        **summary(prepared, fitted.steps, evaluation),
        "learned": _shown(model.card.learned),
        "heads": list(model.card.names),
    }


def _spread(model: RewardModel, pairs: Sequence[Row], should_stop: Stop) -> dict[str, Any]:
    """`uncertainty`: how far members are apart on the difference of a pair; `wrong` and `right` by their order.

    An ensemble that knows what it does not know is more uncertain where it errs.
    """
    decided = [row for row in pairs if not row.get("tie")]
    if not decided:
        return {}
    sides = [
        model.heads([(row["prompt"], row[side]) for row in decided], should_stop=should_stop)
        for side in ("chosen", "rejected")
    ]
    deltas = sides[0] - sides[1]
    spread = deltas.std(axis=1, ddof=1)
    right = deltas.mean(axis=1) > 0
    keys = prompt_keys(decided)
    found = {"uncertainty": mean(spread.tolist(), keys)}
    for name, side in (("uncertainty_right", right), ("uncertainty_wrong", ~right)):
        chosen = [key for key, one in zip(keys, side, strict=True) if one]
        found[name] = mean(spread[side].tolist(), chosen)
    return {name: estimate.as_json() for name, estimate in found.items() if estimate}


def _shown(learned: Mapping[str, Any]) -> dict[str, Any]:
    """Without tables that are too long for a page."""
    return {
        name: value
        for name, value in learned.items()
        if not isinstance(value, Mapping) or len(value) <= SHOWN
    }

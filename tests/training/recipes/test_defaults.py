"""Defaults suit the size of the model, and a config that contradicts itself is refused."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.errors import InvalidInput
from training.recipes import get_recipe, parse_config
from training.recipes.dpo import RATES
from training.recipes.preference_support.direct_config import DpoConfig
from training.recipes.trl_support.arguments import resolve


@pytest.mark.parametrize(
    ("parameters", "rate"), [(100_000, 4e-4), (2_000_000, 4e-4), (10**8, 5e-6), (7 * 10**9, 5e-6)]
)
def test_the_learning_rate_follows_the_size(parameters: int, rate: float) -> None:
    assert resolve(DpoConfig(), RATES, parameters).learning_rate == pytest.approx(rate)


def test_between_the_sizes_the_rate_falls() -> None:
    sizes = (2_000_000, 10_000_000, 50_000_000, 100_000_000)
    rates = [resolve(DpoConfig(), RATES, size).learning_rate or 0.0 for size in sizes]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == 4


def test_a_given_rate_stays_and_lora_is_faster() -> None:
    assert resolve(DpoConfig(learning_rate=0.01), RATES, 10**8).learning_rate == 0.01
    full, lora = (resolve(DpoConfig(lora=on), RATES, 10**9).learning_rate for on in (False, True))
    assert full is not None
    assert lora is not None
    assert lora > full


def test_large_models_take_small_micro_batches() -> None:
    assert resolve(DpoConfig(batch_size=16), RATES, 10**6).micro_batch_size == 16
    assert resolve(DpoConfig(batch_size=16), RATES, 10**9).micro_batch_size == 4
    assert resolve(DpoConfig(batch_size=6), RATES, 10**9).micro_batch_size == 3


def test_a_micro_batch_must_divide_the_batch() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_config(get_recipe("dpo"), {"batch_size": 16, "micro_batch_size": 5})
    assert caught.value.code == "invalid_config"
    assert caught.value.details[0]["where"] == "micro_batch_size"


def test_squared_without_amounts_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_config(get_recipe("dpo"), {"loss": "squared", "use_amounts": False})
    assert "use_amounts" in str(caught.value)


@pytest.mark.parametrize(
    ("recipe", "counts", "config"),
    [
        ("dpo", {"machine_revision_train": 90}, {"machine_revisions": True}),
        ("reference_free", {"machine_revision_train": 90}, {"machine_revisions": True}),
        ("reference_free", {"amount_decided_train": 90}, {}),
    ],
)
def test_what_a_config_leaves_out_does_not_count(
    recipe: str, counts: dict[str, int], config: dict[str, Any]
) -> None:
    chosen = get_recipe(recipe)
    other = {} if config else {"use_amounts": False}
    assert chosen.missing(counts) == []
    assert chosen.lacking(counts, parse_config(chosen, config)) == []
    assert chosen.lacking(counts, parse_config(chosen, other))

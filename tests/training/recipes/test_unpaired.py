"""KTO's other losses: APO-zero as TRL has it, BCO with its shift, and prompts that are matched."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from training.progress import OUTPUT, Stopped
from training.recipes import get_recipe, kto
from training.recipes.base import Rows, Run
from training.recipes.preference_support.matching import matched_prompts
from training.recipes.preference_support.references import FILE
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates

CONFIG = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-2, "save_steps": 2}


def prepared(directory: Path, toy: str, make: Any, **fields: Any) -> Any:
    config = kto.KtoConfig.model_validate({**CONFIG, **fields})
    records = [("train", make.verdict(i, desirable=i % 3 > 0)) for i in range(16)]
    rows = get_recipe("kto").rows(records)
    directory.mkdir()
    return prepare(Run(directory, toy, directory, {}), config, rows, Rates(1, 1), fewest=1)


def losses_logged(trainer: Any) -> list[float]:
    trainer.train()
    return [log["loss"] for log in trainer.state.log_history if "loss" in log]


def test_apo_zero_is_trls_and_reads_no_neighbours(make: Any, toy: str, tmp_path: Path) -> None:
    import transformers
    from trl import KTOConfig, KTOTrainer

    ready = prepared(tmp_path / "ours", toy, make, loss="apo_zero_unpaired")
    transformers.set_seed(1)
    ours = kto.build_trainer(ready)
    assert "KL_completion_ids" not in ours.train_dataset.column_names
    ready = prepared(tmp_path / "stock", toy, make)
    stock = KTOTrainer(
        model=ready.base_model,
        args=KTOConfig(
            **ready.arguments,
            beta=0.1,
            loss_type="apo_zero_unpaired",
            train_sampling_strategy="sequential",
        ),
        train_dataset=ready.dataset().remove_columns("weight"),
        processing_class=ready.tokenizer,
    )
    transformers.set_seed(1)
    assert losses_logged(ours) == pytest.approx(losses_logged(stock), abs=2e-4)


@pytest.mark.parametrize("loss", ["kto", "bco"])
def test_the_reference_computed_once_gives_the_same_training(
    loss: str, make: Any, toy: str, tmp_path: Path
) -> None:
    import transformers

    results = []
    for once in (True, False):
        ready = prepared(tmp_path / str(once), toy, make, loss=loss, reference_once=once)
        transformers.set_seed(1)
        trainer = kto.build_trainer(ready)
        assert (trainer.ref_model is None) == once
        results.append(losses_logged(trainer))
        assert (tmp_path / str(once) / "checkpoints" / FILE).exists() == once
    assert results[0] == pytest.approx(results[1], abs=2e-4)


class Scripted:
    """What the loss reads of a trainer."""

    def __init__(self) -> None:
        from training.recipes.preference_support.unpaired import new_shift

        self.shift = new_shift()
        self.model = torch.nn.Linear(1, 1)


def test_the_shift_is_the_mean_of_both_signs_running_means() -> None:
    """Batch by batch against the rewards seen so far, however many there are of each sign."""
    from training.recipes.preference_support.unpaired import LOSSES

    generator, trainer = torch.Generator().manual_seed(0), Scripted()
    seen: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(4):
        rewards = torch.randn(6, generator=generator)
        desirable = torch.rand(6, generator=generator) < 0.7
        found = LOSSES["bco"](trainer, rewards, desirable, None)
        for value, sign in zip(rewards.tolist(), desirable.tolist(), strict=True):
            seen[sign].append(value)
        shift = sum(sum(own) / max(len(own), 1) for own in seen.values()) / 2
        signs = [1 if sign else -1 for sign in desirable.tolist()]
        by_hand = [
            math.log1p(math.exp(-s * (r - shift)))
            for s, r in zip(signs, rewards.tolist(), strict=True)
        ]
        assert found.tolist() == pytest.approx(by_hand, abs=1e-5)
    trainer.model.eval()
    before = trainer.shift.clone()
    LOSSES["bco"](trainer, rewards, desirable, None)
    assert torch.equal(trainer.shift, before)  # what is held out moves nothing


def test_bco_learns_an_easy_taste_and_a_stop_changes_nothing(
    make: Any, freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    thumbs = [make.verdict(i, desirable=i % 2 == 0) for i in range(32)]
    snapshot = freeze([*thumbs, *(make.comparison(1000 + i) for i in range(24))])
    recipe, config = get_recipe("kto"), {**CONFIG, "loss": "bco"}
    whole, parts = run(snapshot, config, "whole"), run(snapshot, config, "parts")
    result = recipe.train(whole, recorder())
    assert result["evaluation"]["implicit_reward_accuracy"]["value"] >= 0.8
    with pytest.raises(Stopped):
        recipe.train(parts, recorder(stop_at=3))
    recipe.train(parts, recorder())
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)


def row(question: str, *, label: bool) -> dict[str, Any]:
    prompt = [{"role": "user", "content": question}]
    return {"prompt": prompt, "completion": [], "label": label, "weight": 1.0}


def test_prompts_of_both_signs_are_matched() -> None:
    """Thumbs up are mostly about cooking, down about taxes: what few are about cooking count more."""
    rows = [row(f"How do I bake bread number {n}?", label=n % 5 > 0) for n in range(100)]
    rows += [row(f"Which tax is due in year {n}?", label=n % 5 == 0) for n in range(100)]
    weights = {
        (r["prompt"][0]["content"][:3], r["label"]): r["weight"]
        for r in matched_prompts(Rows(train=rows)).train
    }
    assert weights["How", True] == weights["Whi", True] == 1
    assert weights["How", False] > 2
    assert weights["Whi", False] == 0.5


def test_prompts_that_do_not_differ_stay_as_they_are() -> None:
    coin = random.Random(0)
    rows = [
        row(f"Question {n} about thing {n % 7}?", label=coin.random() < 0.5) for n in range(400)
    ]
    down = [r["weight"] for r in matched_prompts(Rows(train=rows)).train if not r["label"]]
    assert sum(down) / len(down) == pytest.approx(1.0, abs=0.25)
    few = Rows(train=rows[:6])
    assert matched_prompts(few) == few


def test_what_cannot_go_together_is_refused() -> None:
    with pytest.raises(ValidationError, match="belongs to bco"):
        kto.KtoConfig(match_prompts=True)
    with pytest.raises(ValidationError, match="two at least"):
        kto.KtoConfig(micro_batch_size=1)


@pytest.mark.parametrize(
    ("counts", "config", "said"),
    [
        ({"verdict_up_train": 90, "verdict_down_train": 20}, {}, "one-sided, 90 up and 20 down"),
        ({}, {"batch_size": 4}, "below 8 rows"),
    ],
)
def test_warnings_are_sentences(counts: dict[str, int], config: dict[str, Any], said: str) -> None:
    settings = kto.KtoConfig.model_validate(config)
    found = get_recipe("kto").warnings({"prompts_test": 99, **counts}, settings)
    assert [said in sentence for sentence in found] == [True]


def test_weights_that_even_thumbs_out_are_not_warned_of() -> None:
    counts = {"prompts_test": 99, "verdict_up_train": 90, "verdict_down_train": 20}
    settings = kto.KtoConfig(undesirable_weight=4)
    assert get_recipe("kto").warnings(counts, settings) == []

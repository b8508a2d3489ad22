"""CUT: rows from critiques, tokens aligned with and without the critique, and complaints that become unlikelier."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Evidence, Verdict
from training.objectives import cut, token_nll
from training.recipes import get_recipe
from training.recipes.base import Run
from training.recipes.text_support.criticised import critique_rows, fewer_positives
from training.recipes.text_support.unlikely import cut_trainer, encode
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import token_log_probabilities
from training.snapshots import read_evidence

QUICK = {"epochs": 4, "batch_size": 8, "learning_rate": 5e-3}


def mixed(make: Any, n: int = 24) -> list[Evidence]:
    """Critiques of one opening with revisions, and comparisons of the same taste."""
    return [make.critique(i) for i in range(n)] + [make.comparison(100 + i) for i in range(n)]


def test_critiques_are_complaints_unless_the_answer_has_a_thumb_up(make: Any) -> None:
    praised = make.critique(2, text="Lovely.", revision=None)
    records = [
        make.critique(1),
        praised,
        Verdict(context=make.context(2, "Q"), completion=praised.completion, desirable=True),
        make.verdict(3, desirable=False),
        make.critique(4, text=" ", revision=None),
        make.critique(5, completion=Candidate(5, ""), revision=None),
        make.demonstration(6),
        make.comparison(7),
    ]
    rows = critique_rows(("train", record) for record in records)
    assert [(row["completion"][0]["content"][:7], row["critique"]) for row in rows.train] == [
        ("Of cour", ""),
        ("No idea", "It opens with No idea."),
        ("No idea", ""),
        ("No idea", ""),
        ("Of cour", ""),
    ]
    assert "It opens with No idea." in rows.train[1]["judged"][-1]["content"]
    assert rows.unusable == {"empty": 1, "no_words": 1, "not_text_feedback": 1, "unwanted": 1}
    kept = fewer_positives(rows, 2.0, seed=0)
    assert [bool(row["critique"]) for row in kept.train] == [True, False, False]
    assert kept.unusable["surplus_uncriticised"] == 2


def ready(directory: Path, snapshot: Path, toy: str) -> Any:
    recipe = get_recipe("cut")
    directory.mkdir()
    config = recipe.config_model.model_validate(QUICK)
    rows = recipe.rows(read_evidence(snapshot))
    return prepare(Run(directory, toy, snapshot, {}), config, rows, Rates(1e-3, 1e-3), fewest=1)


def test_the_loss_is_that_of_the_objectives_row_by_row(
    make: Any, freeze: Any, toy: str, tmp_path: Path
) -> None:
    records = [make.critique(i, text="Bad. " * (1 + i), revision=None) for i in range(3)]
    records += [make.demonstration(10)]
    prepared = ready(tmp_path / "run", freeze(records, share=0.0), toy)
    tokens = [encode(row, prepared.tokenizer) for row in prepared.train]
    trainer = cut_trainer(dataclasses.replace(prepared, train=tokens), threshold=1.001, alpha=0.5)
    model, tokenizer, _ = load_policy(toy, "cpu")
    slow = []
    for row in prepared.train:
        plain, judged = (
            torch.tensor(token_log_probabilities(model, tokenizer, [(asked, row["completion"])]))
            for asked in (row["prompt"], row["judged"] or row["prompt"])
        )
        every = torch.ones_like(plain, dtype=torch.bool)
        loss = cut(plain, judged, every, threshold=1.001, alpha=0.5) + token_nll(judged, every)
        slow.append(float(loss / 2 if row["critique"] else token_nll(plain, every)))
    trainer.model.eval()
    inputs = trainer._prepare_inputs(trainer.data_collator(list(trainer.train_dataset)))
    assert inputs["pair"].tolist() == [n for n, row in enumerate(prepared.train) if row["critique"]]
    found = trainer.compute_loss(trainer.model, inputs)
    assert found.item() == pytest.approx(sum(slow) / len(slow), rel=1e-4)


def test_what_critiques_complain_of_becomes_unlikelier(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    reporter = recorder()
    config = {**QUICK, "epochs": 6, "positive_share": 1.0}
    result = get_recipe("cut").train(run(freeze(mixed(make)), config), reporter)
    evaluation = result["evaluation"]
    assert evaluation["implicit_reward_accuracy"]["value"] > 0.8
    assert 0 < evaluation["flagged"]["value"] < 1
    flagged, other = (evaluation[f"{name}_logp_change"]["value"] for name in ("flagged", "other"))
    assert flagged < other
    assert 0 <= reporter.values[-1]["flagged"] <= 1


def test_too_few_critiques_are_refused(make: Any, freeze: Any, run: Any, recorder: Any) -> None:
    records = [make.demonstration(i) for i in range(20)]
    records += [make.critique(100 + i, text="", revision="x y") for i in range(3)]
    with pytest.raises(InvalidInput) as caught:
        get_recipe("cut").train(run(freeze(records), {**QUICK, "positive_share": 10}), recorder())
    assert caught.value.code == "too_little_evidence"


def test_critiques_too_long_before_the_prompt_are_left_out(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    records = mixed(make, 16) + [make.critique(500 + i, text="so bad " * 200) for i in range(3)]
    config = {**QUICK, "epochs": 1, "max_length": 100}
    result = get_recipe("cut").train(run(freeze(records), config), recorder())
    assert result["rows"]["too_long"] == 3

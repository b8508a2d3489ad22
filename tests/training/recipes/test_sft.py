"""SFT: rows from what people wrote or liked, TRL's own loss at weight 1, and answers that become likelier."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from feedback.evidence import Candidate, Evidence, Ranking
from training.progress import OUTPUT, Stopped
from training.recipes import get_recipe, parse_config
from training.recipes.base import Run
from training.recipes.preference_support.pairs import Wanted, preference_rows
from training.recipes.text_support.criticised import critique_rows
from training.recipes.text_support.judged import judged_rows
from training.recipes.trl_support import prepare
from training.recipes.trl_support.answers import answer_rows
from training.recipes.trl_support.arguments import Rates
from training.recipes.trl_support.language import language_trainer
from training.snapshots import read_evidence

QUICK = {"epochs": 2, "batch_size": 8, "save_steps": 3, "learning_rate": 5e-3}


def mixed(make: Any, n: int = 16) -> list[Evidence]:
    """Demonstrations and revisions of one taste, and comparisons of it."""
    written: list[Evidence] = [make.demonstration(i) for i in range(n)]
    written += [make.critique(100 + i) for i in range(n)]
    return written + [make.comparison(200 + i) for i in range(n)]


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["completion"][0]["content"] for row in rows]


def test_written_answers_are_imitated_and_liked_ones_when_alone_or_asked_for(make: Any) -> None:
    written = [("train", make.demonstration(1)), ("test", make.critique(2, weight=0.5))]
    liked = [
        ("train", make.comparison(3)),
        ("train", make.verdict(4, desirable=True)),
        ("train", make.verdict(5, desirable=False)),
        ("train", make.comparison(6, outcome="tie")),
    ]
    rows = answer_rows([*written, *liked])
    assert texts(rows.train) == ["Of course! Number 1 is fine."]
    assert [row["weight"] for row in rows.test] == [0.5]
    assert rows.unusable == {"not_an_answer": 4}
    both = answer_rows([*written, *liked], "always")
    assert texts(both.train)[1:] == ["Of course! Number 3 is fine.", "Of course! It is fine. 4"]
    assert both.unusable == {"tie": 1, "unwanted": 1}
    assert len(answer_rows(liked).train) == 2
    assert answer_rows(liked, "never").train == []


def test_what_cannot_be_imitated_is_counted(make: Any) -> None:
    a, b, c = (Candidate(i, text) for i, text in enumerate(("best", "as good", "bad")))
    records = [
        make.demonstration(1, text=" \n"),
        make.critique(2, revision=None),
        make.critique(3, revision="No idea. Number 3 is fine."),
        Ranking(context=make.context(4, "Q"), tiers=((a, b), (c,))),
        Ranking(context=make.context(5, "Q"), tiers=((a, b),)),
        make.comparison(6, aspect="tone"),
    ]
    rows = answer_rows([("train", record) for record in records])
    assert texts(rows.train) == ["best", "as good"]
    assert rows.unusable == {"aspect": 1, "empty": 1, "no_revision": 1, "tie": 1, "unchanged": 1}


def test_what_a_policy_wrote_is_imitated_only_when_asked_for(make: Any) -> None:
    record = make.critique(1)
    judged = dataclasses.replace(
        record, context=dataclasses.replace(record.context, source="judge")
    )
    records: list[Any] = [("train", judged), ("train", make.demonstration(2))]
    assert answer_rows(records).unusable == {"machine_revision": 1}
    assert len(answer_rows(records, machine=True).train) == 2
    for rows in (judged_rows(records), critique_rows(records)):
        assert rows.unusable == {"machine_revision": 1}
    for machine in (False, True):
        pairs = preference_rows(records, Wanted(machine_revisions=machine))
        assert len(pairs.train) == machine
    sft, counts = get_recipe("sft"), {"machine_revision_train": 3, "prompts_test": 90}
    assert len(sft.warnings(counts, sft.config_model())) == 1
    assert sft.warnings(counts, parse_config(sft, {"machine_revisions": True})) == []


def test_it_needs_eight_answers() -> None:
    sft = get_recipe("sft")
    assert sft.missing({"demonstration_train": 5, "revision_train": 3}) == []
    assert sft.missing({"verdict_up_train": 3, "comparison_decided_train": 5}) == []
    assert len(sft.missing({"demonstration_train": 7, "comparison_decided_train": 90})) == 1


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_held_out_answers_become_likelier(
    lora: bool, make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    config = {**QUICK, "lora": lora, "learning_rate": 2e-2 if lora else 5e-3}
    reporter = recorder()
    result = get_recipe("sft").train(run(freeze(mixed(make)), config), reporter)
    evaluation = result["evaluation"]
    assert evaluation["token_logp_change"]["low"] > 0.1
    assert evaluation["implicit_reward_accuracy"]["value"] > 0.8
    assert evaluation["answers"] >= 5
    assert evaluation["pairs"] >= 3
    assert reporter.values[-1]["loss"] < reporter.values[0]["loss"]
    assert 0 <= reporter.values[-1]["mean_token_accuracy"] <= 1


def ready(directory: Path, snapshot: Path, toy: str, **fields: Any) -> Any:
    recipe = get_recipe("sft")
    directory.mkdir()
    config = recipe.config_model.model_validate({**QUICK, "epochs": 1, **fields})
    rows = recipe.rows(read_evidence(snapshot))
    return prepare(Run(directory, toy, snapshot, {}), config, rows, Rates(1e-3, 1e-3), fewest=1)


def trained(trainer: Any) -> tuple[list[float], dict[str, torch.Tensor]]:
    trainer.train()
    losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    return losses, {k: v.detach().clone() for k, v in trainer.model.state_dict().items()}


@pytest.mark.parametrize("micro", [0, 4], ids=["whole batch", "accumulated"])
def test_at_weight_one_it_is_the_stock_trainer(
    micro: int, make: Any, freeze: Any, toy: str, tmp_path: Path
) -> None:
    import transformers
    from trl import SFTConfig, SFTTrainer

    records = [make.demonstration(i, text=f"Number {i} is fine. " * (1 + i % 3)) for i in range(32)]
    snapshot = freeze(records)
    results = []
    for side in ("ours", "stock"):
        prepared = ready(tmp_path / side, snapshot, toy, micro_batch_size=micro)
        transformers.set_seed(1)
        if side == "ours":
            trainer = language_trainer(prepared)
        else:
            trainer = SFTTrainer(
                model=toy,
                args=SFTConfig(**prepared.arguments),
                train_dataset=prepared.dataset().remove_columns("weight"),
                processing_class=prepared.tokenizer,
            )
        results.append(trained(trainer))
    (ours, our_weights), (stock, stock_weights) = results
    assert ours == pytest.approx(stock, abs=2e-4)  # logged losses are rounded
    for key, tensor in stock_weights.items():
        assert torch.allclose(our_weights[key], tensor, atol=2e-4), key


def test_only_the_last_answer_is_learnt_and_weight_zero_has_no_pull(
    make: Any, freeze: Any, toy: str, tmp_path: Path
) -> None:
    context = make.context(1, "And then?")
    turns = ({"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi there"})
    object.__setattr__(context, "prompt", (*turns, *context.prompt))
    record = make.demonstration(1, text="Nothing more.")
    object.__setattr__(record, "context", context)
    muted = make.demonstration(2, weight=0.0)
    prepared = ready(tmp_path / "run", freeze([record, muted], share=0.0), toy)
    trainer = language_trainer(prepared)
    learnt = [[i for i in row["labels"] if i != -100] for row in trainer.train_dataset]
    decoded = [prepared.tokenizer.decode(ids, skip_special_tokens=True) for ids in learnt]
    assert decoded == ["Nothing more.", "Of course! Number 2 is fine."]
    trainer.model.train()
    gradients = []
    for weights in ((1.0, 0.0), (1.0, 5.0)):
        rows = [dict(r, weight=w) for r, w in zip(trainer.train_dataset, weights, strict=True)]
        inputs = trainer._prepare_inputs(trainer.data_collator(rows))
        trainer.model.zero_grad()
        trainer.compute_loss(trainer.model, inputs).backward()
        gradients.append(trainer.model.model.embed_tokens.weight.grad.clone())
    assert not torch.allclose(gradients[0], gradients[1], atol=1e-6)
    alone = trainer._prepare_inputs(
        trainer.data_collator([dict(trainer.train_dataset[0], weight=1.0)])
    )
    trainer.model.zero_grad()
    trainer.compute_loss(trainer.model, alone).backward()
    share = len(learnt[0]) / sum(map(len, learnt))
    alone_gradient = trainer.model.model.embed_tokens.weight.grad
    assert torch.allclose(gradients[0], alone_gradient * share, rtol=1e-3, atol=1e-6)


def test_a_stopped_run_resumes_to_the_same_weights(
    make: Any, freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    snapshot, recipe = freeze(mixed(make, 12)), get_recipe("sft")
    whole, parts = run(snapshot, QUICK, "whole"), run(snapshot, QUICK, "parts")
    undisturbed = recipe.train(whole, recorder())
    with pytest.raises(Stopped):
        recipe.train(parts, recorder(stop_at=2))
    assert not (parts.directory / OUTPUT).exists()
    resumed = recipe.train(parts, recorder())
    assert resumed["evaluation"] == undisturbed["evaluation"]
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)

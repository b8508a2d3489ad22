"""Real trainings of a toy: weights move, held-out figures rise, stops resume to the same weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from feedback.errors import InvalidInput, TouchstoneError
from feedback.evidence import Evidence
from training.progress import OUTPUT, RUN, Stopped
from training.recipes import get_recipe
from training.sampling.base import SamplingParams
from training.sampling.local import LocalPolicy
from training.sampling.local.reward_models import load_reward_model

RATE = {"reward_model": 5e-3, "dpo": 3e-3, "kto": 5e-3}
QUICK = {"epochs": 2, "batch_size": 8, "save_steps": 3}


def easy(make: Any, recipe: str, n: int = 48) -> list[Evidence]:
    if recipe == "kto":
        thumbs: list[Evidence] = [make.verdict(i, desirable=i % 2 == 0) for i in range(2 * n)]
        return thumbs + [make.comparison(1000 + i) for i in range(n)]
    return [make.comparison(i) for i in range(n)]


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", ["reward_model", "dpo", "kto"])
def test_training_learns_an_easy_taste(
    name: str, lora: bool, make: Any, freeze: Any, run: Any, recorder: Any, toy: str
) -> None:
    rate = RATE[name] * (3 if lora else 1)
    config = {**QUICK, "learning_rate": rate, "lora": lora, "epochs": 4}
    job = run(freeze(easy(make, name)), config)
    reporter = recorder()
    result = get_recipe(name).train(job, reporter)

    accuracy = "accuracy" if name == "reward_model" else "implicit_reward_accuracy"
    assert result["evaluation"][accuracy]["value"] >= 0.8
    assert result["rows"]["train"] >= 30
    assert result["evaluation"]["pairs"] >= 8
    assert reporter.steps == list(range(1, result["steps"] + 1))
    assert reporter.values[-1]["loss"] < reporter.values[0]["loss"]
    assert reporter.paths[-1] == f"checkpoints/checkpoint-{result['steps']}"
    output = job.directory / OUTPUT
    assert json.loads((job.directory / RUN).read_text())["resolved"]["learning_rate"] == rate
    assert not list(output.glob("*.bin"))
    assert_moved(Path(toy), output, lora)
    if name == "reward_model":
        assert_reward_model_loads(output)
    else:
        assert_policy_loads(output, toy)


def assert_moved(base: Path, output: Path, lora: bool) -> None:
    if lora:
        adapter = load_file(output / "adapter" / "adapter_model.safetensors")
        lifted = [name for name, tensor in adapter.items() if "lora_B" in name and tensor.any()]
        assert len(lifted) == len([name for name in adapter if "lora_B" in name]) > 0
        assert not (output / "adapter_config.json").exists()  # it loads without its base
    before = load_file(base / "model.safetensors")
    after = load_file(output / "model.safetensors")
    still = [n for n, t in before.items() if n in after and torch.equal(t, after[n])]
    if lora:  # LoRA leaves embeddings and norms alone
        assert not [n for n in still if "_proj" in n]
    else:
        assert still == []


def assert_policy_loads(output: Path, toy: str) -> None:
    params = SamplingParams(max_new_tokens=8, temperature=0)
    prompt = [{"role": "user", "content": "What about number 7?"}]
    trained, base = (LocalPolicy(str(p), device="cpu") for p in (output, toy))
    logprobs = [p.sample([prompt], params)[0][0].logprob for p in (trained, base)]
    assert logprobs[0] != logprobs[1]


def assert_reward_model_loads(output: Path) -> None:
    model = load_reward_model(str(output), "cpu")
    prompt = [{"role": "user", "content": "What about number 900?"}]
    answers = ["Of course! Number 900 is fine.", "No idea. Number 900 is fine."]
    pairs = [(prompt, [{"role": "assistant", "content": text}]) for text in answers]
    good, bad = model.rewards(pairs)
    assert good > bad
    assert model.rewards(pairs[:1])[0] == pytest.approx(good, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "lora"), [("reward_model", False), ("dpo", False), ("kto", False), ("dpo", True)]
)
def test_a_stopped_run_resumes_to_the_same_weights(
    name: str, lora: bool, make: Any, freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze(easy(make, name, 32))
    config = {**QUICK, "learning_rate": RATE[name], "lora": lora}
    recipe = get_recipe(name)
    whole, parts = run(snapshot, config, "whole"), run(snapshot, config, "parts")
    undisturbed = recipe.train(whole, recorder())
    first = recorder(stop_at=4)
    with pytest.raises(Stopped):
        recipe.train(parts, first)
    assert first.paths[-1] == "checkpoints/checkpoint-4"
    assert not (parts.directory / OUTPUT).exists()
    (parts.directory / "checkpoints" / "checkpoint-5").mkdir()  # as if killed while saving
    second = recorder()
    resumed = recipe.train(parts, second)
    assert second.steps[0] == 5
    assert resumed["evaluation"] == undisturbed["evaluation"]
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)
    again = recipe.train(parts, recorder())  # as if killed before the result was written
    assert again["evaluation"] == undisturbed["evaluation"]


def test_rows_that_are_too_long_are_left_out_and_counted(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    records = easy(make, "dpo", 24)
    records += [make.comparison(100 + i, good="very " * 300) for i in range(3)]
    result = get_recipe("dpo").train(run(freeze(records), {**QUICK, "max_length": 128}), recorder())
    assert result["rows"]["too_long"] == 3
    assert result["rows"]["train"] + result["rows"]["test"] == 24


def test_too_little_evidence_says_why(make: Any, freeze: Any, run: Any, recorder: Any) -> None:
    records = [make.comparison(i, outcome="tie") for i in range(20)]
    for name in ("reward_model", "dpo", "kto"):
        with pytest.raises(InvalidInput) as caught:
            get_recipe(name).train(run(freeze(records, name), QUICK, name), recorder())
        assert caught.value.code == "too_little_evidence"
        assert {"where": "tie", "message": "20 could not be used"} in caught.value.details


def test_kto_needs_both_signs(make: Any, freeze: Any, run: Any, recorder: Any) -> None:
    records = [make.verdict(i, desirable=True) for i in range(40)]
    with pytest.raises(InvalidInput) as caught:
        get_recipe("kto").train(run(freeze(records), QUICK), recorder())
    assert caught.value.code == "too_little_evidence"


def test_a_diverged_run_says_so_and_keeps_no_broken_checkpoint(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    records = [make.comparison(i, strength=1e300) for i in range(30)]
    job = run(freeze(records), {**QUICK, "save_steps": 1})
    with pytest.raises(TouchstoneError) as caught:
        get_recipe("reward_model").train(job, recorder())
    assert caught.value.code == "training_diverged"
    assert "learning rate" in caught.value.hint
    assert not (job.directory / OUTPUT).exists()
    assert not list((job.directory / "checkpoints").glob("*/complete"))


def test_a_missing_base_model(make: Any, freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(easy(make, "dpo", 12)), QUICK, base="/nowhere")
    with pytest.raises(InvalidInput) as caught:
        get_recipe("dpo").train(job, recorder())
    assert caught.value.code == "base_model_not_found"


def test_an_adapter_can_be_trained_further(
    make: Any, freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze(easy(make, "dpo", 24))
    first = run(snapshot, {**QUICK, "lora": True, "learning_rate": 1e-2}, "first")
    get_recipe("dpo").train(first, recorder())
    second = run(snapshot, QUICK, "second", base=str(first.directory / OUTPUT / "adapter"))
    result = get_recipe("dpo").train(second, recorder())
    assert result["evaluation"]["pairs"] > 0
    assert weights_digest(second.directory / OUTPUT) != weights_digest(second.directory / "base")

"""Rules: a scripted writer drafts scope and revisions once; the policy changes in scope and is held outside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from feedback.errors import InvalidInput
from training.judges import adherence_question, adheres
from training.objectives import dpo_sigmoid
from training.progress import CHECKPOINTS, OUTPUT, Stopped
from training.recipes import get_recipe, parse_config
from training.recipes.base import Rows, Run
from training.recipes.text_support.anchored import anchored_trainer
from training.recipes.text_support.drafts import Drafts, Writer, lines_of
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates
from training.sampling.base import SamplingParams
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import token_log_probabilities

RULE = "When asked about numbers, begin with Of course!"
QUICK = {
    "rules": [RULE],
    "kinds": 3,
    "requests_each": 6,
    "general_prompts": 16,
    "answer_tokens": 8,
    "epochs": 4,
    "batch_size": 8,
    "learning_rate": 3e-3,
}


class Script:
    """A writer that follows its instructions to the letter, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, messages: Any, index: int) -> str:
        text = messages[-1]["content"]
        self.asked.append(text)
        near = "must not apply" in text or "does not apply" in text
        if text.startswith("Rule") and "Rewrite" in text:
            answer = text.split("The answer:\n", 1)[1].split("\n\nRewrite", 1)[0]
            return f" Of course! {answer.strip()}"
        if "different kinds" in text:
            return "\n".join(f"{n}. {'colour' if near else 'number'} kind {n}" for n in range(3))
        kind = re.search(r"of this kind: (.*)", text)
        assert kind
        return "\n".join(f"- What about {kind.group(1)} {n}?" for n in range(6))


@pytest.fixture
def general(make: Any, freeze: Any) -> Path:
    """A snapshot whose prompts have nothing to do with the rule."""
    frozen: Path = freeze([make.demonstration(i) for i in range(40)])
    return frozen


def models(script: Any) -> dict[str, Any]:
    checker = {"kind": "rule", "rule": {"name": "pattern", "pattern": "^\\s*Of course"}}
    return {"writer": {"kind": "scripted", "answers": script}, "checker": checker}


def test_the_policy_changes_in_scope_and_is_held_outside(
    general: Path, run: Any, recorder: Any
) -> None:
    script, reporter = Script(), recorder()
    job = run(general, QUICK, models=models(script))
    result = get_recipe("rules").train(job, reporter)
    evaluation = result["evaluation"]
    assert evaluation["pairs"] >= 3
    assert evaluation["implicit_reward_accuracy"]["value"] > 0.8
    assert evaluation["adherence"]["value"] >= evaluation["adherence_before"]["value"] == 0
    inside = evaluation["chosen_logp_change"]["value"]
    outside = [evaluation[f"{s}_token_logp_change"]["value"] for s in ("near", "general")]
    assert inside > 0
    assert min(outside) > -0.3
    assert 0 <= evaluation["unchanged_answers"]["value"] <= 1
    assert evaluation["overgeneralisation_before"]["value"] == 0
    margins = [v["rewards/margins"] for v in reporter.values if "rewards/margins" in v]
    assert margins[-1] > margins[0]
    assert len(script.asked) == len(set(script.asked))


def test_a_run_that_goes_on_elsewhere_has_its_texts(
    general: Path, run: Any, recorder: Any, weights_digest: Any
) -> None:
    script = Script()
    config = {**QUICK, "epochs": 1, "save_steps": 2}
    whole, parts = (run(general, config, n, models=models(script)) for n in ("whole", "parts"))
    undisturbed = get_recipe("rules").train(whole, recorder())
    halfway = recorder()
    halfway.should_stop = lambda: len(halfway.steps) >= 2
    with pytest.raises(Stopped):
        get_recipe("rules").train(parts, halfway)
    for other in parts.directory.iterdir():  # another machine has what lies beside the checkpoints
        if other.name != CHECKPOINTS:
            other.unlink()
    asked = len(script.asked)
    resumed = get_recipe("rules").train(parts, recorder())
    assert len(script.asked) == asked
    assert resumed["evaluation"] == undisturbed["evaluation"]
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)


def test_the_loss_of_pairs_and_anchors(toy: str, tmp_path: Path) -> None:
    """Against the same losses worked out row by row."""
    user = [{"role": "user", "content": "What about number 3?"}]
    texts = (("Of course!", "No idea, sorry.", 0.0), ("It is fine.", "", 0.25))
    rows: list[dict[str, Any]] = [
        {
            "prompt": user,
            "chosen": [{"role": "assistant", "content": chosen}],
            "rejected": [{"role": "assistant", "content": rejected}],
            "anchor": anchor,
            "weight": 1.0,
        }
        for chosen, rejected, anchor in texts
    ]
    recipe = get_recipe("rules")
    config = recipe.config_model.model_validate({**QUICK, "beta": 0.3})
    prepared = prepare(
        Run(tmp_path, toy, tmp_path, {}), config, Rows(train=rows), Rates(1e-3, 1e-3), fewest=1
    )
    trainer = anchored_trainer(prepared)
    with torch.no_grad():
        trainer.model.model.embed_tokens.weight.mul_(1.1)  # away from its reference
    sums = {}
    for name, model in (("policy", trainer.model), ("base", load_policy(toy, "cpu")[0])):
        model.eval()
        sides = [(user, row[side]) for row in rows for side in ("chosen", "rejected")]
        sums[name] = token_log_probabilities(model, prepared.tokenizer, sides)
    policy, base = ([torch.tensor([sum(t)]) for t in sums[n]] for n in ("policy", "base"))
    pair = dpo_sigmoid(policy[0], policy[1], base[0], base[1], beta=0.3)
    anchor = -0.25 * sum(sums["policy"][2]) / len(sums["policy"][2])
    inputs = trainer._prepare_inputs(trainer.data_collator(list(trainer.train_dataset)))
    found = trainer.compute_loss(trainer.model, inputs)
    assert found.item() == pytest.approx((pair.item() + anchor) / 2, rel=1e-4)


def test_a_rule_is_needed_and_a_writer_that_writes(general: Path, run: Any, recorder: Any) -> None:
    recipe = get_recipe("rules")
    with pytest.raises(InvalidInput) as caught:
        recipe.check(recipe.config_model())
    assert caught.value.code == "invalid_config"
    with pytest.raises(InvalidInput) as caught:
        parse_config(recipe, {"rules": ["  "]})
    assert caught.value.details[0]["where"] == "rules.0"
    mute = {"writer": {"kind": "scripted", "answers": [" \n"]}}
    with pytest.raises(InvalidInput) as caught:
        recipe.train(run(general, QUICK, models=mute), recorder())
    assert caught.value.code == "writer_unusable"
    assert recipe.missing({"prompts_train": 8}) == []
    assert len(recipe.missing({})) == 1


def test_a_revision_that_changes_nothing_is_counted(general: Path, run: Any, recorder: Any) -> None:
    script = Script()

    def lazy(messages: Any, index: int) -> str:
        text = script(messages, index)
        return text.removeprefix(" Of course! ") if "Rewrite" in messages[-1]["content"] else text

    with pytest.raises(InvalidInput) as caught:
        get_recipe("rules").train(run(general, QUICK, models=models(lazy)), recorder())
    assert caught.value.code == "too_little_evidence"


def test_lists_as_policies_write_them() -> None:
    assert lines_of("1. One\n2) Two\n\n- Three\n• Three\n* Four", 3) == ["One", "Two", "Three"]
    assert lines_of("3 of a kind", 9) == ["3 of a kind"]


def test_texts_are_asked_for_once(tmp_path: Path, recorder: Any) -> None:
    script = Script()
    writer = Writer({"kind": "scripted", "answers": lambda messages, index: str(len(script.asked))})
    prompts = [[{"role": "user", "content": text}] for text in ("a", "b", "a")]
    once = Drafts(tmp_path, recorder()).texts("x", writer, prompts, SamplingParams())
    script.asked.append("")
    again = Drafts(tmp_path, recorder()).texts("x", writer, prompts, SamplingParams())
    assert again == once == ["0", "0", "0"]
    assert Drafts(tmp_path, recorder()).texts("x", writer, prompts, SamplingParams(seed=1)) != once


@pytest.mark.parametrize(
    ("reply", "said"),
    [("Yes.", True), (" no", False), ("NO!", False), ("Nothing", None), ("", None)],
)
def test_a_judge_says_yes_or_no(reply: str, said: bool | None) -> None:
    assert adheres(reply) is said
    (message,) = adherence_question(RULE, [{"role": "user", "content": "Hi {x}"}], "{y}")
    assert RULE in message["content"]
    assert "{y}" in message["content"]

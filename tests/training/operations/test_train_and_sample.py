"""Training and sampling as jobs: lineage, refusals, and samples that become blind items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from feedback.errors import TouchstoneError
from feedback.models import Completion, Item, Project, User
from feedback.services import add_prompt
from tests.cast import new_checkpoint
from tests.loop import checkpoint_of, frozen, judged_project, queue_training
from training.artefacts import tree_exists
from training.models import Generation, Job, Policy
from training.registry import cached_tree, ensure_base_policy, register_checkpoint
from training.samples import make_items
from training.selectors import job_log, metric_series
from training.services import judge_blind, run_here, start_sampling

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_policy_is_trained_registered_and_sampled_against_its_parent(
    project: Project, owner: User, toy: str
) -> None:
    snapshot = frozen(judged_project(project, 40), owner)
    job = run_here(queue_training(snapshot, owner, toy, "dpo", epochs=2))
    checkpoint = checkpoint_of(job)
    assert checkpoint.policy is not None
    assert checkpoint.policy.parent == checkpoint.base
    assert checkpoint.snapshot == snapshot
    assert checkpoint.config["seed"] == 3
    assert {"implicit_reward_accuracy", "ranking_accuracy"} <= set(checkpoint.evaluation)
    assert len(metric_series(job)["loss"]) == job.result["steps"]
    assert {"length_before", "length_after"} <= set(checkpoint.evaluation)
    assert (cached_tree(checkpoint.artefact) / "model.safetensors").exists()
    card = (cached_tree(checkpoint.artefact) / "README.md").read_text()
    assert snapshot.digest in card
    assert str(settings.DATA_DIR) not in card
    assert not tree_exists(f"runs/{job.pk}/checkpoints")  # a done run needs none
    assert (
        "train" in json.loads((settings.DATA_DIR / f"runs/{job.pk}/run.json").read_text())["task"]
    )

    prompt, _ = add_prompt(project, [{"role": "user", "content": "What about a fresh number?"}])
    before = Completion.objects.count()
    sampling = run_here(
        start_sampling(
            project,
            owner,
            policies=[checkpoint.base, checkpoint.policy],
            prompts=[prompt.pk],
            sampling={"n": 3, "max_new_tokens": 12, "seed": 5},
            kinds=["pairwise"],
        )
    )
    assert sampling.state == "done", sampling.error
    assert Completion.objects.count() - before == sampling.result["completions"]
    taken = Generation.objects.filter(completion__prompt=prompt)
    assert {g.seed for g in taken} == {5}
    assert all(g.logprob is not None and g.logprob < 0 and g.tokens > 0 for g in taken)
    items = Item.objects.filter(prompt=prompt)
    assert items.count() == sampling.result["items"] > 0
    for item in items:
        assert item.blind
        assert {c.generation.policy for c in item.completions.all()} == {
            checkpoint.base,
            checkpoint.policy,
        }


def test_a_reward_model_is_no_policy(project: Project, owner: User, toy: str) -> None:
    snapshot = frozen(judged_project(project, 40), owner)
    checkpoint = checkpoint_of(
        run_here(queue_training(snapshot, owner, toy, "reward_model", epochs=3, lora=True))
    )
    assert checkpoint.policy is None
    accuracy = checkpoint.evaluation["accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipe": "alchemy"}, "unknown_recipe"),
        ({"learning_rate": -1}, "invalid_config"),
        ({"colour": "red"}, "invalid_config"),
        ({}, "too_little_evidence"),
        ({"toy": "/no/such/model"}, "base_model_not_found"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_is_queued(
    project: Project, owner: User, toy: str, change: dict[str, Any], code: str
) -> None:
    judged_project(project, 6 if code == "too_little_evidence" else 30)
    snapshot = frozen(project, owner)
    jobs = Job.objects.count()
    with pytest.raises(TouchstoneError) as refused:
        queue_training(snapshot, owner, **{"toy": toy, "recipe": "dpo", **change})
    assert refused.value.code == code
    assert refused.value.hint
    assert Job.objects.count() == jobs
    assert Policy.objects.filter(location="/no/such/model").count() == 0


def test_a_failed_job_keeps_its_directory_and_says_why(
    project: Project, owner: User, toy: str
) -> None:
    snapshot = frozen(judged_project(project, 30), owner)
    job = queue_training(snapshot, owner, toy, "dpo")
    Policy.objects.filter(location=toy).update(location="/gone/meanwhile")
    run_here(job)
    assert job.state == "failed"
    assert job.error["code"] == "base_model_not_found"
    assert job.error["hint"]
    assert "base_model_not_found" in job_log(job)
    assert (settings.DATA_DIR / f"runs/{job.pk}").is_dir()


def test_equal_samples_ask_nothing(project: Project) -> None:
    prompt, _ = add_prompt(project, [{"role": "user", "content": "Same?"}])
    policy = Policy.objects.create(project=project, name="p", kind="scripted", location="-")
    texts = ["one", "one", "two", "three"]
    rows = [Completion.objects.create(prompt=prompt, text=text) for text in texts]
    for completion in rows:
        Generation.objects.create(completion=completion, policy=policy, seed=0)
    items = make_items(prompt, [rows], ["pairwise"])
    assert [sorted(c.text for c in item.completions.all()) for item in items] == [["three", "two"]]
    with pytest.raises(TouchstoneError) as refused:
        judge_blind(project, [rows[0].pk, rows[1].pk], ["pairwise"])
    assert refused.value.code == "nothing_to_judge"
    with pytest.raises(TouchstoneError) as unknown:
        judge_blind(project, [rows[0].pk, 10**9], ["pairwise"])
    assert unknown.value.code == "unknown_completion"
    chosen = [rows[0].pk, rows[2].pk]
    assert judge_blind(project, chosen, ["pairwise"]) == judge_blind(project, chosen, ["pairwise"])


def test_a_long_name_is_shortened_and_the_checkpoint_kept(
    project: Project, owner: User, toy: str, tmp_path: Path
) -> None:
    """The end stays, which tells one training of a base from another."""
    first = new_checkpoint(frozen(judged_project(project, 30), owner), owner)
    base = Policy.objects.create(project=project, name="n" * 200, location="/nowhere")
    job = Job.objects.create(project=project, operation="train_model", state="running")
    (tmp_path / "config.json").write_text("{}")
    made = register_checkpoint(
        job,
        output=tmp_path,
        snapshot=first.snapshot,
        base=base,
        recipe="reference_free",
        produces="policy",
        config={},
        evaluation={},
    )
    assert len(made.name) == 200
    assert made.name.endswith(f"n · reference_free #{job.pk}")
    assert made.policy is not None


def test_the_base_policy_of_a_directory_is_found_again(project: Project, toy: str) -> None:
    assert ensure_base_policy(toy, project) == ensure_base_policy(toy, project)

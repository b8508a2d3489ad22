"""Rules as a job: writer and checker are rows of the project, and refused when they cannot serve."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.models import Project, User
from tests.loop import checkpoint_of, frozen, judged_project
from training.models import Policy
from training.registry import cached_tree, ensure_base_policy
from training.services import run_here, start_training

pytestmark = pytest.mark.django_db(transaction=True)

CONFIG: dict[str, Any] = {
    "rules": ["Answer in lines."],
    "kinds": 1,
    "requests_each": 16,
    "general_prompts": 12,
    "answer_tokens": 16,
    "epochs": 1,
    "learning_rate": 1e-3,
}


def test_rules_are_trained_with_a_writer_of_the_project(
    project: Project, owner: User, toy: str
) -> None:
    snapshot = frozen(judged_project(project, 24), owner)
    lines = [f"- Shall I take train number {n}?" for n in range(16)]
    writer = Policy.objects.create(
        project=project,
        name="writer",
        kind="scripted",
        settings={"answers": ["\n".join(lines)]},
    )
    base = ensure_base_policy(toy, project)
    with pytest.raises(InvalidInput) as caught:
        start_training(owner, snapshot, recipe="rules", base=base, config=CONFIG)
    assert caught.value.code == "model_needed"
    models = {
        "writer": {"policy": writer.pk},
        "checker": {"rule": {"name": "pattern", "pattern": "^- "}},
    }
    with pytest.raises(InvalidInput) as caught:
        start_training(
            owner,
            snapshot,
            recipe="rules",
            base=base,
            config={**CONFIG, "rules": []},
            models=models,
        )
    assert caught.value.details == [{"where": "rules", "message": "Write at least one rule."}]
    job = run_here(
        start_training(owner, snapshot, recipe="rules", base=base, config=CONFIG, models=models)
    )
    checkpoint = checkpoint_of(job)
    assert checkpoint.produces == "policy"
    assert checkpoint.policy is not None
    assert {"adherence", "unchanged_answers", "general_token_logp_change"} <= set(
        checkpoint.evaluation
    )
    assert job.result["rows"]["train"] > 8
    kept = cached_tree(f"runs/{job.pk}/papers") / "drafts" / "revised-answers.jsonl"
    assert len(kept.read_text().splitlines()) == 16

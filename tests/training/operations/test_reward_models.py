"""Reward models as jobs: a head on vectors that a program stored, and scores by one on words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.models import Completion, Project, User
from feedback.services.signals import NewSignal, store_signals
from tests.loop import checkpoint_of, frozen, judged_project, queue_training
from training.operations.train_model import _referees
from training.registry import cached_tree
from training.sampling.local.reward_models import load_reward_model
from training.services import run_here
from training.worker import score

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = [{"role": "user", "content": "What about a fresh number?"}]
FROZEN = {"head": "frozen"}


def test_vectors_that_a_program_stored_carry_a_head(
    project: Project, owner: User, toy: str
) -> None:
    """Completions without a vector are left out and counted; a newer version of the signal is read."""
    snapshot = frozen(judged_project(project, 40), owner)
    completions = list(Completion.objects.filter(prompt__project=project).order_by("pk"))
    old = [NewSignal(completion=one.pk, vector=[0.0, 0.0]) for one in completions]
    new = [
        NewSignal(completion=one.pk, vector=[float(one.text.startswith("Of")), one.pk % 7 / 7, 1.0])
        for one in completions[4:]
    ]
    for version, signals in (("1", old), ("2", new)):
        store_signals(project, "embedding", version, signals)
    job = run_here(
        queue_training(snapshot, owner, toy, "reward_model", **FROZEN, embedder="stored")
    )
    checkpoint = checkpoint_of(job)
    assert checkpoint.evaluation["accuracy"]["value"] == 1
    assert 1 <= job.result["rows"]["unusable"]["no_vector"] <= 2
    assert _referees(project) == []  # it could not read what another model is tested on
    model = load_reward_model(str(cached_tree(checkpoint.artefact)), "cpu")
    with pytest.raises(InvalidInput) as caught:
        model.rewards([(QUESTION, [{"role": "assistant", "content": "Of course!"}])])
    assert caught.value.code == "needs_vectors"


def test_without_stored_vectors_nothing_is_queued(project: Project, owner: User, toy: str) -> None:
    snapshot = frozen(judged_project(project, 40), owner)
    with pytest.raises(InvalidInput) as caught:
        queue_training(snapshot, owner, toy, "reward_model", **FROZEN, embedder="stored")
    assert caught.value.code == "no_vectors"


def test_a_head_on_words_scores_new_answers(
    project: Project, owner: User, toy: str, tmp_path: Path, recorder: Any
) -> None:
    snapshot = frozen(judged_project(project, 40), owner)
    job = run_here(queue_training(snapshot, owner, toy, "reward_model", **FROZEN, members=3))
    texts = ("Of course! It is fine.", "No idea. It is fine.")
    rows = [{"id": n, "prompt": QUESTION, "completion": text} for n, text in enumerate(texts)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = str(cached_tree(checkpoint_of(job).artefact))
    lens = checkpoint_of(job)  # one person's, and newer
    lens.pk, lens.name, lens.recipe = None, "A lens", "reward_lens"
    lens.job = queue_training(snapshot, owner, toy, "reward_lens")
    lens.save(force_insert=True)
    assert [referee["name"] for referee in _referees(project)] == [
        checkpoint_of(job).name,
        "A lens",
    ]
    assert score(tmp_path, {"reward_model": path}, recorder()) == {"rows": 2}
    lines = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert lines[0]["score"] > lines[1]["score"]

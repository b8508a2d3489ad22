"""Artefact storage: whole folders or nothing, on a disk and in storage that has no disk."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import InMemoryStorage, storages
from django.test import override_settings

from feedback.errors import NotFound
from feedback.models import Project, User
from tests.loop import checkpoint_of, frozen, judged_project, queue_training
from training.artefacts import fetch_tree, remove_tree, store_tree, tree_exists
from training.jobs.context import JobContext
from training.models import Job
from training.registry import cached_tree
from training.services import cancel_job, resume_job, run_here


@pytest.fixture(params=["disk", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    options: dict[str, Any] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    if request.param == "disk":
        options = {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "storage", "allow_overwrite": True},
        }
    with override_settings(STORAGES={**settings.STORAGES, "artefacts": options}):
        yield


def folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        file = path / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return path


@pytest.mark.usefixtures("storage")
def test_a_folder_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store_tree(folder(tmp_path / "a", x="1", deep__y="2"), "things/7")
    fetched = fetch_tree("things/7", tmp_path / "cache")
    assert (fetched / "x").read_text() == "1"
    assert (fetched / "deep/y").read_text() == "2"


@pytest.mark.usefixtures("storage")
def test_storing_again_leaves_nothing_of_what_was_there(tmp_path: Path) -> None:
    store_tree(folder(tmp_path / "a", old="1", same="1"), "things/8")
    store_tree(folder(tmp_path / "b", new="2", same="2"), "things/8")
    fetched = fetch_tree("things/8", tmp_path / "cache")
    assert sorted(f.name for f in fetched.iterdir() if f.name != ".complete") == ["new", "same"]
    assert (fetched / "same").read_text() == "2"


@pytest.mark.usefixtures("storage")
def test_what_was_never_finished_is_not_there(tmp_path: Path) -> None:
    store_tree(folder(tmp_path / "a", x="1"), "things/9")
    storages["artefacts"].delete("things/9/.complete")
    assert not tree_exists("things/9")
    with pytest.raises(NotFound) as refused:
        fetch_tree("things/9", tmp_path / "cache")
    assert refused.value.code == "artefact_missing"
    remove_tree("things/9")
    assert not storages["artefacts"].exists("things/9/x")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("storage", ["bucket"], indirect=True)
@pytest.mark.usefixtures("storage")
def test_a_run_goes_on_where_another_machine_left_it(
    project: Project, owner: User, toy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first machine's disk is gone; only the bucket and the database are left."""
    assert isinstance(storages["artefacts"], InMemoryStorage)
    snapshot = frozen(judged_project(project), owner)
    undisturbed = run_here(queue_training(snapshot, owner, toy, "dpo", epochs=15, save_steps=10))
    job = queue_training(snapshot, owner, toy, "dpo", epochs=15, save_steps=10)
    told = JobContext.metrics

    def cancel_at_twelve(context: JobContext, step: int, values: Any) -> None:
        told(context, step, values)
        if step == 12:
            cancel_job(Job.objects.get(pk=context.job.pk))

    monkeypatch.setattr(JobContext, "metrics", cancel_at_twelve)
    run_here(job)
    assert job.state == "cancelled", (undisturbed.error, job.error)
    assert tree_exists(f"runs/{job.pk}/checkpoints")
    shutil.rmtree(settings.DATA_DIR / f"runs/{job.pk}")
    monkeypatch.undo()
    resume_job(job)
    run_here(job)
    assert weights(job) == weights(undisturbed)
    assert min(job.metrics.values_list("step", flat=True)) == 1
    assert job.metrics.count() == undisturbed.metrics.count()


def weights(job: Job) -> str:
    path = cached_tree(checkpoint_of(job).artefact) / "model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()

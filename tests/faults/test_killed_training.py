"""kill -9 of the training child, and of the worker: the job is resumed once, and ends as if undisturbed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from feedback.models import Project, User
from tests.loop import checkpoint_of, frozen, judged_project, queue_training
from training.jobs import engine
from training.models import Job, Metric
from training.registry import cached_tree
from training.services import cancel_job, resume_job, run_here
from training.tasks import nudge

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 300.0  # machines may be busy; nothing here is slow for long


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts real Celery workers of the `gpu` queue on the test's database."""
    started: list[subprocess.Popen[bytes]] = []
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "webapp", "worker", "-Q", "gpu", "-c", "1"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-n", f"{time.monotonic_ns()}@test"],
                cwd=settings.ROOT,
                env={**os.environ, "DATABASE_URL": url},
                stdout=log,
                stderr=log,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(60)


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def child_of(worker: subprocess.Popen[bytes]) -> psutil.Process | None:
    children = psutil.Process(worker.pid).children(recursive=True)
    return next((c for c in children if "training.worker" in c.cmdline()), None)


def steps(job: Job) -> int:
    return Metric.objects.filter(job=job).count()


def is_over(job: Job) -> bool:
    job.refresh_from_db()
    return job.is_over


def weights(job: Job) -> str:
    path = cached_tree(checkpoint_of(job).artefact) / "model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class End:
    """How a training ended."""

    weights: str
    evaluation: dict[str, Any]
    steps: int


def end_of(job: Job) -> End:
    return End(weights(job), checkpoint_of(job).evaluation, steps(job))


_undisturbed: list[End] = []


@pytest.fixture
def waiting(project: Project, owner: User, toy: str) -> tuple[End, Job]:
    """How a training ends that nobody disturbs (done once for all tests), and the same one waiting."""
    snapshot = frozen(judged_project(project), owner)

    def queued() -> Job:
        return queue_training(snapshot, owner, toy, "dpo", epochs=25, save_steps=20)

    if not _undisturbed:
        _undisturbed.append(end_of(run_here(queued())))
    return _undisturbed[0], queued()


def nudge_until_over(job: Job) -> None:
    def nudged() -> bool:
        nudge("gpu")
        time.sleep(1)
        return is_over(job)

    wait_for(nudged)


def test_killed_child(
    waiting: tuple[End, Job], worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    undisturbed, job = waiting
    process = worker()
    nudge("gpu")
    wait_for(lambda: steps(job) >= 12)
    child = child_of(process)
    assert child is not None
    child.send_signal(signal.SIGKILL)
    nudge_until_over(job)
    assert job.attempts == 2
    assert end_of(job) == undisturbed


def test_killed_worker(
    waiting: tuple[End, Job], worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    undisturbed, job = waiting
    process = worker()
    nudge("gpu")
    wait_for(lambda: steps(job) >= 12)
    child = child_of(process)
    assert child is not None
    process.kill()
    child.wait(20)  # it does not outlive its worker
    job.refresh_from_db()
    assert job.state == "running"
    assert engine.sweep_lost(timezone.now() + engine.LOST_AFTER + timedelta(seconds=5)) == [job.pk]
    worker()
    nudge_until_over(job)
    assert job.attempts == 2
    assert end_of(job) == undisturbed


def test_cancelled_within_seconds_and_resumed_to_the_same_end(
    waiting: tuple[End, Job], worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    undisturbed, job = waiting
    worker()
    nudge("gpu")
    wait_for(lambda: steps(job) >= 8)
    job.refresh_from_db()
    cancel_job(job)
    asked = time.monotonic()
    wait_for(lambda: is_over(job))
    assert time.monotonic() - asked < 20
    assert job.state == "cancelled"
    done = steps(job)
    assert done < undisturbed.steps
    resume_job(job)
    nudge_until_over(job)
    assert end_of(job) == undisturbed


def test_a_worker_told_to_end_hands_its_job_back_at_once(
    waiting: tuple[End, Job], worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    undisturbed, job = waiting
    process = worker()
    nudge("gpu")
    wait_for(lambda: steps(job) >= 8)
    process.terminate()
    process.wait(60)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("queued", 0)
    run_here(job)
    assert end_of(job) == undisturbed

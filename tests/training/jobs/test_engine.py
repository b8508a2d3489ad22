"""A job's transitions: who loses a race changes nothing, and nothing runs for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from feedback.errors import Conflict
from training.jobs import engine
from training.models import Job, JobState

pytestmark = pytest.mark.django_db


def queued(**fields: object) -> Job:
    return Job.objects.create(operation="freeze_snapshot", **fields)


def claimed() -> Job:
    queued()
    job = engine.claim_next("default", "w1")
    assert job is not None
    return job


def state_of(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


def test_the_oldest_job_of_the_queue_is_claimed_once() -> None:
    first, second = queued(), queued()
    queued(queue="gpu")
    got = [engine.claim_next("default", "w") for _ in range(3)]
    assert [job and job.pk for job in got] == [first.pk, second.pk, None]


@pytest.mark.django_db(transaction=True)
def test_many_workers_never_claim_the_same_job() -> None:
    wanted = {queued().pk for _ in range(12)}

    def claim(n: int) -> list[int]:
        taken = []
        while (job := engine.claim_next("default", f"w{n}")) is not None:
            taken.append(job.pk)
        connection.close()
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [pk for pks in pool.map(claim, range(6)) for pk in pks]
    assert sorted(taken) == sorted(wanted)


def test_a_stale_claim_writes_nothing() -> None:
    old = claimed()
    engine.hand_back(old, spent=True)
    new = engine.claim_next("default", "w2")
    assert new is not None
    old.claim = "stale"
    writes: list[Callable[[], None]] = [
        lambda: engine.finish(old, {"from": "old"}),
        lambda: engine.fail(old, {"code": "x"}),
        lambda: engine.note_progress(old, 1, 2, "old"),
        lambda: engine.hand_back(old, spent=True),
    ]
    for write in writes:
        with pytest.raises(engine.LostClaim):
            write()
    assert not engine.beat(old).alive
    engine.finish(new, {"from": "new"})
    row = Job.objects.get(pk=new.pk)
    assert (row.state, row.result) == (JobState.DONE, {"from": "new"})


def test_a_job_whose_heartbeat_stopped_is_queued_again_and_fails_after_the_last_attempt() -> None:
    job = claimed()
    later = timezone.now() + engine.LOST_AFTER + timedelta(seconds=1)
    assert engine.sweep_lost() == []
    for attempt in range(1, engine.MOST_ATTEMPTS + 1):
        assert engine.sweep_lost(later) == [job.pk]
        if attempt < engine.MOST_ATTEMPTS:
            assert state_of(job) == JobState.QUEUED
            assert engine.claim_next("default", "w") is not None
    row = Job.objects.get(pk=job.pk)
    assert row.state == JobState.FAILED
    assert row.error["code"] == "worker_died"
    assert row.finished_at is not None


def test_a_cancelled_job_whose_worker_died_ends_cancelled() -> None:
    job = claimed()
    engine.request_cancel(job)
    engine.sweep_lost(timezone.now() + engine.LOST_AFTER + timedelta(seconds=1))
    assert state_of(job) == JobState.CANCELLED


def test_cancelling() -> None:
    waiting = queued()
    engine.request_cancel(waiting)
    assert state_of(waiting) == JobState.CANCELLED
    assert engine.claim_next("default", "w") is None
    running = claimed()
    engine.request_cancel(running)
    assert engine.beat(running) == engine.Pulse(alive=True, cancel=True)
    engine.end_cancelled(running)
    with pytest.raises(Conflict) as refused:
        engine.request_cancel(running)
    assert refused.value.code == "job_over"


def test_a_failed_or_cancelled_job_resumes_with_its_attempts_back() -> None:
    job = claimed()
    with pytest.raises(Conflict) as refused:
        engine.resume(job)
    assert refused.value.code == "job_not_resumable"
    engine.fail(job, {"code": "crashed"})
    engine.resume(job)
    row = Job.objects.get(pk=job.pk)
    assert (row.state, row.attempts, row.error) == (JobState.QUEUED, 0, {})
    again = engine.claim_next("default", "w")
    assert again is not None
    assert again.pk == job.pk


def test_a_worker_that_leaves_does_not_spend_an_attempt() -> None:
    job = claimed()
    engine.hand_back(job, spent=False)
    row = Job.objects.get(pk=job.pk)
    assert (row.state, row.attempts) == (JobState.QUEUED, 0)

"""What a running operation holds: its job, its directory, its reports, and when to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from django.db import close_old_connections, connection

from training.jobs import engine
from training.models import Job, Metric
from training.progress import Stopped

_leaving = threading.Event()


def leave() -> None:
    """This process is ending: running jobs stop at the next safe point and go back to the queue."""
    _leaving.set()


class JobContext(AbstractContextManager["JobContext"]):
    """A Reporter whose reports are rows, with a heartbeat of its own while the work runs."""

    def __init__(self, job: Job, directory: Path) -> None:
        self.job = job
        self.directory = directory
        self._cancelled = False
        self._lost = False
        self._ended = threading.Event()
        self._beats = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)
        self._noted = 0.0

    def __enter__(self) -> JobContext:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._beats.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._beats.join()

    @property
    def cancelled(self) -> bool:
        """Whether the owner asked for the end, rather than this process leaving."""
        return self._cancelled

    def should_stop(self) -> bool:
        """True once the job was cancelled or lost, or this process is ending."""
        return self._cancelled or self._lost or _leaving.is_set()

    def check(self) -> None:
        """Raises Stopped when the work should end: for operations that work in this process."""
        if self.should_stop():
            raise Stopped

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Store progress, at most a few times a second."""
        now = time.monotonic()
        if now - self._noted < 0.3 and done < total:
            return
        self._noted = now
        engine.note_progress(self.job, done, total, message)

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Store one step's numbers."""
        self.store_steps({step: values})

    def store_steps(self, steps: Mapping[int, Mapping[str, float]]) -> None:
        """Store the numbers of steps; a step done again replaces its row."""
        Metric.objects.bulk_create(
            [Metric(job=self.job, step=step, values=dict(steps[step])) for step in steps],
            update_conflicts=True,
            unique_fields=["job", "step"],
            update_fields=["values"],
        )

    def saved(self, step: int, path: str) -> None:
        """A checkpoint is complete; operations that keep checkpoints elsewhere override this event."""

    def _beat(self) -> None:
        """Beat until the work ends. A database that is away for a moment is no reason to stop."""
        while not self._ended.wait(engine.HEARTBEAT_SECONDS):
            try:
                close_old_connections()
                pulse = engine.beat(self.job)
            except Exception:  # noqa: BLE001 whatever the driver raises; the next beat tries again
                connection.close()
                continue
            self._cancelled = self._cancelled or pulse.cancel
            self._lost = self._lost or not pulse.alive
        connection.close()

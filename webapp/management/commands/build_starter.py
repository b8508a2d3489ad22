"""`manage.py build_starter`: build the starter policy now, if it is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.models import JobState
from webapp.first_start import ensure_base


class Command(BaseCommand):
    """Runs the job in this process, with its progress on the terminal."""

    help = "Build the starter policy if it is missing (a minute or two on two cores)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, or say that it is there."""
        job = ensure_base(self.stdout.write)
        if job is not None and job.state != JobState.DONE:
            raise CommandError(f"{job.error.get('message')} {job.error.get('hint')}")
        self.stdout.write("The starter policy is ready.")

"""`manage.py import PROJECT FILE --mapping mapping.json`: an import from the command line."""

from __future__ import annotations

import json
import threading
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from feedback.errors import TouchstoneError
from feedback.imports import FORMATS
from feedback.models import Membership, Project, Role, User
from training import tasks
from training.models import Job, JobState
from training.services import run_here, start_import

SHOWN_EVERY = 2.0
COUNTS = ("rows", "created", "same", "judgments", "judgments_same", "refused")


class Command(BaseCommand):
    """The same job as in the browser and over REST; refused rows do not make the command fail."""

    help = "Import prompts, completions and judgments from a JSON, JSON lines or CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where, what, and what its columns mean."""
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=Path, required=True, help="a JSON file")
        parser.add_argument("--format", choices=list(FORMATS), default="", help="told by the file")
        parser.add_argument("--user", default="", help="whose job it is; an owner by default")
        parser.add_argument(
            "--no-wait", action="store_true", help="leave it to a worker and print the job's id"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue the import, run it here unless told otherwise, and print what became of it."""
        job = self._start(options)
        if options["no_wait"]:
            tasks.nudge(job.queue)
            self.stdout.write(str(job.pk))
            return
        over = threading.Event()
        watcher = threading.Thread(target=partial(self._watch, job.pk, over), daemon=True)
        watcher.start()
        try:
            run_here(job)
        finally:
            over.set()
            watcher.join()
        if job.state != JobState.DONE:
            told = job.error or {"message": f"The job was {job.state}."}
            raise CommandError(f"{told['message']} {told.get('hint', '')}".strip())
        self._print(job)

    def _start(self, options: dict[str, Any]) -> Job:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project '{options['project']}'.")
        try:
            mapping = json.loads(options["mapping"].read_text(encoding="utf-8"))
            with options["file"].open("rb") as stream:
                return start_import(
                    project,
                    _owner(project, options["user"]),
                    stream,
                    filename=options["file"].name,
                    mapping=mapping,
                    format=options["format"],
                )
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except ValueError as error:
            raise CommandError(f"{options['mapping']} is not JSON: {error}") from error
        except TouchstoneError as error:
            raise CommandError(_told(error)) from error

    def _watch(self, pk: int, over: threading.Event) -> None:
        """Show progress until the job is over; a thread has a connection of its own."""
        try:
            while not over.wait(SHOWN_EVERY):
                job = Job.objects.filter(pk=pk).first()
                if job is not None:
                    self.stderr.write(f"{job.percent} % {job.message}")
        finally:
            connection.close()

    def _print(self, job: Job) -> None:
        for name in COUNTS:
            self.stdout.write(f"{name}: {job.result[name]}")
        for refusal in job.result["refusals"]:
            self.stdout.write(f"{refusal['where']}: {refusal['code']}: {refusal['message']}")


def _owner(project: Project, name: str) -> User:
    if name:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user '{name}'.")
        return user
    owners = Membership.objects.filter(project=project, role=Role.OWNER).select_related("user")
    return owners.earliest("pk").user


def _told(error: TouchstoneError) -> str:
    places = [f"  {detail['where']}: {detail['message']}" for detail in error.details]
    return "\n".join([f"{error.message} {error.hint}".strip(), *places])

"""`manage.py run`: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from webapp import first_start
from webapp.embedded import ServerError, current
from webapp.env import ROOT
from webapp.runner import Runner, read_procfile

HEALTHY_WITHIN = 120
SERVERS_LOOKED_AT_EVERY = 10.0


class Command(BaseCommand):
    """Prepares the first start, then runs the Procfile; manage.py has claimed the place."""

    help = "Run the whole product on this machine: web, workers, sampler and scheduler."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, then run until told to stop."""
        self.stdout.write("Preparing the database and static files ...")
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
        login = first_start.prepare()
        connections.close_all()
        environment = dict(os.environ) | {"HOST": settings.HOST, "PORT": str(settings.PORT)}
        commands = read_procfile(ROOT / "Procfile", environment)
        runner = Runner(commands, environment)
        for task in (lambda: announce(runner, login), lambda: look_after_servers(runner)):
            threading.Thread(target=task, daemon=True).start()
        runner.run()


def collect_static() -> None:
    """Collect static files if any has changed since the last time."""
    stamp = settings.STATIC_ROOT / "collected"
    state = static_state()
    if stamp.is_file() and stamp.read_text() == state:
        return
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "-v", "0"]
    environment = dict(os.environ) | {"STATIC_MANIFEST": "True"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CommandError("Static files could not be collected; the reason stands above.")
    stamp.write_text(state)


def static_state() -> str:
    """Return a digest of the names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def announce(runner: Runner, login: str) -> None:
    """Say where the product is and how to log in, once it answers."""
    host = "127.0.0.1" if settings.HOST in {"0.0.0.0", "::", ""} else settings.HOST  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{settings.PORT}"
    for _ in range(2 * HEALTHY_WITHIN):
        if is_healthy(f"{address}/healthz"):
            for line in [
                f"Touchstone is ready: {address}/",
                *login.splitlines(),
                "Ctrl-C ends it.",
            ]:
                runner.say(line)
            return
        if runner.wait(0.5):
            return
    runner.say(f"{address}/healthz has not answered yet; the lines above may say why.")


def is_healthy(url: str) -> bool:
    """Tell whether the web process answers, under a name that it allows."""
    known = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"]
    request = urllib.request.Request(url, headers={"Host": (known or ["localhost"])[0]})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def look_after_servers(runner: Runner) -> None:
    """Start an embedded server again should it have died."""
    embedded = current()
    while embedded is not None and not runner.wait(SERVERS_LOOKED_AT_EVERY):
        try:
            for name in embedded.ensure():
                runner.say(f"{name} had died and was started again")
        except ServerError as error:
            runner.say(str(error))

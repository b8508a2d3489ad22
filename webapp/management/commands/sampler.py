"""`manage.py sampler`: the process that keeps models loaded and streams samples to the browser."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from training.sampler import serve


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C."""

    help = "Serve live sampling: keep models loaded and stream samples through Redis."

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until asked to end."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        serve(stop)

"""The Celery app: queues carry nudges, rows are the truth."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
app = Celery("webapp")
app.set_default()  # for every thread: a nudge from a request thread must find this broker
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_shutting_down.connect
def hand_back(**_: Any) -> None:
    """Hand the running jobs back at once, so that another worker goes on without a wait."""
    from training.tasks import release_running  # noqa: PLC0415 - needs Django to be set up

    release_running()

"""The Django app of the composition root: commands, static files and system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register

from webapp import checks


class WebappConfig(AppConfig):
    """Registers the checks once all apps are there."""

    name = "webapp"

    def ready(self) -> None:
        """Check at every start what is always needed, and at deployment what hosts share."""
        import webapp.celery  # noqa: F401, PLC0415 - whoever nudges needs the app, workers or not

        register(checks.check_database)
        register(checks.check_secret_key, deploy=True)

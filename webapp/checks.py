"""System checks: a wrong setting is found at start, with a hint, not at midnight."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured


def check_database(**_: Any) -> list[CheckMessage]:
    """Refuse any engine but PostgreSQL: leases and claims rest on its row locks."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine == "django.db.backends.postgresql":
        return []
    return [
        Error(
            f"The database engine is {engine}, and only PostgreSQL is supported.",
            hint="Use a DATABASE_URL that begins with postgresql://, or none at all.",
            id="touchstone.E001",
        )
    ]


def check_secret_key(**_: Any) -> list[CheckMessage]:
    """Require a secret key where several hosts may have to share it."""
    try:
        if settings.SECRET_KEY:
            return []
    except ImproperlyConfigured:  # so Django says that the key is empty
        pass
    return [
        Error(
            "There is no secret key.",
            hint="Set SECRET_KEY or SECRET_KEY_FILE, the same for every web process.",
            id="touchstone.E002",
        )
    ]

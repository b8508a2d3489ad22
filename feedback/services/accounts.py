"""Writes about accounts: tokens for programs, and how a person works."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from feedback.keys import checked_keys
from feedback.models import ApiToken, User, token_digest

PREFIX = "ts_"  # lets secret scanners recognise a leaked token


def create_token(user: User, name: str = "") -> str:
    """A new bearer token of the user. It is shown this once; only its digest is stored."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, digest=token_digest(token))
    return token


def save_keys(user: User, wanted: Mapping[str, str]) -> None:
    """The person's own keys by action; none for the first ones. Raises InvalidInput as `checked_keys`."""
    user.preferences = {**user.preferences, "keys": checked_keys(wanted)}
    user.save(update_fields=["preferences"])

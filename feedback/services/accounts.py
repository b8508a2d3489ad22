"""Writes about accounts: tokens for programs."""

from __future__ import annotations

import secrets

from feedback.models import ApiToken, User, token_digest

PREFIX = "ts_"  # lets secret scanners recognise a leaked token


def create_token(user: User, name: str = "") -> str:
    """A new bearer token of the user. It is shown this once; only its digest is stored."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, digest=token_digest(token))
    return token

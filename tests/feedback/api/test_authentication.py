"""Tokens: both words, wrong ones, inactive users, and how often their use is noted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from feedback.models import ApiToken, User
from feedback.services import create_token

URL = "/api/v1/projects/"


def call(header: str) -> int:
    """The status of a call with this Authorization header."""
    return APIClient().get(URL, HTTP_AUTHORIZATION=header).status_code


@pytest.mark.parametrize("word", ["Bearer", "Token", "bearer", "TOKEN"])
def test_both_words_work(owner: User, word: str) -> None:
    assert call(f"{word} {create_token(owner)}") == 200


def test_only_the_digest_is_stored(owner: User) -> None:
    token = create_token(owner, "laptop")
    row = ApiToken.objects.get()
    assert token not in (row.digest, row.name)
    assert len(row.digest) == 64


@pytest.mark.parametrize("header", ["Bearer ts_wrong", "Bearer", "Token a b", "Bearer \xff\xfe"])
def test_wrong_tokens_are_refused(owner: User, header: str) -> None:
    create_token(owner)
    answer = APIClient().get(URL, HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "authentication_failed"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_inactive_users_are_refused(owner: User) -> None:
    token = create_token(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert call(f"Bearer {token}") == 401


def test_use_is_noted_once_a_minute(owner: User) -> None:
    token = create_token(owner)
    call(f"Bearer {token}")
    first = ApiToken.objects.get().last_used
    assert first is not None
    call(f"Bearer {token}")
    assert ApiToken.objects.get().last_used == first
    ApiToken.objects.update(last_used=timezone.now() - timedelta(minutes=2))
    call(f"Bearer {token}")
    noted = ApiToken.objects.get().last_used
    assert noted is not None
    assert noted > first


def test_a_session_works_too_and_writes_need_its_csrf_token(owner: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.get(URL).status_code == 200
    answer = client.post(URL, {"name": "No token"})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "not_allowed"

"""Policies: base models and endpoints that a project adds to sample or to train from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from feedback.errors import Conflict, InvalidInput
from feedback.models import Project
from training.models import Policy, PolicyKind
from training.sampling import check_policy_model
from training.sampling.openai import read_key


def add_policy(
    project: Project,
    *,
    name: str,
    location: str,
    kind: str = PolicyKind.LOCAL,
    settings: Mapping[str, Any] | None = None,
) -> Policy:
    """A policy of the project, checked to exist and to write. Raises Conflict `policy_name_taken`, and InvalidInput
    `wrong_model` for a reward model.
    """
    location = location.strip()
    name = (name.strip() or location)[:200]
    if not location:
        raise InvalidInput(
            "A policy needs a directory, a Hub id or a base URL.", code="invalid_policy"
        )
    if kind == PolicyKind.LOCAL:
        check_policy_model(location)
    elif kind == PolicyKind.OPENAI:
        _check_server(location, settings or {})
    else:
        raise InvalidInput(f"There is no kind of policy '{kind}'.", code="unknown_policy_kind")
    if Policy.objects.filter(project=project, name=name).exists():
        raise Conflict(f"This project has a policy '{name}' already.", code="policy_name_taken")
    return Policy.objects.create(
        project=project,
        name=name,
        kind=kind,
        location=location,
        settings=dict(settings or {}),
    )


def archive_policy(policy: Policy) -> None:
    """Take a policy out of the lists; what it made stays."""
    Policy.objects.filter(pk=policy.pk).update(archived_at=timezone.now())


def _check_server(location: str, settings: Mapping[str, Any]) -> None:
    if not location.startswith(("http://", "https://")):
        raise InvalidInput(
            "The base URL of a server begins with http:// or https://.", code="invalid_policy"
        )
    if not settings.get("model") or set(settings) - {"model", "api_key_env"}:
        raise InvalidInput(
            "A remote policy needs the server's name of the model, and may name a key's variable.",
            code="invalid_policy",
        )
    read_key(str(settings.get("api_key_env", "")))

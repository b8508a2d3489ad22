"""Writes about projects: their settings and their members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from pydantic import ValidationError

from feedback.errors import Conflict, InvalidInput
from feedback.kinds import get_kind
from feedback.kinds.base import field_errors
from feedback.models import Membership, Project, Role, User

RESERVED = {"new"}  # addresses beside the projects' own
EDITABLE = (
    "name",
    "description",
    "guidelines",
    "kinds",
    "overlap",
    "lease_minutes",
    "grace_minutes",
    "markdown",
)


@transaction.atomic
def create_project(*, owner: User, name: str, slug: str = "", **fields: Any) -> Project:
    """A new project with its first owner. Raises Conflict `slug_taken`, InvalidInput."""
    slug = slug or _free_slug(name)
    if slug in RESERVED or Project.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a project '{slug}' already.", code="slug_taken")
    project = Project(slug=slug, name=name)
    _assign(project, {"kinds": [{"kind": "pairwise"}], **fields})
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError:
        raise Conflict(f"There is a project '{slug}' already.", code="slug_taken") from None
    add_member(project, owner, Role.OWNER)
    return project


def update_project(project: Project, **fields: Any) -> Project:
    """Change settings; items that exist keep theirs."""
    _assign(project, fields)
    project.save()
    return project


def add_member(project: Project, user: User, role: str) -> Membership:
    """Give the user this role, in place of another one. Raises InvalidInput `unknown_role`."""
    if role not in Role.values:
        raise InvalidInput(
            f"There is no role '{role}'.",
            code="unknown_role",
            hint=f"Roles are {', '.join(Role.values)}.",
        )
    if role != Role.OWNER:
        _keep_an_owner(project, user)
    membership, _ = Membership.objects.update_or_create(
        project=project, user=user, defaults={"role": role}
    )
    return membership


def remove_member(project: Project, user: User) -> None:
    """Take the user's role away; their judgments stay. The last owner stays too."""
    _keep_an_owner(project, user)
    Membership.objects.filter(project=project, user=user).delete()


def normalise_kinds(kinds: Iterable[Mapping[str, Any] | str]) -> list[dict[str, Any]]:
    """Kinds as items store them: name, version, validated settings. Raises InvalidInput."""
    return [_normalise_kind({"kind": k} if isinstance(k, str) else k) for k in kinds]


def _normalise_kind(asked: Mapping[str, Any]) -> dict[str, Any]:
    kind = get_kind(str(asked.get("kind", "")))
    try:
        settings = kind.settings_model.model_validate(asked.get("settings") or {})
    except ValidationError as error:
        raise InvalidInput(
            f"The settings of kind '{kind.name}' do not fit.",
            code="invalid_kind_settings",
            details=field_errors(error),
        ) from error
    return {
        "kind": kind.name,
        "version": kind.version,
        "settings": settings.model_dump(mode="json"),
    }


def said_settings(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from the defaults: a new field of a kind changes no item's digest."""
    model = get_kind(asked["kind"]).settings_model
    settings = model.model_validate(asked.get("settings") or {})
    said: dict[str, Any] = settings.model_dump(mode="json", exclude_defaults=True)
    return said


def _assign(project: Project, fields: Mapping[str, Any]) -> None:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise InvalidInput(f"Unknown fields: {', '.join(sorted(unknown))}.", code="unknown_field")
    for name, value in fields.items():
        setattr(project, name, normalise_kinds(value) if name == "kinds" else value)
    try:
        project.full_clean()
    except DjangoValidationError as error:
        details = [
            {"where": field, "message": " ".join(messages)}
            for field, messages in error.message_dict.items()
        ]
        raise InvalidInput(
            "The project's settings do not fit.", code="invalid_project", details=details
        ) from error


def _free_slug(name: str) -> str:
    base = slugify(name)[:70] or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken |= RESERVED
    if base not in taken:
        return base
    return next(s for n in range(2, len(taken) + 3) if (s := f"{base}-{n}") not in taken)


def _keep_an_owner(project: Project, leaving: User) -> None:
    owners = Membership.objects.filter(project=project, role=Role.OWNER)
    if owners.filter(user=leaving).exists() and owners.count() == 1:
        raise Conflict(
            "A project keeps at least one owner.",
            code="last_owner",
            hint="Make somebody else an owner first.",
        )

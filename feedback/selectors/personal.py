"""Everything that is stored of one annotator, for themselves and for the project's owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet

from feedback.errors import NotAllowed
from feedback.models import Annotator, Decision, Impression, Project, Source, User
from feedback.permissions import Ability, abilities
from feedback.selectors.quality import annotator_for_reader

MEDIA_TYPE = "application/x-ndjson"

BATCH = 1000
# What is told of each row, by the name of its table.
FIELDS: dict[str, tuple[str, ...]] = {
    "assignments": ("id", "item", "order", "state", "skip_reason", "created", "closed_at"),
    "submissions": (
        "id",
        "item",
        "assignment",
        "amends",
        "key",
        "order",
        "lead_time",
        "edits",
        "client",
        "gold_right",
        "created",
    ),
    "judgments": (
        "id",
        "submission",
        "item",
        "kind",
        "kind_version",
        "answer",
        "outcome",
        "created",
        "withdrawn_at",
        "erased_at",
    ),
    "kind_records": ("id", "kind", "purpose", "data", "created", "closed_at"),
    "drafts": ("id", "item", "fields", "lead_time", "edits", "updated"),
    "decisions": ("id", "item", "kind", "judgment", "created"),
    "impressions": ("id", "completion", "key", "created"),
}


def personal_lines(annotator: Annotator) -> Iterator[dict[str, Any]]:
    """One mapping a row, `record` first: the annotator, then each table in the order of its ids; memory flat."""
    yield {
        "record": "annotator",
        "id": annotator.pk,
        "project": annotator.project.slug,
        "source": annotator.source,
        "name": str(annotator),
        "pseudonym": annotator.pseudonym,
        "groups": [group.name for group in annotator.groups.all()],
        "paused_at": annotator.paused_at,
        "pause_reason": annotator.pause_reason,
        "exam_passed_at": annotator.exam_passed_at,
        "excused_before": annotator.excused_before,
        "created": annotator.created,
    }
    for table, fields in FIELDS.items():
        for row in (
            _rows(annotator, table).order_by("pk").values(*fields).iterator(chunk_size=BATCH)
        ):
            yield {"record": table.removesuffix("s"), **row}


def impressions_of(annotator: Annotator) -> QuerySet[Impression]:
    """What was shown to the person in use."""
    seen = Impression.objects.filter(completion__prompt__project=annotator.project_id)
    human = annotator.source == Source.HUMAN
    return seen.filter(viewer=annotator.pseudonym) if human else seen.none()


def _rows(annotator: Annotator, table: str) -> QuerySet[Model]:
    """Decisions are a user's, impressions a name's; all else is the annotator's."""
    rows: dict[str, QuerySet[Any]] = {
        "decisions": Decision.objects.filter(
            item__project=annotator.project_id, reviewer=annotator.user_id or 0
        ),
        "impressions": impressions_of(annotator),
    }
    return rows[table] if table in rows else getattr(annotator, table).all()


def annotator_for_export(user: User | AnonymousUser, project: Project, pk: int) -> Annotator:
    """An annotator whose data the user may take away: oneself, or with MANAGE anybody. Raises NotFound, NotAllowed."""
    found = annotator_for_reader(user, project, pk)
    if found.user_id != user.pk and Ability.MANAGE not in abilities(user, project):
        raise NotAllowed("Only an owner, or the annotator, may export an annotator's data.")
    return found


def personal_file(annotator: Annotator) -> Iterator[bytes]:
    """The same as JSON lines."""
    for line in personal_lines(annotator):
        yield json.dumps(line, ensure_ascii=False, cls=DjangoJSONEncoder).encode() + b"\n"

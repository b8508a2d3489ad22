"""A project as large as wanted, made by the database itself in seconds."""

from __future__ import annotations

from typing import Any

from django.db import connection, models

from feedback.models import (
    Annotator,
    Assignment,
    Completion,
    Item,
    ItemCompletion,
    Judgment,
    Project,
    Prompt,
    Submission,
    User,
)
from feedback.services import create_project

QUESTION = "'Question number ' || n || ': which of these answers would you rather read, and why?'"
ANSWER = (
    "'Answer {which} to question ' || n || '. ' || repeat('It says something sensible. ', {times})"
)


def new_project(slug: str, owner: User, items: int, **fields: Any) -> Project:
    """A pairwise project with so many items of two completions each."""
    project = create_project(owner=owner, name=slug, slug=slug, **fields)
    prompt, completion, item, slot = (
        _last_id(m) for m in (Prompt, Completion, Item, ItemCompletion)
    )
    kinds = f"{_quoted(project.kinds)}::jsonb"
    _fill(
        Prompt,
        items,
        id=f"{prompt} + n",
        project_id=str(project.pk),
        messages=f"jsonb_build_array(jsonb_build_object('role', 'user', 'content', {QUESTION}))",
        digest=f"md5('{slug}' || n) || md5(n::text)",
        external_id="NULL",
    )
    for which in (0, 1):
        _fill(
            Completion,
            items,
            id=f"{completion} + 2 * n - {which}",
            prompt_id=f"{prompt} + n",
            text=ANSWER.format(which=which + 1, times=12 + 4 * which),
            origin=f"jsonb_build_object('label', 'model-{which}')",
        )
    _fill(
        Item,
        items,
        id=f"{item} + n",
        project_id=str(project.pk),
        prompt_id=f"{prompt} + n",
        kinds=kinds,
        external_id="NULL",
        digest=f"md5('item {slug}' || n) || md5(n::text)",
        overlap=str(project.overlap),
        places=str(project.overlap),
    )
    for which in (0, 1):
        _fill(
            ItemCompletion,
            items,
            id=f"{slot} + 2 * n - {which}",
            item_id=f"{item} + n",
            completion_id=f"{completion} + 2 * n - {which}",
            index=str(which),
        )
    _tidy(Prompt, Completion, Item, ItemCompletion)
    return project


def judge_all(project: Project, people: list[Annotator], each: int) -> None:
    """So many people have judged each of the project's items, in turn; a place less is free for each.

    Foreign keys are not checked meanwhile: the rows refer to each other by how they are counted.
    """
    items = project.items.aggregate(n=models.Count("pk"), first=models.Min("pk"))
    rows, first = items["n"] * each, items["first"]
    lease, submission, judgment = (_last_id(m) for m in (Assignment, Submission, Judgment))
    turn = f"((n - 1) / {each} + (n - 1) %% {each}) %% {len(people)}"
    shared = {
        "item_id": f"{first} + (n - 1) / {each}",
        "annotator_id": f"({_quoted([p.pk for p in people])}::jsonb ->> ({turn})::int)::bigint",
    }
    order = "CASE WHEN n %% 2 = 0 THEN '[0, 1]'::jsonb ELSE '[1, 0]'::jsonb END"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    _fill(
        Assignment,
        rows,
        id=f"{lease} + n",
        order=order,
        state="'submitted'",
        expires_at="now()",
        closed_at="now()",
        **shared,
    )
    _fill(
        Submission,
        rows,
        id=f"{submission} + n",
        assignment_id=f"{lease} + n",
        key="'crowd-' || n",
        body_digest="md5(n::text) || md5('body' || n)",
        order=order,
        lead_time="5 + n %% 60",
        **shared,
    )
    choice = "CASE WHEN n %% 7 < 4 THEN 'first' ELSE 'second' END"
    _fill(
        Judgment,
        rows,
        id=f"{judgment} + n",
        project_id=str(project.pk),
        submission_id=f"{submission} + n",
        kind="'pairwise'",
        kind_version="1",
        answer=f"jsonb_build_object('choice', {choice})",
        **shared,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
    taken = {"places": models.F("places") - each, "order_key": models.F("order_key") + each}
    project.items.update(**taken)
    _tidy(Item, Assignment, Submission, Judgment)


def _fill(model: type[models.Model], rows: int, **columns: str) -> None:
    """Insert so many rows; a column is an SQL expression of `n` from 1, or the field's default."""
    fields = model._meta.concrete_fields
    values = {str(f.column): _default(f) for f in fields if not f.has_db_default()}
    values |= columns
    names = ", ".join(f'"{name}"' for name in values)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) "
            f"SELECT {', '.join(values.values())} FROM generate_series(1, %s) AS n",
            [rows],
        )


def _default(field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.DateTimeField) and not field.null:
        return "now()"
    if field.has_default():
        value = field.get_default()
        return (
            f"{_quoted(value)}::jsonb" if isinstance(field, models.JSONField) else _literal(value)
        )
    return "NULL" if field.null else "''"


def _literal(value: Any) -> str:
    return str(value).upper() if isinstance(value, bool | int) else _quoted(value)


def _quoted(value: Any) -> str:
    import json

    text = value if isinstance(value, str) else json.dumps(value)
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def _last_id(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0


def _tidy(*filled: type[models.Model]) -> None:
    """Ids go on after the filled ones, and the planner knows the sizes."""
    with connection.cursor() as cursor:
        for model in filled:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
            cursor.execute(f"VACUUM ANALYZE {table}")

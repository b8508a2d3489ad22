"""Queries of the hot path: written with the ORM, put together once, and prepared by the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.backends.postgresql.base import Cursor, ServerBindingCursor
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg.sql import Literal
from psycopg.types.numeric import Int8

ModelT = TypeVar("ModelT", bound=Model)


class Given(Expression):
    """Stands in a query for a value that is named when the query runs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A placeholder; the value takes this object's place among the parameters."""
        return "%s", (self,)


class Prepared(Generic[ModelT]):
    """A query that is always the same but for the values that it is `Given`.

    The ORM takes several times as long to write a query as PostgreSQL to answer it, and PostgreSQL longer to
    plan it than to run it. Here both are done once: by each process, and by each connection.
    """

    def __init__(self, make: Callable[[], QuerySet[ModelT]]) -> None:
        """`make` is called at the first use, when all models are there."""
        self._make = make

    def rows(self, **given: Any) -> list[ModelT]:
        """The objects, with what the query selects of related ones and its annotations."""
        reader = self._reader
        return reader.objects(run(reader.sql, [given[name] for name in reader.names]))

    def first(self, **given: Any) -> ModelT | None:
        """The first object, or None. The query itself says how many it reads."""
        return next(iter(self.rows(**given)), None)

    @cached_property
    def _reader(self) -> _Reader[ModelT]:
        return _Reader(self._make())


class _Reader(Generic[ModelT]):
    """The SQL of a query, and how its rows become objects: what `ModelIterable` works out at every call."""

    def __init__(self, queryset: QuerySet[ModelT]) -> None:
        compiler: Any = queryset.query.get_compiler(connection=connection)
        self.sql, self.names = _with_constants(*compiler.as_sql())
        self._compiler = compiler
        columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
        self._converters = compiler.get_converters(columns)
        populators: Any = get_related_populators  # its stub is of another version
        self._related = populators(compiler.klass_info, compiler.select, queryset.db)
        fields = compiler.klass_info["select_fields"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._fields = [column.target.attname for column in columns[self._own]]
        self._model: type[ModelT] = compiler.klass_info["model"]
        self._annotations = compiler.annotation_col_map or {}

    def objects(self, rows: Sequence[Sequence[Any]]) -> list[ModelT]:
        """One object a row."""
        return [
            self._object(row) for row in self._compiler.apply_converters(rows, self._converters)
        ]

    def _object(self, row: Sequence[Any]) -> ModelT:
        found = self._model.from_db("default", self._fields, row[self._own])
        for related in self._related:
            related.populate(row, found)
        for name, place in self._annotations.items():
            setattr(found, name, row[place])
        return found


def _with_constants(text: str, values: Sequence[Any]) -> tuple[str, list[str]]:
    """The SQL with the values that never change written into it, and the names of those that are given.

    A plan for any values can use a partial index only where it sees that the index's condition holds.
    """
    first, *rest = text.split("%s")
    written = [
        "%s" if isinstance(value, Given) else Literal(value).as_string(None).replace("%", "%%")
        for value in values
    ]
    names = [value.name for value in values if isinstance(value, Given)]
    return first + "".join(a + b for a, b in zip(written, rest, strict=True)), names


def run(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that a SELECT, or a RETURNING, gives; its text must be always the same, so that it is prepared once.

    Raises what Django raises. All whole numbers go as bigint: a statement is prepared for the types of its values.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    values = [Int8(value) if type(value) is int else value for value in values]
    # Django's own cursor puts values into the text, which cannot be prepared but tells a log everything.
    sort: Any = Cursor if connection.queries_logged else ServerBindingCursor
    with connection._prepare_cursor(sort(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def insert(row: Model, before: str = "", values: Sequence[Any] = ()) -> None:
    """Store a new row as `save` does, for models without parents, signals or computed columns.

    `before` are WITH parts, with their own values, that are done in the same statement.
    """
    fields, text = _insertion(type(row))
    stored = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    ((row.pk,),) = run(before + text, [*values, *stored])
    row._state.adding, row._state.db = False, connection.alias


def remember(owner: Model, name: str, rows: Sequence[ModelT]) -> QuerySet[ModelT]:
    """Rows that refer to the owner, kept where `prefetch_related` keeps them: `owner.<name>.all()` knows them."""
    known: QuerySet[ModelT] = getattr(owner, name).all()
    known._result_cache = list(rows)
    owner.__dict__.setdefault("_prefetched_objects_cache", {})[name] = known
    return known


@cache
def _insertion(model: type[Model]) -> tuple[list[Any], str]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table, key = model._meta.db_table, model._meta.pk.column
    into = f'INSERT INTO "{table}" ({columns})'
    return fields, f'{into} VALUES ({places}) RETURNING "{key}"'

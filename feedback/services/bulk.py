"""Rows stored in batches; where a batch is refused by the database, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from django.db import DatabaseError, connection, models, transaction

BATCH = 200  # rows that are stored together: more gain nothing, and their texts are held in memory

T = TypeVar("T")
R = TypeVar("R")


def store_in_batches(rows: Iterable[T], store: Callable[[Sequence[T]], list[R]]) -> Iterator[R]:
    """What `store` answers for each row. It is given many, in a transaction.

    Where the database refuses a batch, because another request stored the same meanwhile, its rows are stored
    one by one, so that only what is wrong is told of.
    """
    for batch in batches_of(rows, BATCH):
        try:
            with transaction.atomic():
                outcomes = store(batch)
        except DatabaseError:
            outcomes = [outcome for row in batch for outcome in _again(row, store)]
        yield from outcomes


def _again(row: T, store: Callable[[Sequence[T]], list[R]]) -> list[R]:
    """One row by itself; what was stored at the same time is known at the second attempt."""
    try:
        with transaction.atomic():
            return store([row])
    except DatabaseError:
        with transaction.atomic():
            return store([row])


def batches_of(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of so many, read as they are asked for."""
    stream = iter(rows)
    while batch := list(islice(stream, size)):
        yield batch


def ids_of(model: type[models.Model], most: int) -> Iterator[int]:
    """Ids for new rows of the model, taken from its sequence when the first is asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, most],
        )
        rows = cursor.fetchall()
    yield from (int(row[0]) for row in rows)

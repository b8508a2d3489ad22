"""Order: the keys of all items that wait, worked out anew; and one more asked where a new ceiling allows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from django.db.models import Max

from feedback.models import Item, Judgment, Project
from feedback.ordering import ORDERINGS
from feedback.selectors.waiting import orderable_items, waiting_items
from feedback.services import queue_settings
from feedback.services.ordering import rank_by, rank_by_priority, write_keys
from feedback.services.widening import widen_disputed
from training.jobs.context import JobContext
from training.models import JobState
from training.operations.base import Operation, Outcome, Params

BATCH = 500


class OrderParams(Params):
    """Nothing is asked: the queue's settings say which order."""


class OrderItems(Operation[OrderParams]):
    """In batches, while people go on working; done again after an interruption, which is harmless."""

    name = "order_items"
    label = "Order the queue"
    once = True
    params_model = OrderParams

    def run(self, context: JobContext, params: OrderParams) -> Outcome:
        """Ask more where people disagree, then rank what waits, and write the keys."""
        project = context.job.project
        assert project is not None  # noqa: S101 queues always have a project
        settings = queue_settings(project)
        ordering = ORDERINGS[settings.order]
        widened = _widen(context, project, settings.ceiling)
        seen = {"judgment": _newest(Judgment), "item": _newest(Item)}
        total = orderable_items(project).count()
        context.progress(0, total + 1, "Ranking" if ordering.ranked else "Writing")
        ranks: Mapping[int, int] = {}
        if ordering.ranked:
            ranks = ordering.rank(waiting_items(project, ordering))
            context.check()
            ids = iter(sorted(ranks))
        else:
            rows = orderable_items(project).order_by("pk").values_list("pk", flat=True)
            ids = rows.iterator(chunk_size=BATCH)
        done = _write(context, ids, total, ordering.name, ranks)
        result = {"order": ordering.name, "items": done, "ceiling": settings.ceiling}
        return Outcome(result={**result, "widened": widened, **seen})


def _widen(context: JobContext, project: Project, ceiling: int | None) -> int:
    """How many items one more is asked about. Under the ceiling of the job before, answers saw to it themselves."""
    before = project.jobs.filter(operation=OrderItems.name, state=JobState.DONE).first()
    if before is not None and before.result.get("ceiling") == ceiling:
        return 0
    widened = 0
    for more in widen_disputed(project):
        context.check()
        widened += more
    return widened


def _newest(model: type[Judgment] | type[Item]) -> int:
    """What is stored later was not looked at."""
    return model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0


def _write(
    context: JobContext, ids: Iterator[int], total: int, order: str, ranks: Mapping[int, int]
) -> int:
    done = 0
    while batch := list(islice(ids, BATCH)):
        context.check()
        if ranks:
            write_keys(batch, rank_by({pk: ranks[pk] for pk in batch}))
        else:
            write_keys(batch, rank_by_priority() if order == "priority" else None)
        done += len(batch)
        context.progress(done, max(total, done) + 1, f"{done} items")
    return done

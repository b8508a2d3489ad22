"""Order keys written anew: by ranks that were worked out, by priority, or by the places taken alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import BigIntegerField, Case, Expression, F, Value, When

from feedback.models import Item
from feedback.ordering import NOW, STEP


def rank_by(ranks: Mapping[int, int]) -> Expression:
    """Ranks that were worked out, by item."""
    whens = [When(pk=pk, then=Value(rank)) for pk, rank in ranks.items()]
    return Case(*whens, output_field=BigIntegerField())


def rank_by_priority() -> Expression:
    """The higher priority first."""
    return Value(-1, output_field=BigIntegerField()) * F("priority")


@transaction.atomic
def write_keys(items: Sequence[int], rank: Expression | None = None) -> None:
    """The keys of these items: the rank, if there is one, times STEP, plus the places taken.

    Locked in id order, as by sweeps. A lease that comes between counts, as places are read in the update;
    items that are wanted at once keep their key.
    """
    rows = Item.objects.filter(pk__in=items, order_key__gt=NOW // 2)
    list(rows.select_for_update().order_by("pk").values_list("pk"))
    taken = F("overlap") - F("places")
    rows.update(order_key=taken if rank is None else rank * STEP + taken)

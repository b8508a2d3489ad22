"""The catalogue of kinds: one module each."""

from __future__ import annotations

from typing import Any

from feedback.errors import InvalidInput
from feedback.kinds.base import Kind
from feedback.kinds.correction import Correction
from feedback.kinds.critique import Critique
from feedback.kinds.demonstration import Demonstration
from feedback.kinds.pairwise import Pairwise
from feedback.kinds.ranking import Ranking
from feedback.kinds.rating import Rating
from feedback.kinds.thumbs import Thumbs
from feedback.kinds.willingness_to_pay import WillingnessToPay

KINDS: dict[str, Kind[Any, Any]] = {
    kind.name: kind
    for kind in (
        Pairwise(),
        Ranking(),
        Thumbs(),
        WillingnessToPay(),
        Rating(),
        Critique(),
        Correction(),
        Demonstration(),
    )
}


def get_kind(name: str) -> Kind[Any, Any]:
    """The kind of that name; raises InvalidInput `unknown_kind`."""
    try:
        return KINDS[name]
    except KeyError:
        raise InvalidInput(
            f"There is no kind '{name}'.",
            code="unknown_kind",
            hint=f"Known kinds: {', '.join(KINDS)}.",
        ) from None


def kind_choices() -> list[tuple[str, str]]:
    """Choices for models and forms, as a callable, so that a new kind needs no migration."""
    return [(kind.name, kind.label) for kind in KINDS.values()]

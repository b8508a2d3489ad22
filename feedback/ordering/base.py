"""What a queue may be told, and what a strategy of ordering declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feedback.complaints import field_errors
from feedback.errors import InvalidInput
from feedback.kinds.base import Whole

# A key is a rank times STEP plus the places taken, so that equal ranks go breadth first.
# No overlap with its ceiling reaches STEP.
STEP = 1024
# The key of an item that is wanted at once, below every rank.
NOW = -(1 << 40)

OrderName = Literal["breadth", "priority", "uncertain", "informative"]


class Exam(BaseModel):
    """Gold items that an annotator answers before real work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Whole = Field(
        default=10, ge=1, le=200, description="How many gold items are asked first."
    )
    share: float = Field(
        default=0.8, ge=0, le=1, description="The share of them that must be answered right."
    )

    def passed_by(self, right: int, answered: int) -> bool:
        """Whether so many right answers, of all that were given, are enough."""
        # As a quotient: 11 / 20 is 0.55, and 0.55 * 20 is a little more than 11.
        return answered >= self.items and right / answered >= self.share


class QueueSettings(BaseModel):
    """Who is asked what, and when, in one project."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: OrderName = Field(default="breadth", description="Which open item comes next.")
    gold_rate: float = Field(
        default=0.0, ge=0, le=0.5, description="The share of gold items among those asked."
    )
    repeat_rate: float = Field(
        default=0.0,
        ge=0,
        le=0.2,
        description="The share of items asked of the same person once more, with sides swapped.",
    )
    daily_quota: Whole | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="How many items one person may answer in a day (UTC); empty: any number.",
    )
    ceiling: Whole | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Where people disagree, ask more of them, up to so many; empty: never.",
    )
    exam: Exam | None = Field(
        default=None, description="Gold items to be passed before real work; empty: none."
    )

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> QueueSettings:
        """The validated settings; raises InvalidInput `invalid_queue` naming each wrong field."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            details = field_errors(error)
            raise InvalidInput(
                f"These queue settings do not fit: {details[0]['where']}: {details[0]['message']}",
                code="invalid_queue",
                details=details,
            ) from error


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open item as a strategy sees it.

    `votes` are how often people gave each value, by kind. From models, where one has said it: `embeddings` of
    the texts, all of one length, and `disagreement`, the standard deviation among the members of an ensemble of
    the probability that the first completion is the better one, from 0 to 0.5.
    """

    item: int
    texts: tuple[str, ...] = ()
    votes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    embeddings: tuple[Sequence[float], ...] = ()
    disagreement: float | None = None


class Ordering:
    """An order of the queue. A rank from 0 for each item, the lowest first; equal ranks are allowed."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    ranked: ClassVar[bool] = False  # whether ranks are worked out by the job `order_items`
    needs: ClassVar[Literal["nothing", "votes", "texts"]] = "nothing"  # of each item, to rank it

    def rank(self, items: Iterable[Waiting]) -> Mapping[int, int]:
        """The rank of each item; only of an order that is `ranked`."""
        raise NotImplementedError

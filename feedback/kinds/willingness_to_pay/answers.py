"""How willingness to pay is asked and answered: amounts, settings, and the answer with its checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from feedback.kinds.base import Answer, Practice, Question, Settings

AMOUNT = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$"
MOST_STEPS = 100_000
MOST_PRICES = 50
DEFAULT_PRICES = 10


def read_amount(value: Any) -> Decimal:
    """An amount from its decimal text. Raises ValueError for floats, signs, exponents and the like."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not re.match(AMOUNT, value, re.ASCII) or value.endswith("\n"):
        raise ValueError('an amount is decimal text such as "2.50": not negative, no exponent')
    return Decimal(value)


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


Amount = Annotated[
    Decimal,
    BeforeValidator(read_amount),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": AMOUNT, "examples": ["2.50"]}),
]


class WtpSettings(Settings):
    """What an annotator may spend, on which grid, by which mechanism, and whether it is real money."""

    mechanism: Literal["bdm", "price_list", "open"] = Field(
        default="bdm",
        description="bdm: a price is drawn after the answer; price_list: yes or no at each price; "
        "open: an amount without a draw.",
    )
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="ISO 4217.")
    endowment: Amount = Field(default=Decimal("5.00"), description="What a round begins with.")
    cap: Amount | None = Field(
        default=None, description="The highest amount or price; the endowment where it is left out."
    )
    step: Amount = Field(default=Decimal("0.10"), description="Amounts are multiples of this.")
    prices: tuple[Amount, ...] = Field(
        default=(),
        max_length=MOST_PRICES,
        description="The price list, rising; ten equal steps up to the cap where it is empty.",
    )
    single_switching: Literal["enforce", "flag"] = Field(
        default="enforce",
        description="An answer that switches back in the price list: refuse it, or mark it.",
    )
    direction: Literal["ascending", "descending", "random"] = Field(
        default="ascending",
        description="How the list is shown; random: fixed by chance for each annotator and item.",
    )
    paid: bool = Field(
        default=False,
        description="One round of each session is paid; else everything is labelled hypothetical.",
    )
    gate: bool = Field(default=True, description="Ask comprehension questions and practise first.")
    comprehension: tuple[Question, ...] = Field(
        default=(), max_length=20, description="In place of the mechanism's own questions."
    )
    practice: tuple[Practice, ...] = Field(
        default=(), max_length=10, description="In place of the two practice rounds."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for problem in _settings_problems(self):
            raise ValueError(problem)
        return self

    @property
    def ceiling(self) -> Decimal:
        """The highest amount that may be said and price that may be drawn."""
        return self.endowment if self.cap is None else self.cap

    @property
    def steps(self) -> int:
        """How many steps lie between nothing and the ceiling."""
        return int(self.ceiling / self.step)

    @property
    def decimals(self) -> int:
        """How many decimals amounts are written with: those of `step` as it was given."""
        return max(0, -int(self.step.as_tuple().exponent))

    @property
    def price_grid(self) -> tuple[Decimal, ...]:
        """The prices of the list, rising; the default ones lie on the step grid."""
        if self.prices:
            return self.prices
        tenths = (self.steps * n // DEFAULT_PRICES for n in range(1, DEFAULT_PRICES + 1))
        return tuple(self.step * n for n in sorted(set(tenths)) if n > 0)

    @property
    def rising(self) -> tuple[str, ...]:
        """The price list as a form writes it, lowest first."""
        return tuple(self.written(price) for price in self.price_grid)

    @property
    def falling(self) -> tuple[str, ...]:
        """The same list, highest first."""
        return self.rising[::-1]

    @property
    def unit(self) -> str:
        """The unit of the evidence: the currency, and that it is hypothetical where it is."""
        return self.currency if self.paid else f"{self.currency} hypothetical"

    def written(self, amount: Decimal) -> str:
        """The amount with this grid's decimals."""
        return f"{amount:.{self.decimals}f}"

    def money(self, amount: Decimal) -> str:
        """The amount with its currency, as people read it."""
        return f"{self.written(amount)} {self.currency}"

    @property
    def endowment_written(self) -> str:
        """For forms."""
        return self.written(self.endowment)

    @property
    def ceiling_written(self) -> str:
        """For forms."""
        return self.written(self.ceiling)

    @property
    def step_written(self) -> str:
        """For forms."""
        return self.written(self.step)

    def on_grid(self, amount: Decimal) -> bool:
        """Whether it is a whole number of steps."""
        return amount % self.step == 0


class Choice(Answer):
    """One row of the price list: whether the preferred completion is bought at that price."""

    price: Amount = Field(description="One of the settings' prices.")
    pay: bool = Field(description="Whether the preferred completion is worth this price or more.")


class WtpAnswer(Answer):
    """Which is preferred, and what it is worth to have it instead of the other.

    `amount` answers bdm and open; `choices` answer a price list, one for every price, in the order shown.
    """

    preferred: Literal["first", "second", "equal"] = Field(
        description="The completion that you would rather have, in stored order."
    )
    amount: Annotated[Amount | None, BeforeValidator(_empty_is_none)] = Field(
        default=None, description="The most that you would pay; 0 or null where both are equal."
    )
    choices: tuple[Choice, ...] = Field(
        default=(),
        max_length=MOST_PRICES,
        description="For a price list: yes or no at every price; otherwise empty.",
    )
    reason: str = Field(default="", max_length=10_000, description="Why, in a few words.")

    @model_validator(mode="before")
    @classmethod
    def _no_choices_between_equals(cls, data: Any) -> Any:
        """A form without a script sends the list's rows, unanswered, beside `equal`."""
        if not isinstance(data, dict) or data.get("preferred") != "equal":
            return data
        rows = data.get("choices")
        if isinstance(rows, list) and not any(isinstance(r, dict) and "pay" in r for r in rows):
            return {**data, "choices": []}
        return data


def answer_problems(answer: WtpAnswer, settings: WtpSettings) -> Iterator[str]:
    """Why the answer does not fit what the settings ask."""
    if settings.mechanism == "price_list":
        yield from _list_problems(answer, settings)
    else:
        yield from _amount_problems(answer, settings)


def _amount_problems(answer: WtpAnswer, settings: WtpSettings) -> Iterator[str]:
    if answer.choices:
        yield "No price list is asked here: send an amount."
    if answer.amount is None:
        if answer.preferred != "equal":
            yield "Say the most that you would pay; 0 if nothing."
        return
    said = settings.money(answer.amount) if settings.on_grid(answer.amount) else str(answer.amount)
    if answer.preferred == "equal" and answer.amount:
        yield "Where both are equal the amount is 0."
    if answer.amount > settings.endowment:
        yield f"{said} is above the endowment of {settings.money(settings.endowment)}."
    elif answer.amount > settings.ceiling:
        yield f"{said} is above the highest amount, {settings.money(settings.ceiling)}."
    if not settings.on_grid(answer.amount):
        yield f"{said} is not a multiple of {settings.money(settings.step)}."


def _list_problems(answer: WtpAnswer, settings: WtpSettings) -> Iterator[str]:
    if answer.amount:
        yield "A price list is asked here: send a choice for each price, and no amount."
    if answer.preferred == "equal":
        if any(choice.pay for choice in answer.choices):
            yield "Where both are equal no price is paid."
        return
    shown = tuple(choice.price for choice in answer.choices)
    if shown not in (settings.price_grid, settings.price_grid[::-1]):
        listed = ", ".join(settings.rising)
        yield f"One choice is needed for each price, in the order shown. The prices: {listed}."
    elif settings.single_switching == "enforce" and switches_back(answer.choices):
        yield "You refuse a price and pay a higher one: choose one place where you switch."


def switches_back(choices: tuple[Choice, ...]) -> bool:
    """Whether a price is paid above one that is refused."""
    refused = [choice.price for choice in choices if not choice.pay]
    return any(
        choice.pay and choice.price > min(refused, default=choice.price) for choice in choices
    )


def _settings_problems(settings: WtpSettings) -> Iterator[str]:
    if not settings.step:
        yield "the step is more than 0"
        return
    if settings.ceiling > settings.endowment:
        yield "the cap is not above the endowment"
    if not (settings.on_grid(settings.endowment) and settings.on_grid(settings.ceiling)):
        yield "the endowment and the cap are multiples of the step"
    if not 2 <= settings.steps <= MOST_STEPS:
        yield f"between nothing and the cap lie 2 to {MOST_STEPS} steps"
    if settings.paid and settings.mechanism == "open":
        yield "an open amount cannot be paid, because no price is drawn: use bdm or price_list"
    yield from _price_problems(settings)
    for question in settings.comprehension:
        if question.correct >= len(question.options):
            yield "the right option of a comprehension question is one of its options, from 0"
    if any(len(practice.completions) != 2 for practice in settings.practice):
        yield "a practice round has two completions"


def _price_problems(settings: WtpSettings) -> Iterator[str]:
    prices = settings.prices
    if prices and (len(prices) < 2 or list(prices) != sorted(set(prices))):
        yield "a price list has two or more different prices, rising"
    if any(price > settings.ceiling or not settings.on_grid(price) for price in prices):
        yield "the prices are multiples of the step, not above the cap"

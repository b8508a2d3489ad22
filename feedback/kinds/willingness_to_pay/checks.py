"""Whether an answer fits what the settings ask, and its amounts as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from feedback.kinds.willingness_to_pay.answers import Choice, WtpAnswer, WtpSettings


def in_steps(answer: WtpAnswer, settings: WtpSettings) -> WtpAnswer:
    """The answer with all its amounts in the decimals of the step: 5 is stored as 5.00, as people see it."""

    def written(amount: Decimal) -> Decimal:
        return Decimal(settings.written(amount))

    choices = tuple(
        choice.model_copy(update={"price": written(choice.price)}) for choice in answer.choices
    )
    amount = None if answer.amount is None else written(answer.amount)
    return answer.model_copy(update={"amount": amount, "choices": choices})


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

"""What an answer amounts to under each mechanism: bounds, flags, and the draw of a price."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from feedback.kinds.willingness_to_pay.answers import WtpAnswer, WtpSettings, switches_back

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Worth:
    """Between which amounts the preferred completion's advantage lies. `high` is None where it is open."""

    low: Decimal
    value: Decimal
    high: Decimal | None


def worth(answer: WtpAnswer, settings: WtpSettings | None = None) -> Worth:
    """The amount as a point, open upwards at the cap; a price list as an interval with its midpoint.

    Without settings the cap is not known, and an amount is a point.
    """
    if answer.preferred == "equal":
        return Worth(ZERO, ZERO, ZERO)
    if answer.choices:
        return _between_prices(answer)
    amount = answer.amount or ZERO
    capped = settings is not None and amount >= settings.ceiling
    return Worth(amount, amount, None if capped else amount)


def signed(answer: WtpAnswer, value: Decimal) -> float:
    """The number as first over second."""
    return -float(value) if answer.preferred == "second" else float(value)


def worked_out(
    answer: WtpAnswer, settings: WtpSettings, chance: random.Random | None
) -> dict[str, Any]:
    """The flags, the bounds, the grid that was shown, and for bdm the draw where there is a session."""
    found = worth(answer, settings)
    outcome: dict[str, Any] = {
        "mechanism": settings.mechanism,
        "currency": settings.currency,
        "endowment": settings.written(settings.endowment),
        "cap": settings.written(settings.ceiling),
        "hypothetical": not settings.paid,
        "at_cap": found.high is None,
        "inconsistent": switches_back(answer.choices),
        "low": settings.written(found.low),
        "high": None if found.high is None else settings.written(found.high),
        "grid": _grid(answer, settings),
    }
    if settings.mechanism == "bdm" and chance is not None:
        outcome["draw"] = drawn(answer, settings, chance)
    return outcome


def drawn(answer: WtpAnswer, settings: WtpSettings, chance: random.Random) -> dict[str, Any]:
    """Becker-DeGroot-Marschak: a price, uniform on the grid from 0 to the cap; bought if it is not above."""
    price = settings.step * chance.randrange(settings.steps + 1)
    buys = answer.preferred != "equal" and (answer.amount or ZERO) >= price
    return resolved(answer, settings, price, buys, chance)


def resolved(
    answer: WtpAnswer, settings: WtpSettings, price: Decimal, buys: bool, chance: random.Random
) -> dict[str, Any]:
    """What a price means: what is paid and kept, and the stored index of the completion delivered.

    Between equals a coin decides which one is delivered.
    """
    preferred = {"first": 0, "second": 1}.get(answer.preferred, chance.randrange(2))
    pays = price if buys else ZERO
    return {
        "price": settings.written(price),
        "buys": buys,
        "pays": settings.written(pays),
        "keeps": settings.written(settings.endowment - pays),
        "gets": preferred if buys or answer.preferred == "equal" else 1 - preferred,
    }


def _between_prices(answer: WtpAnswer) -> Worth:
    """From the last price before the first refusal to the first price after the last one paid.

    With one switching point that is [p_s, p_s+1). With several it is the least interval that holds them all.
    Nothing is below 0, because the preferred completion was named; above the last price it is open.
    """
    rising = sorted(answer.choices, key=lambda choice: choice.price)
    refused = [n for n, choice in enumerate(rising) if not choice.pay]
    paid = [n for n, choice in enumerate(rising) if choice.pay]
    before = min(refused, default=len(rising)) - 1
    after = max(paid, default=-1) + 1
    low = rising[before].price if before >= 0 else ZERO
    high = rising[after].price if after < len(rising) else None
    last = rising[-1].price if high is None else high
    return Worth(low, (low + last) / 2, high)


def _grid(answer: WtpAnswer, settings: WtpSettings) -> Mapping[str, Any]:
    if settings.mechanism != "price_list":
        return {
            "from": settings.written(ZERO),
            "to": settings.written(settings.ceiling),
            "step": settings.written(settings.step),
        }
    shown = [settings.written(choice.price) for choice in answer.choices]
    return {"prices": shown or list(settings.rising)}

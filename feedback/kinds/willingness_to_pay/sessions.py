"""The end of a session: one round at random is paid, by its mechanism."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from feedback.kinds.base import Round
from feedback.kinds.willingness_to_pay.mechanisms import resolved


def settled(rounds: Sequence[Round], chance: random.Random) -> dict[str, Any]:
    """How many rounds there were and the one that is paid: none without rounds or without payment."""
    hypothetical = not rounds or not rounds[0].ask.settings.paid
    paid = None if hypothetical else _paid(rounds, chance)
    return {"rounds": len(rounds), "hypothetical": hypothetical, "paid": paid}


def _paid(rounds: Sequence[Round], chance: random.Random) -> dict[str, Any]:
    number = chance.randrange(len(rounds))
    chosen = rounds[number]
    settings = chosen.ask.settings
    return {
        "number": number + 1,
        "judgment": chosen.judgment,
        "item": chosen.item,
        "mechanism": settings.mechanism,
        "currency": settings.currency,
        "endowment": settings.written(settings.endowment),
        **_resolution(chosen, chance),
    }


def _resolution(chosen: Round, chance: random.Random) -> dict[str, Any]:
    """The draw that was shown when the round was answered; of a price list one row, now."""
    if "draw" in chosen.outcome:
        return dict(chosen.outcome["draw"])
    settings, answer = chosen.ask.settings, chosen.answer
    price = settings.price_grid[chance.randrange(len(settings.price_grid))]
    buys = any(choice.pay and choice.price == price for choice in answer.choices)
    return resolved(answer, settings, price, buys, chance)

"""Willingness to pay: which of two completions is preferred, and what that is worth in money."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any

from feedback.evidence import Context, Evidence, Score
from feedback.kinds.base import Ask, Gate, Kind, Round
from feedback.kinds.willingness_to_pay.answers import WtpAnswer, WtpSettings
from feedback.kinds.willingness_to_pay.checks import answer_problems, in_steps
from feedback.kinds.willingness_to_pay.gate import gate_of
from feedback.kinds.willingness_to_pay.mechanisms import signed, worked_out, worth
from feedback.kinds.willingness_to_pay.report import figures
from feedback.kinds.willingness_to_pay.sessions import settled

ASPECT = "willingness_to_pay"


class WillingnessToPay(Kind[WtpAnswer, WtpSettings]):
    """Two completions: which is preferred, and the most that somebody would pay for it over the other."""

    name = "willingness_to_pay"
    label = "Willingness to pay"
    summary = "Which do you prefer, and what is the most that you would pay to have it?"
    fewest = most = 2
    agreement_level = "interval"
    chooses = True
    reported = True
    answer_model = WtpAnswer
    settings_model = WtpSettings

    def parse(self, payload: Mapping[str, Any], ask: Ask[WtpSettings]) -> WtpAnswer:
        """The validated answer, its amounts written in the decimals of the step. Raises as every kind's."""
        return in_steps(super().parse(payload, ask), ask.settings)

    def problems(self, answer: WtpAnswer, ask: Ask[WtpSettings]) -> Iterable[str]:
        """The amount or the choices fit the mechanism, the endowment, the cap and the grid."""
        return answer_problems(answer, ask.settings)

    def evidence(
        self, answer: WtpAnswer, ask: Ask[WtpSettings], context: Context
    ) -> Iterable[Evidence]:
        """One Score of first over second, signed; open at the cap, an interval from a price list."""
        found = worth(answer, ask.settings)
        high = inf if found.high is None else float(found.high)
        low = float(found.low)
        if answer.preferred == "second":
            low, high = -high, -low
        first, second = ask.candidates
        yield Score(
            context=context,
            completion=first,
            other=second,
            aspect=ASPECT,
            unit=ask.settings.unit,
            value=signed(answer, found.value),
            low=low,
            high=high,
        )

    def agreement_value(self, answer: WtpAnswer) -> float:
        """Interval: the signed amount, first over second."""
        return signed(answer, worth(answer).value)

    def chosen(self, answer: WtpAnswer) -> int | None:
        """The preferred one; none where both are equal."""
        return {"first": 0, "second": 1}.get(answer.preferred)

    def describe(self, answer: WtpAnswer, ask: Ask[WtpSettings]) -> str:
        """For example `A by 2.50 USD (hypothetical)`."""
        said = "no difference"
        if answer.preferred != "equal":
            said = (
                f"{'A' if answer.preferred == 'first' else 'B'} by {_range(answer, ask.settings)}"
            )
        return said if ask.settings.paid else f"{said} (hypothetical)"

    def outcome(
        self, answer: WtpAnswer, ask: Ask[WtpSettings], chance: random.Random | None
    ) -> Mapping[str, Any]:
        """The flags and bounds, and for bdm the draw: see `mechanisms.worked_out`."""
        return worked_out(answer, ask.settings, chance)

    def is_final(self, settings: WtpSettings) -> bool:
        """After bdm the draw was shown."""
        return settings.mechanism == "bdm"

    def gate(self, settings: WtpSettings) -> Gate | None:
        """The rules, questions about them, and practice."""
        return gate_of(settings)

    def keeps_sessions(self, settings: WtpSettings) -> bool:
        """Wherever something is drawn."""
        return settings.mechanism == "bdm" or settings.paid

    def close_session(self, rounds: Sequence[Round], chance: random.Random) -> Mapping[str, Any]:
        """The round that is paid: see `sessions.settled`."""
        return settled(rounds, chance)

    def report(
        self, rounds: Iterable[Round], shown: Mapping[str, int] | None = None
    ) -> Mapping[str, Any]:
        """Figures for each unit by itself: see `report.figures`."""
        return figures(rounds)


def _range(answer: WtpAnswer, settings: WtpSettings) -> str:
    found = worth(answer, settings)
    if found.high is None:
        return f"at least {settings.money(found.low)}"
    if found.high == found.low:
        return settings.money(found.low)
    return f"{settings.written(found.low)} to {settings.money(found.high)}"


__all__ = ["WillingnessToPay"]

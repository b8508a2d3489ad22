"""Trainings that differ in seed or labels alone, side by side: their figures and how far they spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from training.models import Job
from training.views.evaluations import Measured, formatted, headline_of


@dataclass(frozen=True, slots=True)
class Member:
    """One training of a series; `headline` is None until it is done."""

    job: Job
    seed: int
    shuffled: bool
    headline: Measured | None


@dataclass(frozen=True, slots=True)
class Series:
    """All trainings of a series and, in sentences, where they lie."""

    members: Sequence[Member]
    sentences: Sequence[str]


def series_of(job: Job) -> Series | None:
    """The series that a training belongs to; None where it is alone."""
    name = job.params.get("series")
    if not name:
        return None
    jobs = Job.objects.filter(
        project=job.project_id, operation=job.operation, params__series=name
    ).order_by("pk")
    members = [_member(one) for one in jobs]
    found = [
        _spread([m for m in members if m.shuffled is shuffled], label)
        for shuffled, label in ((False, "As judged"), (True, "On shuffled labels"))
    ]
    return Series(members, [sentence for sentence in found if sentence])


def _member(job: Job) -> Member:
    headline = headline_of(job.result.get("evaluation") or {})
    config = job.params.get("config") or {}
    shuffled = bool(job.params.get("shuffled"))
    return Member(job, int(config.get("seed", 0)), shuffled, headline)


def _spread(members: Sequence[Member], label: str) -> str:
    """The mean of the headline and its standard deviation over seeds; empty before there is one."""
    done = [m.headline for m in members if m.headline and m.headline.number is not None]
    if not done:
        return ""
    numbers = [headline.number or 0.0 for headline in done]
    name, style = done[0].label, done[0].style
    said = f"{label}: {name.lower()} {formatted(fmean(numbers), style)} on average"
    if len(numbers) > 1:
        spread = formatted(stdev(numbers), style).removeprefix("+")
        said += f", standard deviation {spread} over {len(numbers)} seeds"
    return f"{said}."

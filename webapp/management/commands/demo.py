"""`manage.py demo`: one whole turn of the loop without a person, with a control, as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from training.metrics import Estimate
from webapp.demo import Demo, Report


class Command(BaseCommand):
    """Runs in a data directory of its own; prints the table that the README shows."""

    help = "One turn of the loop with simulated people whose utility is known, and a control."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print, keep the figures, and fail when a claim does not hold."""
        call_command("migrate", interactive=False, verbosity=0)
        report = Demo(self.stdout.write).run()
        self.stdout.write("\n" + "\n".join(table(report)))
        kept = Path(settings.DATA_DIR) / "demo.json"
        kept.write_text(json.dumps(asdict(report), indent=2))
        self.stdout.write(f"\nThe figures are kept in {kept}.")
        broken = list(broken_claims(report))
        if broken:
            raise CommandError(" ".join(broken))


def table(report: Report) -> Iterator[str]:
    """The report in Markdown."""
    assert report.before is not None  # noqa: S101 the demo always measures it
    yield "| what | result (95 % interval) | seconds |"
    yield "|---|---|---|"
    seconds = report.seconds
    labels = ", ".join(f"{n} {kind}" for kind, n in report.labels.items())
    yield f"| starter policy | built from nothing | {seconds['starter policy']:.0f} |"
    yield f"| samples to judge | | {seconds['sampling for labels']:.0f} |"
    yield f"| labels by simulated people | {labels} | {seconds['judging']:.0f} |"
    for name, accuracy in report.accuracy.items():
        held = f"{accuracy['value']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f})"
        yield f"| {name}: held-out accuracy | {held} | {seconds[name]:.0f} |"
    yield f"| true utility of the starter | {_shown(report.before)} | |"
    for name, after in report.after.items():
        yield f"| true utility after {name} | {_shown(after)} | {seconds[name]:.0f} |"
        yield f"| gain of {name} over its parent | {_shown(report.gain[name], '+')} | |"
    yield f"| everything | | {sum(seconds.values()):.0f} |"


def broken_claims(report: Report) -> Iterator[str]:
    """What the demo claims and this run did not show."""
    for name, gain in report.gain.items():
        if "shuffled" in name and gain.low > 0:
            yield f"The control '{name}' shows a gain."
        if "shuffled" not in name and gain.low <= 0:
            yield f"{name} shows no clear gain."
    if report.accuracy["reward model"]["low"] <= 0.5:
        yield "The reward model is not better than chance."


def _shown(estimate: Estimate, sign: str = "") -> str:
    number = f"{{:{sign}.2f}}"
    return " ".join(
        (
            number.format(estimate.value),
            f"({number.format(estimate.low)} to {number.format(estimate.high)})",
        )
    )

"""Many annotators at once against the real web process: saves per second, waiting, and items over-judged.

Run: .venv/bin/python -m benchmarks.assignment [--items 20000] [--judgments 50]
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.client import by_token
from benchmarks.cost import Cost, cost
from benchmarks.place import commit, installation, machine, percentile, web_process

if TYPE_CHECKING:
    from feedback.models import Project

CROWDS = (1, 8, 32)
# Label Studio 1.23 on PostgreSQL, eight annotators, measured on such a machine: saves per second.
LABEL_STUDIO = 9.9


@dataclass
class Times:
    """What clients waited for, in milliseconds."""

    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)


def main() -> None:
    """Build a project for each crowd, let it judge, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--judgments", type=int, default=50, help="of each annotator")
    asked = parser.parse_args()
    with installation() as data_dir:
        print(
            f"{asked.items} items, {asked.judgments} judgments each; {machine()}; commit {commit()}"
        )
        print("clients: threads of one process, one kept connection of http.client each\n")
        print(
            f"{'annotators':>10} {'overlap':>8} {'saves/s':>8} {'ratio':>7} {'next p50':>9} {'p95 ms':>7} "
            f"{'submit p50':>11} {'p95 ms':>7} {'over-judged':>12}   CPU ms a save: web, database, clients"
        )
        with web_process() as address:
            for overlap in (1, 3):
                for crowd in CROWDS:
                    _row(address, data_dir, (crowd, overlap), asked.items, asked.judgments)
        print(f"\nratio: saves per second against Label Studio's {LABEL_STUDIO} with 8 annotators")


def _row(
    address: str, data_dir: Path, crowd_overlap: tuple[int, int], items: int, judgments: int
) -> None:
    crowd, overlap = crowd_overlap
    project, tokens = _project(crowd, overlap, items)
    before = cost(data_dir)
    times, seconds = _judge(address, project.slug, tokens, judgments)
    spent, rate = cost(data_dir).since(before), len(times.submit) / seconds
    print(
        f"{crowd:>10} {overlap:>8} {rate:>8.1f} {rate / LABEL_STUDIO:>6.1f}x "
        f"{percentile(times.next, 0.5):>9.1f} {percentile(times.next, 0.95):>7.1f} "
        f"{percentile(times.submit, 0.5):>11.1f} {percentile(times.submit, 0.95):>7.1f} "
        f"{_over_judged(project):>12}   {_cost(spent, len(times.submit))}"
    )


def _cost(spent: Cost, saves: int) -> str:
    return " ".join(
        f"{1000 * seconds / saves:.1f}" for seconds in (spent.web, spent.database, spent.clients)
    )


def _project(crowd: int, overlap: int, items: int) -> tuple[Project, list[str]]:
    from benchmarks.crowd import new_project
    from feedback.models import Role, User
    from feedback.services import add_member, create_token

    slug = f"crowd-{crowd}-overlap-{overlap}"
    people = [User.objects.create_user(f"{slug}-{n}") for n in range(crowd)]
    project = new_project(slug, people[0], items, overlap=overlap)
    for person in people[1:]:
        add_member(project, person, Role.ANNOTATOR)
    return project, [create_token(person) for person in people]


def _judge(address: str, slug: str, tokens: Sequence[str], judgments: int) -> tuple[Times, float]:
    """Everybody begins together; returns what was waited for and the seconds until the last is done."""
    times = Times()
    failures: list[BaseException] = []
    start = threading.Barrier(len(tokens) + 1)

    def work(token: str) -> None:
        try:
            _one(address, slug, token, judgments, times, start)
        except BaseException as error:  # noqa: BLE001 - told below, in the thread that can end the run
            failures.append(error)

    threads = [threading.Thread(target=work, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"{len(failures)} annotators failed, the first with: {failures[0]!r}")
    return times, time.perf_counter() - begun


def _one(
    address: str, slug: str, token: str, judgments: int, times: Times, start: threading.Barrier
) -> None:
    client = by_token(address, token)
    client.send("GET", f"/api/v1/projects/{slug}/")  # the server has met everybody
    start.wait()
    for n in range(judgments):
        answer, waited = client.send("POST", f"/api/v1/projects/{slug}/next/", {})
        leased = json.loads(answer)
        body = {
            "assignment": leased["assignment"]["id"],
            "key": f"bench-{n}",
            "answers": {"pairwise": {"choice": "first"}},
        }
        times.next.append(waited)
        path = f"/api/v1/items/{leased['item']['id']}/judgments/"
        times.submit.append(client.send("POST", path, body)[1])
    client.close()


def _over_judged(project: Project) -> int:
    """Items with more submissions than their overlap, or twice from one person: there must be none."""
    from django.db.models import Count, F, Q

    from feedback.models import Item

    items = Item.objects.filter(project=project).annotate(
        stored=Count("submissions"), people=Count("submissions__annotator", distinct=True)
    )
    return items.filter(Q(stored__gt=F("overlap")) | Q(stored__gt=F("people"))).count()


if __name__ == "__main__":
    main()

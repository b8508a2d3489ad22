"""What grows with a project: pages, the next item, export, import, snapshot, quality report at two sizes.

Run: .venv/bin/python -m benchmarks.scale [--small 10000] [--large 1000000] [--judged 3] [--rounds 40]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.client import Caller, by_session, by_token
from benchmarks.place import commit, installation, machine, percentile, web_process

if TYPE_CHECKING:
    from feedback.models import Project, User

PEOPLE = 30


@dataclass
class Figures:
    """Of one project: how long it took to make, milliseconds by what was asked, and what streams measured."""

    made: float = 0
    waits: dict[str, list[float]] = field(default_factory=dict)
    streams: dict[str, dict[str, float]] = field(default_factory=dict)


def main() -> None:
    """Build each project, ask everything of it, print both columns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=10_000, help="items of the smaller project")
    parser.add_argument("--large", type=int, default=1_000_000, help="items of the larger one")
    parser.add_argument("--judged", type=int, default=3, help="judgments of each item")
    parser.add_argument("--rounds", type=int, default=40, help="requests of each sort")
    parser.add_argument("--streamed", type=int, default=4_000_000, help="rows of a stream at most")
    parser.add_argument("--imported", type=int, default=20_000, help="rows of the imported file")
    asked = parser.parse_args()
    print(f"{machine()}; commit {commit()}", flush=True)
    with installation():
        sizes = (asked.small, asked.large)
        most = {"export": asked.streamed, "freeze": asked.streamed, "import": asked.imported}
        most |= {"report": 0}  # reads all
        found = [_measured(size, asked.judged, asked.rounds, most) for size in sizes]
    _table(sizes, asked.judged, found)


def _measured(items: int, judged: int, rounds: int, most: dict[str, int]) -> Figures:
    from feedback.services import create_token

    figures = Figures()
    begun = time.perf_counter()
    project, user = _project(items, judged)
    figures.made = time.perf_counter() - begun
    print(f"{project.slug} stands after {figures.made:.0f} s", flush=True)
    with web_process() as address:
        program, browser = by_token(address, create_token(user)), by_session(address, user)
        for _ in range(rounds):
            for name, waited in _loop(program, project.slug):
                figures.waits.setdefault(name, []).append(waited)
        for name, (caller, path) in _pages(project, program, browser).items():
            figures.waits[name] = [caller.send("GET", path)[1] for _ in range(rounds)]
    figures.streams = {name: _stream(name, project.slug, n) for name, n in most.items()}
    return figures


def _project(items: int, judged: int) -> tuple[Project, User]:
    from benchmarks.crowd import judge_all, new_project
    from feedback.models import Role, User
    from feedback.services import add_member, annotator_for_user

    slug = f"items-{items}"
    people = [User.objects.create_user(f"{slug}-{n}") for n in range(PEOPLE)]
    project = new_project(slug, people[0], items, overlap=judged + 1)
    for person in people[1:]:
        add_member(project, person, Role.ANNOTATOR)
    judge_all(project, [annotator_for_user(project, person) for person in people], judged)
    return project, people[0]


def _loop(program: Caller, slug: str) -> Iterator[tuple[str, float]]:
    """One turn of an annotator."""
    answer, waited = program.send("POST", f"/api/v1/projects/{slug}/next/", {})
    yield "next item", waited
    leased = json.loads(answer)
    body = {
        "assignment": leased["assignment"]["id"],
        "key": f"scale-{leased['assignment']['id']}",
        "answers": {"pairwise": {"choice": "first"}},
    }
    yield (
        "submit",
        program.send("POST", f"/api/v1/items/{leased['item']['id']}/judgments/", body)[1],
    )


def _pages(project: Project, program: Caller, browser: Caller) -> dict[str, tuple[Caller, str]]:
    page, api = f"/projects/{project.slug}/", f"/api/v1/projects/{project.slug}/"
    first = project.items.order_by("pk").values_list("pk", flat=True)[0]
    return {
        "project page": (browser, page),
        "judging page": (browser, f"{page}judge/"),
        "judging progress": (browser, f"{page}judge/progress/"),
        "items, first page": (browser, f"{page}items/"),
        "items, last page": (browser, f"{page}items/?before={first + 60}"),
        "items, complete ones": (browser, f"{page}items/?state=complete"),
        "items, with a word": (browser, f"{page}items/?q=number+77"),
        "items, with no such word": (browser, f"{page}items/?q=absent"),
        "project JSON": (program, api),
        "items JSON": (program, f"{api}items/"),
        "judgments JSON": (program, f"{api}judgments/"),
        "members JSON": (program, f"{api}members/"),
        "projects": (browser, "/"),
    }


def _stream(name: str, slug: str, most: int) -> dict[str, float]:
    """In a process of its own, whose memory shows what the stream needs."""
    command = [sys.executable, "-m", "benchmarks.streams", name, slug, str(most)]
    found: dict[str, float] = json.loads(subprocess.check_output(command))
    return found


def _table(sizes: tuple[int, ...], judged: int, found: list[Figures]) -> None:
    heads = [f"{size:,} items, {size * judged:,} judgments" for size in sizes]
    print(f"\n{'milliseconds over HTTP, p50 and p95':<38}" + "".join(f"{h:>40}" for h in heads))
    for name in found[0].waits:
        waits = [figures.waits[name] for figures in found]
        print(f"{name:<38}" + "".join(f"{_pair(values):>40}" for values in waits))
    print(f"\n{'rows a second, growth of memory':<38}")
    for name in found[0].streams:
        cells = (_streamed(figures.streams[name]) for figures in found)
        print(f"{name:<38}" + "".join(f"{cell:>40}" for cell in cells))


def _pair(values: list[float]) -> str:
    return f"{percentile(values, 0.5):,.1f}  {percentile(values, 0.95):,.1f}"


def _streamed(measured: dict[str, Any]) -> str:
    rate = measured["rows"] / measured["seconds"]
    return f"{measured['rows']:,} at {rate:,.0f}/s, {measured['growth']:.0f} MiB"


if __name__ == "__main__":
    main()

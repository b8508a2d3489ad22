"""CPU seconds of the web process, the database and the clients: figures that other work on the machine moves less."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """User and system seconds so far, with those of processes that have ended."""

    web: float
    database: float
    clients: float

    def since(self, before: Cost) -> Cost:
        """What was spent after `before`."""
        return Cost(
            self.web - before.web, self.database - before.database, self.clients - before.clients
        )


def cost(data_dir: Path) -> Cost:
    """Of this process and all below it: it runs the clients and has started the web process, and nothing else."""
    parents = dict(_parents())
    postmaster = int(next(data_dir.rglob("postmaster.pid")).read_text().split()[0])
    me = os.getpid()
    return Cost(
        web=sum(map(_spent, _below(me, parents))),
        database=_spent(postmaster) + sum(map(_spent, _below(postmaster, parents))),
        clients=sum(os.times()[:2]),
    )


def _below(ancestor: int, parents: dict[int, int]) -> Iterator[int]:
    for pid, parent in parents.items():
        if parent == ancestor:
            yield pid
            yield from _below(pid, parents)


def _parents() -> Iterator[tuple[int, int]]:
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (fields := _fields(int(path.name))):
            yield int(path.name), int(fields[1])


def _spent(pid: int) -> float:
    """By the process, and by what it started and outlived."""
    return sum(map(int, _fields(pid)[11:15])) / TICK


def _fields(pid: int) -> list[str]:
    """What /proc says of a process, from its state on; nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

"""A toy policy and easy evidence, shared by everything that trains or samples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Critique,
    Demonstration,
    Evidence,
    Score,
    Verdict,
)
from training.snapshots import SnapshotOptions, write_snapshot
from training.starter.build import build_starter


class Recorder:
    """A Reporter that keeps everything, and asks to stop at a given step."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.done = 0
        self.steps: list[int] = []
        self.values: list[Mapping[str, float]] = []
        self.paths: list[str] = []

    def progress(self, done: int, total: int, message: str = "") -> None:
        self.done = done

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        self.steps.append(step)
        self.values.append(values)

    def saved(self, step: int, path: str) -> None:
        self.paths.append(path)

    def should_stop(self) -> bool:
        return self.stop_at is not None and self.done >= self.stop_at


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A directory with a policy of a few ten thousand parameters that has learnt next to nothing."""
    path = tmp_path_factory.mktemp("toy") / "policy"
    build_starter(path, token_budget=20_000, reporter=Recorder(), tiny=True)
    return str(path)


def context(number: int, question: str, weight: float = 1.0) -> Context:
    """A record's context, with its prompt."""
    return Context(
        judgment=number,
        item=number,
        kind="pairwise",
        prompt=({"role": "user", "content": question},),
        weight=weight,
    )


def comparison(number: int, **fields: Any) -> Comparison:
    """A comparison that prefers answers which open politely; first and second take turns."""
    weight = fields.pop("weight", 1.0)
    good = Candidate(2 * number, fields.pop("good", f"Of course! Number {number} is fine."))
    bad = Candidate(2 * number + 1, fields.pop("bad", f"No idea. Number {number} is fine."))
    first, second = (good, bad) if number % 2 else (bad, good)
    body = {"outcome": "first" if number % 2 else "second", "strength": float(1 + number % 3)}
    return Comparison(
        context=context(number, f"What about number {number}?", weight),
        first=first,
        second=second,
        **{**body, **fields},
    )


def verdict(number: int, *, desirable: bool) -> Verdict:
    """A thumb on one side of the same taste."""
    text = "Of course! It is fine." if desirable else "No idea. It is fine."
    return Verdict(
        context=context(number, f"What about number {number}?"),
        completion=Candidate(number, f"{text} {number}"),
        desirable=desirable,
    )


def amount(number: int, value: float = 1.0, **fields: Any) -> Score:
    """What somebody would pay for the better side of the same taste; the worse one if below 0."""
    good, bad = (f"{start} Number {number} is fine." for start in ("Of course!", "No idea."))
    ends = {"value": value, "low": value, "high": value, **fields}
    return Score(
        context=context(number, f"What about number {number}?"),
        completion=Candidate(2 * number, good),
        other=Candidate(2 * number + 1, bad),
        unit="USD",
        **ends,
    )


def demonstration(number: int, text: str = "", weight: float = 1.0) -> Demonstration:
    """A person's answer on the good side of the same taste."""
    return Demonstration(
        context=context(number, f"What about number {number}?", weight),
        completion=text or f"Of course! Number {number} is fine.",
    )


def critique(number: int, **fields: Any) -> Critique:
    """Words on an answer of the bad side, with the good one as its revision unless told otherwise."""
    weight = fields.pop("weight", 1.0)
    body = {
        "completion": Candidate(number, f"No idea. Number {number} is fine."),
        "text": "It opens with No idea.",
        "revision": f"Of course! Number {number} is fine.",
    }
    return Critique(
        context=context(number, f"What about number {number}?", weight), **{**body, **fields}
    )


Freeze = Callable[..., Path]


@pytest.fixture
def freeze(tmp_path: Path) -> Freeze:
    """Freezes records with a share held out, and returns the directory."""

    def write(records: list[Evidence], name: str = "snapshot", share: float = 0.3) -> Path:
        directory = tmp_path / name
        directory.mkdir()
        write_snapshot(directory, iter(records), SnapshotOptions(held_out=share))
        return directory

    return write


@pytest.fixture(scope="session")
def make() -> Any:
    """The makers of evidence."""

    class Makers:
        comparison = staticmethod(comparison)
        verdict = staticmethod(verdict)
        amount = staticmethod(amount)
        demonstration = staticmethod(demonstration)
        critique = staticmethod(critique)
        context = staticmethod(context)

    return Makers


@pytest.fixture
def weights_digest() -> Callable[[Path], str]:
    """SHA-256 over all safetensors of a directory."""

    def digest(directory: Path) -> str:
        files = sorted(directory.glob("*.safetensors"))
        assert files
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    return digest

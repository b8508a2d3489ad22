"""A snapshot whose training labels say nothing: the control that any training must be compared with."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from feedback.evidence import (
    Candidate,
    Comparison,
    Critique,
    Demonstration,
    Evidence,
    Ranking,
    Score,
    Verdict,
    record_name,
    to_json,
)
from training.snapshots.freeze import write_atomically
from training.snapshots.read import EVIDENCE, MANIFEST, digest_of, read_evidence, read_manifest
from training.snapshots.split import canonical_json

OPPOSITE = {"first": "second", "second": "first"}


def shuffled_copy(source: Path, target: Path, seed: int) -> Path:
    """Write the snapshot into `target` with shuffled training labels, and return `target`.

    Prompts, answers, how many of each label there are, and all that is held out stay as they are.
    The same seed gives the same bytes. Raises Conflict `snapshot_damaged`.
    """
    target.mkdir(parents=True, exist_ok=True)
    rows = list(read_evidence(source))
    places = [place for place, (split, _) in enumerate(rows) if split == "train"]
    shuffled = dict(zip(places, shuffle([rows[p][1] for p in places], seed), strict=True))
    with (target / EVIDENCE).open("wb") as file:
        for place, (split, record) in enumerate(rows):
            body = {"split": split, **to_json(shuffled.get(place, record))}
            file.write(canonical_json(body) + b"\n")
    manifest = read_manifest(source)
    copy = manifest.model_copy(update={"digest": digest_of(target, manifest.options)})
    write_atomically(target / MANIFEST, copy.model_dump_json(indent=1).encode())
    return target


def shuffle(records: Sequence[Evidence], seed: int) -> list[Evidence]:
    """The records in their order, each with a label that chance gave it."""
    rng = random.Random(seed)  # noqa: S311  (no secret)
    made = list(records)
    groups: dict[Hashable, list[int]] = {}
    for place, record in enumerate(records):
        groups.setdefault(_group(record), []).append(place)
    for places in groups.values():
        # Labels change places within a group; then each is laid on its record.
        donors = list(places)
        rng.shuffle(donors)
        for place, donor in zip(places, donors, strict=True):
            lay: Callable[..., Evidence] = SHUFFLES[type(records[place])]
            made[place] = lay(records[place], records[donor], rng)
    return made


def _group(record: Evidence) -> Hashable:
    """Records whose labels can change places."""
    if isinstance(record, Score):
        return record_name(record), record.aspect, record.unit, record.other is None
    if isinstance(record, Critique):
        return record_name(record), record.revision is None
    return record_name(record)


def _comparison(record: Comparison, donor: Comparison, rng: random.Random) -> Comparison:
    outcome: Any = donor.outcome
    if rng.random() < 0.5:
        outcome = OPPOSITE.get(outcome, outcome)
    return replace(record, outcome=outcome, strength=donor.strength)


def _ranking(record: Ranking, donor: Ranking, rng: random.Random) -> Ranking:
    """Its own answers in random places: tiers of other lists have other sizes."""
    flat = [candidate for tier in record.tiers for candidate in tier]
    rng.shuffle(flat)
    left = iter(flat)
    return replace(record, tiers=tuple(tuple(next(left) for _ in tier) for tier in record.tiers))


def _verdict(record: Verdict, donor: Verdict, rng: random.Random) -> Verdict:
    return replace(record, desirable=donor.desirable)


def _score(record: Score, donor: Score, rng: random.Random) -> Score:
    value, low, high = donor.value, donor.low, donor.high
    if record.other is not None and rng.random() < 0.5:
        value, low, high = -value, -high, -low
    return replace(record, value=value, low=low, high=high)


def _critique(record: Critique, donor: Critique, rng: random.Random) -> Critique:
    """Another critique's words, without its spans; and the revision may be the original."""
    completion, revision = record.completion, record.revision
    if revision is not None and rng.random() < 0.5:
        swapped = Candidate(completion.id, revision, completion.label, completion.media)
        completion, revision = swapped, completion.text
    return replace(record, completion=completion, revision=revision, text=donor.text, spans=())


def _demonstration(
    record: Demonstration, donor: Demonstration, rng: random.Random
) -> Demonstration:
    return replace(record, completion=donor.completion)


SHUFFLES: dict[type[Any], Callable[..., Evidence]] = {
    Comparison: _comparison,
    Ranking: _ranking,
    Verdict: _verdict,
    Score: _score,
    Critique: _critique,
    Demonstration: _demonstration,
}

"""Freezing: evidence in any order becomes the same bytes, with a manifest that is written last."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from feedback.evidence import Evidence, to_json
from training.snapshots.counts import Tally
from training.snapshots.read import EVIDENCE, MANIFEST, Manifest, digest_of
from training.snapshots.split import canonical_json, split_of
from training.snapshots.weights import UNKNOWN

_ID, _HASH, _NUMBER = 8, 32, 8  # bytes of a sort key: judgment id, line hash; then offset, length


class SnapshotOptions(BaseModel):
    """Which evidence is frozen, and how much of it is held out. None means no restriction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    held_out: float = Field(
        default=0.1, ge=0, le=0.5, description="Share of the prompts kept for evaluation."
    )
    kinds: list[str] | None = Field(default=None, description="Only judgments of these kinds.")
    tags: list[str] | None = Field(
        default=None, description="Only prompts that carry one of these tags."
    )
    sources: list[str] | None = Field(
        default=None, description="Only judgments from these sources: human, judge, import."
    )
    weights: Literal["none", "gold", "dawid_skene", "crowd_bt"] = Field(
        default="none",
        description="How judgments are weighed by annotator: all alike, by answers to gold items, or by "
        "the newest quality report (Dawid-Skene or Crowd-BT).",
    )
    adjudicated: Literal["all", "decision"] = Field(
        default="all",
        description="Where a reviewer decided between answers: all of them, or the decision only.",
    )

    def admits(self, record: Evidence) -> bool:
        """Whether the record belongs into the snapshot."""
        context = record.context
        return (
            (self.kinds is None or context.kind in self.kinds)
            and (self.sources is None or context.source in self.sources)
            and (self.tags is None or not set(self.tags).isdisjoint(context.tags))
        )


def write_snapshot(
    directory: Path,
    evidence: Iterable[Evidence],
    options: SnapshotOptions,
    weights: Mapping[str, float] | None = None,
) -> Manifest:
    """Freeze the evidence that `options` admit into `directory` and return the manifest.

    `weights` are those that the records carry, by annotator: the manifest keeps them.

    Lines are spilled to a file as they come; memory holds a sort key of about 100 bytes a record.
    Writing again into the directory of an interrupted freeze is safe.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MANIFEST).unlink(missing_ok=True)
    tally = Tally()
    with tempfile.TemporaryFile(dir=directory) as spill:
        keys = _spill(spill, evidence, options, tally)
        keys.sort()
        _write_sorted(directory / EVIDENCE, spill, keys)
    stored = _stored(options)
    manifest = Manifest(
        digest=digest_of(directory, stored),
        options=stored,
        counts=tally.counts,
        annotators=dict(sorted(tally.annotators.items())),
        sources=dict(sorted(tally.sources.items())),
        kinds=dict(sorted(tally.kinds.items())),
        judgments=sorted(tally.judgments),
        weights=None if weights is None else _used(weights, tally),
        created=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )
    write_atomically(directory / MANIFEST, manifest.model_dump_json(indent=1).encode())
    return manifest


def _used(weights: Mapping[str, float], tally: Tally) -> dict[str, float]:
    return {name: weights.get(name, UNKNOWN) for name in sorted(tally.annotators)}


def _stored(options: SnapshotOptions) -> dict[str, Any]:
    """The options as the digest holds them; one added later is left out where it changes nothing."""
    stored = options.model_dump(mode="json")
    for name in ("kinds", "tags", "sources"):
        stored[name] = None if stored[name] is None else sorted(set(stored[name]))
    for name, usual in (("weights", "none"), ("adjudicated", "all")):
        if stored[name] == usual:
            del stored[name]
    return stored


def _spill(
    spill: IO[bytes], evidence: Iterable[Evidence], options: SnapshotOptions, tally: Tally
) -> list[bytes]:
    keys = []
    offset = 0
    for record in evidence:
        if not options.admits(record):
            continue
        split = split_of(record.context.prompt, options.held_out)
        line = canonical_json({"split": split, **to_json(record)}) + b"\n"
        spill.write(line)
        tally.add(split, record)
        place = offset.to_bytes(_NUMBER, "big") + len(line).to_bytes(_NUMBER, "big")
        judgment = record.context.judgment.to_bytes(_ID, "big", signed=False)
        keys.append(judgment + hashlib.sha256(line).digest() + place)
        offset += len(line)
    return keys


def _write_sorted(path: Path, spill: IO[bytes], keys: Iterable[bytes]) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for key in keys:
            place = key[_ID + _HASH :]
            spill.seek(int.from_bytes(place[:_NUMBER], "big"))
            file.write(spill.read(int.from_bytes(place[_NUMBER:], "big")))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_atomically(path: Path, content: bytes) -> None:
    """The file is the old one or the new one, never a part of it."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)

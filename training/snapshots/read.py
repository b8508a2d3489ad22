"""Snapshots read back: the manifest, and the evidence with its side of the split."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback.errors import Conflict
from feedback.evidence import Evidence, from_json
from training.snapshots.split import Split, canonical_json

EVIDENCE = "evidence.jsonl"
MANIFEST = "manifest.json"


class Erasure(BaseModel):
    """Lines that were taken out later, and the digest of the snapshot that had them."""

    model_config = ConfigDict(frozen=True)

    digest: str
    at: str
    lines: int


class Manifest(BaseModel):
    """What a snapshot is: written last, so a directory that has one is complete."""

    model_config = ConfigDict(frozen=True)

    format: int = 1
    digest: str
    options: dict[str, Any]
    counts: dict[str, int]
    annotators: dict[str, int]
    sources: dict[str, int]
    kinds: dict[str, int]
    judgments: list[int]
    weights: dict[str, float] | None = None
    erasures: list[Erasure] = []
    created: str


def read_manifest(directory: Path) -> Manifest:
    """The snapshot's manifest; raises Conflict `snapshot_damaged` when it cannot be read."""
    try:
        return Manifest.model_validate_json((directory / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise damaged(directory, "its manifest is missing or unreadable") from error


def read_evidence(directory: Path, *, verify: bool = False) -> Iterator[tuple[Split, Evidence]]:
    """(split, record) for each piece of evidence, in stored order.

    With `verify`, the whole file is compared with the digest before the first record is given.
    Raises Conflict `snapshot_damaged`.
    """
    manifest = read_manifest(directory)
    if verify and digest_of(directory, manifest.options) != manifest.digest:
        raise damaged(directory, "its evidence is not what was frozen")
    try:
        with (directory / EVIDENCE).open("rb") as file:
            for line in file:
                body = json.loads(line)
                yield body["split"], from_json(body)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(directory, "its evidence is missing or unreadable") from error


def digest_of(directory: Path, options: dict[str, Any]) -> str:
    """SHA-256 over the canonical options, a line end, and the evidence file."""
    try:
        with (directory / EVIDENCE).open("rb") as file:
            start = hashlib.sha256(canonical_json(options) + b"\n")
            return hashlib.file_digest(file, lambda: start).hexdigest()
    except OSError as error:
        raise damaged(directory, "its evidence is missing or unreadable") from error


def damaged(directory: Path, why: str) -> Conflict:
    """The error for a snapshot that cannot be trusted."""
    return Conflict(
        f"The snapshot in {directory.name} is damaged: {why}.",
        code="snapshot_damaged",
        hint="Freeze a new snapshot; one of the same evidence and options has the same digest.",
    )

"""Erasing: a snapshot without some judgments, whose manifest says so and keeps the old digest."""

from __future__ import annotations

import json
from collections.abc import Set
from datetime import UTC, datetime
from pathlib import Path

from feedback.evidence import from_json
from training.snapshots.counts import Tally
from training.snapshots.freeze import write_atomically
from training.snapshots.read import EVIDENCE, MANIFEST, Erasure, Manifest, digest_of, read_manifest

ERASED = "erased"  # among a snapshot's counts: the lines that were taken out since it was frozen


def without_judgments(source: Path, target: Path, gone: Set[int]) -> Manifest | None:
    """Write the snapshot in `source` into `target` without these judgments' lines; None where it has none of them.

    Lines that stay keep their bytes. Raises Conflict `snapshot_damaged`.
    """
    manifest = read_manifest(source)
    if gone.isdisjoint(manifest.judgments):
        return None
    target.mkdir(parents=True, exist_ok=True)
    tally, lines = Tally(), 0
    with (source / EVIDENCE).open("rb") as old, (target / EVIDENCE).open("wb") as new:
        for line in old:
            body = json.loads(line)
            if body["judgment"] in gone:
                lines += 1
                continue
            new.write(line)
            tally.add(body["split"], from_json(body))
    left = _manifest(manifest, tally, digest_of(target, manifest.options), lines)
    write_atomically(target / MANIFEST, left.model_dump_json(indent=1).encode())
    return left


def _manifest(old: Manifest, tally: Tally, digest: str, lines: int) -> Manifest:
    erased = Erasure(
        digest=old.digest, at=datetime.now(UTC).isoformat(timespec="seconds"), lines=lines
    )
    weights = old.weights and {n: w for n, w in old.weights.items() if n in tally.annotators}
    return old.model_copy(
        update={
            "digest": digest,
            "counts": tally.counts,
            "annotators": dict(sorted(tally.annotators.items())),
            "sources": dict(sorted(tally.sources.items())),
            "kinds": dict(sorted(tally.kinds.items())),
            "judgments": sorted(tally.judgments),
            "weights": weights,
            "erasures": [*old.erasures, erased],
        }
    )

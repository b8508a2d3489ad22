"""Evidence frozen to files, with a content digest and a split that never changes."""

from __future__ import annotations

from training.snapshots.erase import ERASED, without_judgments
from training.snapshots.freeze import SnapshotOptions, write_snapshot
from training.snapshots.read import Manifest, read_evidence, read_manifest
from training.snapshots.shuffle import shuffled_copy
from training.snapshots.split import Split, split_of
from training.snapshots.weights import weighted

__all__ = [
    "ERASED",
    "Manifest",
    "SnapshotOptions",
    "Split",
    "read_evidence",
    "read_manifest",
    "shuffled_copy",
    "split_of",
    "weighted",
    "without_judgments",
    "write_snapshot",
]

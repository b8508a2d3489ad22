"""Learning: a recipe of the product, run in this process on evidence frozen to a snapshot of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lab.place import VERSION
from benchmarks.lab.world import FEATURES, Array, World
from feedback.evidence import Candidate, Comparison, Evidence, Ranking, Score, Verdict
from feedback.selectors.signals import completion_vectors
from feedback.selectors.waiting import EMBEDDING
from training.progress import OUTPUT, VECTORS
from training.recipes import get_recipe, parse_config
from training.recipes.base import Run
from training.sampling.local.reward_models import Linear, load_reward_model
from training.snapshots import SnapshotOptions, write_snapshot


class Silent:
    """A reporter that nobody listens to."""

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Nothing."""

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Nothing."""

    def saved(self, step: int, path: str) -> None:
        """Nothing."""

    def should_stop(self) -> bool:
        """Never."""
        return False


@contextmanager
def trained(
    recipe: str,
    records: Sequence[Evidence],
    config: Mapping[str, Any],
    *,
    base: Path = Path("none"),
    vectors: Mapping[int, Sequence[float]] | None = None,
) -> Iterator[Path]:
    """The directory with the weights that the recipe learns from the records; gone afterwards.

    `vectors` are completions' stored embeddings, which the job puts into the run's directory likewise.
    """
    chosen = get_recipe(recipe)
    settled = parse_config(chosen, config).model_dump(mode="json")
    with tempfile.TemporaryDirectory() as folder:
        snapshot, directory = Path(folder) / "snapshot", Path(folder) / "run"
        write_snapshot(snapshot, records, SnapshotOptions(held_out=0))
        directory.mkdir()
        if vectors is not None:
            lines = (json.dumps({"candidate": c, "vector": v}) for c, v in vectors.items())
            (directory / VECTORS).write_text("\n".join(lines))
        chosen.train(Run(directory, str(base), snapshot, settled), Silent())
        yield directory / OUTPUT


def learnt_rewards(
    world: World, recipe: str, records: Sequence[Evidence], config: Mapping[str, Any]
) -> Array:
    """The rewards [prompts, candidates] of a linear head that learns from the records and stored features."""
    ids = {candidate.id for record in records for candidate in _candidates(record)}
    stored = completion_vectors(ids, EMBEDDING, VERSION)
    frozen = {"head": "frozen", "embedder": "stored", **config}
    with trained(recipe, records, frozen, vectors=stored) as path:
        model = load_reward_model(str(path))
        assert isinstance(model, Linear)
        values = model.combined(model.heads_of(world.features.reshape(-1, FEATURES)))
    return np.array(values).reshape(world.worth.shape)


def _candidates(record: Evidence) -> list[Candidate]:
    if isinstance(record, Comparison):
        return [record.first, record.second]
    if isinstance(record, Ranking):
        return [candidate for tier in record.tiers for candidate in tier]
    if isinstance(record, Score):
        return [record.completion] if record.other is None else [record.completion, record.other]
    assert isinstance(record, Verdict)
    return [record.completion]

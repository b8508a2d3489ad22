"""Learning: a recipe of the product, run in this process on evidence frozen to a snapshot of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from feedback.evidence import Evidence
from training.progress import OUTPUT
from training.recipes import get_recipe, parse_config
from training.recipes.base import Run
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
    recipe: str, records: Sequence[Evidence], config: Mapping[str, Any], *, base: Path
) -> Iterator[Path]:
    """The directory with the weights that the recipe learns from the records; gone afterwards."""
    chosen = get_recipe(recipe)
    settled = parse_config(chosen, config).model_dump(mode="json")
    with tempfile.TemporaryDirectory() as folder:
        snapshot, directory = Path(folder) / "snapshot", Path(folder) / "run"
        write_snapshot(snapshot, records, SnapshotOptions(held_out=0))
        directory.mkdir()
        chosen.train(Run(directory, str(base), snapshot, settled), Silent())
        yield directory / OUTPUT


def learnt_rewards(world: Any, recipe: str, records: Any, config: Any) -> Any:
    raise NotImplementedError

"""The reference's log-probabilities, computed once before training and kept for a resume."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training.progress import Reporter, Stopped

logger = logging.getLogger(__name__)

FILE = "reference.json"
READ = (
    "input_ids",
    "attention_mask",
    "completion_mask",
)  # what the model sees, whatever stands before it
# (trainer, what the model sees, all inputs of a batch) -> columns of its rows
Columns = Callable[[Any, dict[str, Any], Mapping[str, Any]], dict[str, list[Any]]]


def reference_once(columns: Columns, reporter: Reporter | None) -> Callable[[Any, Any], Any]:
    """Adds `columns` of the reference to the trainer's dataset: one pass without gradient, longest rows first.

    They lie beside the checkpoints, so that a resumed run trains against the very same numbers. Raises Stopped when
    the reporter asks for it.
    """

    def compute(trainer: Any, dataset: Any) -> Any:
        path = Path(trainer.args.output_dir) / FILE
        known = _read(path, len(dataset))
        if known is None:
            known = _computed(trainer, dataset, columns, reporter)
            if trainer.accelerator.is_main_process:
                _write(path, known)
        for name, values in known.items():
            dataset = dataset.add_column(name, values)
        return dataset

    return compute


def no_reference(trainer: Any, dataset: Any) -> Any:
    """The dataset as it is: a loss that reads no reference needs none to be computed or loaded."""
    return dataset


def pair_columns(trainer: Any, seen: dict[str, Any], _: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Of the DPO trainer: one number for each side."""
    chosen, rejected = trainer.compute_ref_log_probs(trainer.model, seen)
    return {"ref_chosen_logps": chosen.tolist(), "ref_rejected_logps": rejected.tolist()}


def answer_columns(
    trainer: Any, seen: dict[str, Any], _: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Of the KTO trainer: one for the completion, and one for its neighbour's where the loss reads it."""
    own, mismatched = trainer.compute_ref_log_probs(trainer.model, seen)
    columns = {"ref_logps": own.tolist()}
    return columns if mismatched is None else {**columns, "ref_KL_logps": mismatched.tolist()}


def _computed(
    trainer: Any, dataset: Any, columns: Columns, reporter: Reporter | None
) -> dict[str, list[Any]]:
    order = _longest_first(dataset)
    placed: dict[int, tuple[Any, ...]] = {}
    names: list[str] = []
    size = 2 * trainer.args.per_device_train_batch_size  # no gradients are held
    for start in range(0, len(order), size):
        _tell(reporter, start, len(order))
        places = order[start : start + size]
        inputs = trainer.data_collator([dataset[place] for place in places])
        device = trainer.accelerator.device
        seen = {k: v.to(device) for k, v in inputs.items() if k.endswith(READ)}
        found = columns(trainer, seen, inputs)
        names = list(found)
        placed.update(zip(places, zip(*found.values(), strict=True), strict=True))
    logger.info("the reference's log-probabilities of %s rows are computed", len(placed))
    rows = (placed[place] for place in range(len(order)))
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _tell(reporter: Reporter | None, done: int, total: int) -> None:
    if reporter is not None:
        if reporter.should_stop():
            raise Stopped
        reporter.progress(0, total, f"Reference model: {done} of {total} rows")


def _longest_first(dataset: Any) -> list[int]:
    """Places of the rows by their number of tokens: little padding, and too little memory shows at once."""
    names = [name for name in dataset.column_names if name.endswith("_ids")]
    rows = dataset.select_columns(names)
    lengths = [sum(_tokens(row[name]) for name in names) for row in rows]
    return sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))


def _tokens(ids: list[Any]) -> int:
    """Of one sequence, or of a list of them."""
    return sum(len(one) if isinstance(one, list) else 1 for one in ids)


def _read(path: Path, rows: int) -> dict[str, list[Any]] | None:
    if not path.exists():
        return None
    known: dict[str, list[Any]] = json.loads(path.read_text())
    return known if all(len(values) == rows for values in known.values()) else None


def _write(path: Path, columns: dict[str, list[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(columns))
    partial.replace(path)

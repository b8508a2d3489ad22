"""The catalogue of operations: one module for each thing that a job can do."""

from __future__ import annotations

from typing import Any

from feedback.errors import InvalidInput
from training.operations.base import Operation
from training.operations.build_starter import BuildStarter
from training.operations.erase_annotator import EraseAnnotator
from training.operations.freeze_snapshot import FreezeSnapshot
from training.operations.import_content import ImportContent
from training.operations.order_items import OrderItems
from training.operations.report_quality import ReportQuality
from training.operations.sample_completions import SampleCompletions
from training.operations.score_items import ScoreItems
from training.operations.train_model import TrainModel
from training.operations.write_revisions import WriteRevisions

OPERATIONS: dict[str, Operation[Any]] = {
    operation.name: operation
    for operation in (
        BuildStarter(),
        EraseAnnotator(),
        FreezeSnapshot(),
        ImportContent(),
        OrderItems(),
        ReportQuality(),
        SampleCompletions(),
        ScoreItems(),
        TrainModel(),
        WriteRevisions(),
    )
}


def get_operation(name: str) -> Operation[Any]:
    """The operation of that name; raises InvalidInput `unknown_operation`."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise InvalidInput(
            f"There is no operation '{name}'.",
            code="unknown_operation",
            hint=f"Known operations: {', '.join(OPERATIONS)}.",
        ) from None

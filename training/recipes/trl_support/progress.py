"""How a TRL trainer reports, stops when asked, and ends at once when it diverges."""

from __future__ import annotations

import logging
import math
from typing import Any

from feedback.errors import TouchstoneError
from training.progress import CHECKPOINTS, Reporter
from training.recipes.trl_support.checkpoints import checkpoint_directory, mark_complete

logger = logging.getLogger(__name__)

SUMMARY = "train_runtime"  # the trainer's closing log has it; that is no training step


def progress_callback(reporter: Reporter, directory: str) -> Any:
    """A `TrainerCallback`: metrics at each step, progress, checkpoints marked complete, cancel."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc,unused-ignore]
        """Speaks to the reporter from the trainer's events."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            reporter.progress(state.global_step, state.max_steps, "Training")

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
        ) -> None:
            values = numbers(logs or {})
            if SUMMARY in values:
                return
            reporter.metrics(state.global_step, values)
            stop_if_diverged(state.global_step, values)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            reporter.progress(state.global_step, state.max_steps, "Training")
            if reporter.should_stop():
                control.should_save = True
                control.should_training_stop = True

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            path = checkpoint_directory(directory, state.global_step)
            mark_complete(path)
            logger.info("saved at step %s of %s", state.global_step, state.max_steps)
            reporter.saved(state.global_step, f"{CHECKPOINTS}/{path.name}")

    return Progress()


def numbers(logs: dict[str, Any]) -> dict[str, float]:
    """The numeric entries of a trainer's log."""
    return {k: float(v) for k, v in logs.items() if isinstance(v, (int, float))}


def stop_if_diverged(step: int, values: dict[str, float]) -> None:
    """Raise `training_diverged` when the loss or the gradient is no longer a number."""
    for name in ("loss", "grad_norm"):
        if not math.isfinite(values.get(name, 0.0)):
            raise diverged(step, f"{name} is {values[name]}")


def diverged(step: int, what: str) -> TouchstoneError:
    """The error of a training whose numbers are no longer numbers; checkpoints before it are kept."""
    return TouchstoneError(
        f"The training diverged at step {step}: {what}.",
        code="training_diverged",
        hint="Lower the learning rate, or look for extreme margins and weights.",
    )

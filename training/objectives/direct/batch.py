"""What a loss of the DPO family sees: log-probabilities of pairs under policy and reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class DirectBatch:
    """Tensors [rows]; what a loss does not read may be None.

    `chosen`, `rejected`, `ref_chosen`, `ref_rejected` are whole completions' log-probabilities;
    lengths are in tokens; `chosen_nll` is the policy's mean -log p of a token. `margin`,
    `probability` (that chosen is preferred), `tie` (boolean; then the sides' order says nothing)
    and `target` (the preferred difference of rewards) are the row's labels.
    """

    chosen: Tensor
    rejected: Tensor
    ref_chosen: Tensor
    ref_rejected: Tensor
    chosen_length: Tensor | None = None
    rejected_length: Tensor | None = None
    chosen_nll: Tensor | None = None
    margin: Tensor | None = None
    probability: Tensor | None = None
    tie: Tensor | None = None
    target: Tensor | None = None

    @property
    def chosen_ratio(self) -> Tensor:
        """log pi / pi_ref of the chosen side."""
        return self.chosen - self.ref_chosen

    @property
    def rejected_ratio(self) -> Tensor:
        """log pi / pi_ref of the rejected side."""
        return self.rejected - self.ref_rejected

    @property
    def difference(self) -> Tensor:
        """Chosen minus rejected ratio: times beta the difference of implicit rewards."""
        return self.chosen_ratio - self.rejected_ratio


@dataclass(frozen=True, slots=True)
class DirectSettings:
    """Numbers of a loss: `label_smoothing` is the share of flipped labels, `threshold` Rao-Kupper's,
    `log_eta` Davidson's, `discopop_tau` DiscoPOP's temperature.
    """

    beta: float = 0.1
    label_smoothing: float = 0.0
    threshold: float = 0.5
    log_eta: float = 0.6931471805599453
    discopop_tau: float = 0.05


def needed(tensor: Tensor | None, name: str) -> Tensor:
    """That tensor; raises ValueError when the batch lacks it."""
    if tensor is None:
        raise ValueError(f"this loss reads '{name}', which the batch lacks")
    return tensor

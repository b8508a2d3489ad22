"""The config of DPO: which losses are summed, what they are told, and what cannot go together."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from training.recipes.base import RARE
from training.recipes.preference_support.mixing import TIE_AWARE, Mix, Part
from training.recipes.preference_support.pair_config import PairConfig

Loss = Literal[
    "sigmoid", "sigmoid_norm", "hinge", "ipo", "robust", "soft", "margin", "rao_kupper", "davidson", "squared",
    "sft", "apo_zero", "apo_down", "nca_pair", "exo_pair", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "discopop",
]  # fmt: skip
LABELS: JsonDict = {
    "sigmoid": "sigmoid: DPO",
    "sigmoid_norm": "sigmoid_norm: DPO by token",
    "hinge": "hinge: SLiC",
    "ipo": "ipo: a bounded goal (IPO)",
    "robust": "robust: for flipped labels (rDPO)",
    "soft": "soft: labels with a probability (cDPO)",
    "margin": "margin: by strength or by a score",
    "rao_kupper": "rao_kupper: with ties (TODO)",
    "davidson": "davidson: with ties (DPO-D)",
    "squared": "squared: by amounts (REBEL)",
    "sft": "sft: imitate the preferred answer",
    "apo_zero": "apo_zero: preferred up, rejected down",
    "apo_down": "apo_down: both down, rejected more",
    "nca_pair": "nca_pair: NCA on pairs",
    "exo_pair": "exo_pair: EXO",
    "bco_pair": "bco_pair: BCO on pairs",
    "sppo_hard": "sppo_hard: SPPO",
    "aot": "aot: by rank in the batch (AOT)",
    "aot_unpaired": "aot_unpaired: AOT without pairs",
    "discopop": "discopop: DiscoPOP",
}
# Only the difference of the sides' rewards is free of the partition function (TRL's DPOTrainer says the same).
DIVERGENT = frozenset(
    {"sigmoid", "sigmoid_norm", "hinge", "ipo", "exo_pair", "robust", "discopop", "sft"}
    | {"soft", "margin", "rao_kupper", "davidson", "squared"}
)
SORTING = frozenset({"aot", "aot_unpaired"})
FLIPS = {"exo_pair": 1e-3}  # where the config names none; `robust` and `soft` are measured


class AddedLoss(BaseModel):
    """One more loss in the sum."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loss: Loss
    weight: float = Field(default=1, gt=0, le=1000)


class DpoConfig(PairConfig):
    """Fields of DPO."""

    loss: Loss = Field(
        default="sigmoid",
        description="What is minimised. rao_kupper, davidson and soft also learn from ties, squared from amounts "
        "alone; aot compares the rows of a micro batch with each other.",
        json_schema_extra={"x-labels": LABELS},
    )
    added_losses: list[AddedLoss] = Field(
        default_factory=list,
        max_length=4,
        description="Losses added to it with a weight, such as: sft | 0.1.",
    )
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )
    flip_rate: float | None = Field(
        default=None,
        ge=0,
        lt=0.5,
        description="Share of labels taken to be wrong, for robust, soft, exo_pair and aot. Empty: for robust and soft "
        "measured from annotators' reliability or repeated judgments (0.1 where that cannot be), else next to 0.",
        json_schema_extra=RARE,
    )
    tie_threshold: float = Field(
        default=0.5,
        gt=0,
        le=10,
        description="Difference in reward up to which answers count as tied, for rao_kupper; for davidson e to "
        "this power is the odds of a tie.",
        json_schema_extra=RARE,
    )
    margin_scale: float = Field(
        default=0.5,
        ge=0,
        le=1000,
        description="Margin for each step of strength above 'slightly', for each typical amount, or for each "
        "point of the aspect below; for margin.",
        json_schema_extra=RARE,
    )
    margin_aspect: str = Field(
        default="",
        max_length=100,
        description="Take margins from ratings of this aspect: the policy then learns the preferences beside "
        "the aspect (multi-objective DPO).",
        json_schema_extra=RARE,
    )
    soft_scale: float = Field(
        default=0,
        ge=0,
        le=100,
        description="For soft: the strength, or the number of typical amounts, at which a preference is 73 % "
        "sure; 0 takes every preference as sure but for the flip rate.",
        json_schema_extra=RARE,
    )
    amount_scale: float = Field(
        default=1,
        gt=0,
        le=100,
        description="For squared: the difference in reward that an annotator's typical amount stands for.",
        json_schema_extra=RARE,
    )
    divergence: Literal["reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"] = Field(
        default="reverse_kl",
        description="How distance from the reference is measured (f-DPO); forward_kl is numerically fragile.",
        json_schema_extra=RARE,
    )
    divergence_alpha: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="The alpha of alpha_divergence.",
        json_schema_extra=RARE,
    )
    extra_length_weight: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Weight of the tokens beyond the shorter answer's length (LD-DPO); empty counts them all.",
        json_schema_extra={**RARE, "x-empty": "all count alike"},
    )
    weigh_by_likelihood: bool = Field(
        default=False,
        description="Let pairs count by how likely the policy would write them itself (WPO).",
        json_schema_extra=RARE,
    )
    sync_reference_steps: int = Field(
        default=0,
        ge=0,
        description="Move the reference towards the policy after so many steps (TR-DPO); 0 never.",
        json_schema_extra=RARE,
    )
    sync_reference_share: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="How far the reference moves then; 1 is all the way.",
        json_schema_extra=RARE,
    )
    reference_once: bool = Field(
        default=True,
        description="Compute the reference's log-probabilities once before training: no second model in "
        "memory, the same losses.",
        json_schema_extra=RARE,
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.divergence != "reverse_kl" and (odd := self.losses - DIVERGENT):
            raise ValueError(
                f"divergence {self.divergence} has no meaning for {', '.join(sorted(odd))}"
            )
        if self.losses & SORTING and (self.weigh_by_likelihood or self.losses & TIE_AWARE):
            raise ValueError(
                "aot sorts the rows: it cannot be weighed by likelihood, or added to a loss that reads ties or amounts"
            )
        if self.sync_reference_steps and self.lora:
            raise ValueError(
                "a LoRA run has no reference model to move; train all weights, or leave sync_reference_steps at 0"
            )
        if self.margin_aspect and "margin" not in self.losses:
            raise ValueError(
                "margin_aspect is read by the loss margin alone; add it, or leave the aspect empty"
            )
        if "squared" in self.losses and not self.use_amounts:
            raise ValueError("squared learns from amounts alone: leave use_amounts on")
        if self.flip_rate == 0 and "exo_pair" in self.losses:
            raise ValueError("exo_pair needs a flip_rate above 0, such as 0.001")
        return self

    @property
    def losses(self) -> frozenset[str]:
        """The names of all losses in the sum."""
        return frozenset({self.loss, *(added.loss for added in self.added_losses)})


def mix_of(config: DpoConfig) -> Mix:
    """The sum of losses that the config asks for."""
    named = [(config.loss, 1.0), *((added.loss, added.weight) for added in config.added_losses)]
    parts = tuple(Part(loss, weight, _settings(loss, config)) for loss, weight in named)
    return Mix(parts, config.divergence, config.divergence_alpha)


def _settings(loss: str, config: DpoConfig) -> dict[str, float]:
    flips = config.flip_rate if config.flip_rate is not None else FLIPS.get(loss, 0.0)
    return {
        "beta": config.beta,
        "label_smoothing": flips,
        "threshold": config.tie_threshold,
        "log_eta": config.tie_threshold,
    }

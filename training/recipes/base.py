"""What a recipe declares: the evidence it needs, its config, what it makes, and how it trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from feedback.evidence import Evidence
from training.progress import Reporter

Produces = Literal["reward_model", "policy"]
Group = Literal["rewards", "preferences", "text", "samples"]
ModelKind = Literal["reward_model", "policy", "rule"]

FEW_PROMPTS = 20  # held out: with fewer, an interval says next to nothing
HUGE_RATE = 0.02  # above every rate that a recipe chooses by itself
TINY_RATE = 1e-6  # below, a training of usual length moves no model that fits on one machine

GROUPS: dict[Group, str] = {
    "rewards": "Reward models",
    "preferences": "Policies from preferences",
    "text": "Policies from written feedback",
    "samples": "Policies from their own samples",
}

RARE: JsonDict = {"x-rare": True}  # of a field that most people leave as it is: forms fold it away


class Config(BaseModel):
    """Fields that every recipe has; bounds and descriptions build the form and document the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float | None = Field(
        default=None, gt=0, le=1, description="Empty: chosen by recipe, model size and LoRA."
    )
    epochs: float = Field(default=1, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=8, ge=1, le=1024, description="Rows in one optimiser step.")
    micro_batch_size: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Rows in memory at once; 0: the whole batch, or of models above 30 million "
        "parameters the largest divisor up to 4.",
    )
    max_length: int = Field(
        default=1024, ge=16, le=131_072, description="Tokens; longer rows are left out and counted."
    )
    lora: bool = Field(default=False, description="Train a low-rank adapter, not all weights.")
    lora_rank: int = Field(default=16, ge=1, le=512)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    save_steps: int = Field(
        default=0, ge=0, description="Steps between checkpoints; 0 saves ten times in a run."
    )

    @field_validator("micro_batch_size")
    @classmethod
    def _divides(cls, value: int, info: ValidationInfo) -> int:
        batch = info.data.get("batch_size")  # absent where it is wrong itself
        if value and batch and batch % value:
            raise ValueError(f"it must divide the batch_size of {batch}, or be 0")
        return value


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one training needs, read from `run.json`; models are always paths or Hub
    ids.
    """

    directory: Path
    base_model: str
    snapshot: Path
    config: Mapping[str, Any]
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the names of `Recipe.needs`, each with its `kind`: a policy as `open_policy` reads it, a
    reward model's `path`, or a `rule`.
    """


@dataclass(frozen=True, slots=True)
class ModelNeed:
    """Another model, or a rule, that a recipe uses besides its base."""

    label: str
    kinds: tuple[ModelKind, ...]
    sentence: str
    required: bool = True
    local: bool = False
    """Whether its weights are needed, so that a policy on a server will not do."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Training rows by split, and how many pieces of evidence were unusable, by reason."""

    train: list[dict[str, Any]] = field(default_factory=list)
    test: list[dict[str, Any]] = field(default_factory=list)
    unusable: dict[str, int] = field(default_factory=dict)


class Recipe:
    """One way to train. `train` runs in a child process; everything else is light and knows no
    torch.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    produces: ClassVar[Produces]
    group: ClassVar[Group] = "preferences"
    needs: ClassVar[Mapping[str, ModelNeed]] = {}
    labelled: ClassVar[bool] = True
    """Whether it learns from people's labels, so that a training on shuffled ones is a control."""
    partial: ClassVar[bool] = False
    """Of a reward model: whether it may tell what some people want, rather than all."""
    config_model: ClassVar[type[Config]] = Config

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Rows for training from (split, record) pairs; split is `train` or `test`."""
        raise NotImplementedError

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """What a snapshot lacks for this recipe, in sentences; empty when it has enough.

        Counts that recipes read; one that is absent is 0, and others do no harm:
        `comparison_decided_train`: training comparisons with outcome first or second and different
        texts that are not empty, of no single aspect, those that rankings expand to included;
        `verdict_up_train` and `verdict_down_train`: training verdicts, desirable or not, with a
        text that is not empty.
        The same with `_test` are held out.
        """
        raise NotImplementedError

    def lacking(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """As `missing`, of the evidence that this config learns from."""
        return self.missing(counts)

    def check(self, config: Config) -> None:
        """Raises InvalidInput `invalid_config` for one whose fields fit, but not this training."""

    def vectors(self, config: Config) -> str | None:
        """The name of the signals of completions whose vectors training reads from `VECTORS`; None for none."""
        return None

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """What may disappoint although it is allowed, in sentences; `counts` are those of `missing`.

        A recipe adds its own to these.
        """
        found = []
        held_out = counts.get("prompts_test", 0)
        if not held_out:
            found.append("No prompts are held out: nothing that needs them can be measured.")
        elif held_out < FEW_PROMPTS:
            noun = "prompt is" if held_out == 1 else "prompts are"
            found.append(
                f"Only {held_out} {noun} held out: what is measured there will have wide intervals."
            )
        if config.learning_rate is not None and config.learning_rate > HUGE_RATE:
            found.append(
                f"A learning rate of {config.learning_rate:g} is far above any that is chosen by itself: it "
                "mostly destroys what the base could."
            )
        if config.learning_rate is not None and config.learning_rate < TINY_RATE:
            found.append(
                f"At a learning rate of {config.learning_rate:g} the weights will hardly move."
            )
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train into `run.directory` and return the result: rows, dropped rows and the evaluation.

        Resumes from the newest complete checkpoint in the directory when there is one.
        """
        raise NotImplementedError

"""Config fields of every recipe that trains a policy on pairs."""

from __future__ import annotations

from pydantic import Field

from training.recipes.base import RARE, Config


class PairConfig(Config):
    """Which pairs are learnt from, and how they count."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    use_amounts: bool = Field(
        default=True,
        description="Learn from amounts (willingness to pay) as from comparisons.",
        json_schema_extra=RARE,
    )
    use_revisions: bool = Field(
        default=True,
        description="Prefer a corrected or rewritten answer to the original.",
        json_schema_extra=RARE,
    )
    machine_revisions: bool = Field(
        default=False,
        description="Also where a policy, not a person, rewrote it.",
        json_schema_extra=RARE,
    )
    weigh_by_size: bool = Field(
        default=False,
        description="Let a row count by its strength, or by its amount.",
        json_schema_extra=RARE,
    )

"""What may disappoint in a training on preferences although it is allowed, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from training.recipes.preference_support.direct_config import SORTING, DpoConfig
from training.recipes.preference_support.mixing import TIE_AWARE
from training.recipes.preference_support.pair_config import PairConfig

FEW_PAIRS = 100  # below, what a policy learns is mostly chance
FAR = 50.0  # nats between two answers that a policy hardly reaches without unlearning to write
STIFF, LOOSE = 1.0, 1e-3


def direct_cautions(counts: Mapping[str, int], config: DpoConfig) -> list[str]:
    """For DPO: few pairs, labels that no loss reads, goals too near or too far, small micro batches."""
    return [*_of_counts(counts, config), *_of_numbers(config)]


def pairs_used(counts: Mapping[str, int], config: PairConfig) -> int:
    """How many pairs there are to train on."""
    used = ["comparison_decided"]
    used += ["amount_decided"] * config.use_amounts + ["revision"] * config.use_revisions
    used += ["machine_revision"] * (config.use_revisions and config.machine_revisions)
    return sum(counts.get(f"{name}_train", 0) for name in used)


def learnt_from(counts: Mapping[str, int], config: DpoConfig) -> int:
    """How many pairs the losses of DPO read: of squared alone amounts, also of nothing; of others perhaps ties."""
    if config.losses == {"squared"}:
        return counts.get("amount_train", 0)
    ties = counts.get("tie_train", 0) if config.losses & (TIE_AWARE - {"squared"}) else 0
    return pairs_used(counts, config) + ties


def few_pairs(have: int) -> list[str]:
    """Where there are so few pairs that chance decides; nothing where there are enough."""
    if have >= FEW_PAIRS:
        return []
    return [f"With {have} pairs to train on, below about {FEW_PAIRS}, chance decides much."]


def odd_beta(beta: float) -> list[str]:
    """Where beta holds the policy so near its reference that little can move, or does not hold it."""
    if beta < LOOSE:
        return [f"A beta of {beta:g} hardly holds the policy: it may unlearn to write."]
    if beta > STIFF:
        return [
            f"A beta of {beta:g} holds the policy so near its reference that little will change."
        ]
    return []


def _of_counts(counts: Mapping[str, int], config: DpoConfig) -> Iterator[str]:
    names = ("comparison_decided", "amount_decided", "tie")
    pairs, amounts, ties = (counts.get(f"{name}_train", 0) for name in names)
    priced = config.losses == {"squared"}
    yield from few_pairs(amounts if priced else pairs_used(counts, config))
    if ties > pairs / 4 and not config.losses & TIE_AWARE:
        yield (
            f"{ties} ties are left out; rao_kupper, davidson and soft learn from them too, which helps where "
            "there are many."
        )
    if amounts and not (config.weigh_by_size or config.losses & {"squared", "margin", "soft"}):
        yield "Of amounts only the direction is used; squared, or weighing by size, use how much."


def _of_numbers(config: DpoConfig) -> Iterator[str]:
    yield from odd_beta(config.beta)
    gap = config.amount_scale / config.beta
    if "squared" in config.losses and gap > FAR:
        yield (
            f"A typical amount asks for answers {gap:.0f} nats apart; raise beta or lower the amount scale below "
            f"{FAR:.0f} beta."
        )
    if config.losses & SORTING and config.micro_batch_size not in (0, config.batch_size):
        yield (
            f"aot compares {config.micro_batch_size} rows with each other, the micro batch, not the batch of "
            f"{config.batch_size}."
        )
    if config.losses & SORTING and not config.micro_batch_size:
        yield "aot compares the rows of a micro batch; large models have small ones unless you set it."
    if "robust" in config.losses and (config.flip_rate or 0) >= 0.35:
        yield "With so many labels taken to be wrong the robust loss swings widely; stop early."

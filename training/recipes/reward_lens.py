"""One person's lens: a reward for somebody with few judgments, from directions in which everybody's differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from pydantic import Field

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Rows, Run
from training.recipes.reward_support import (
    FrozenConfig,
    Lesson,
    RewardRecipe,
    Subject,
    train_reward_model,
)
from training.recipes.reward_support.linear import fit_linear, standard
from training.recipes.reward_support.rows import Row, pairs
from training.recipes.reward_support.vectors import Vectors
from training.recipes.trl_support import FEWEST_PAIRS, held_out_pairs, missing_pairs
from training.sampling.embedder import Matrix
from training.sampling.local.reward_models import Card, Linear
from training.snapshots import read_evidence

FEWEST = 3  # pairs of the person


class RewardLensConfig(FrozenConfig):
    """Fields of the lens."""

    annotator: str = Field(
        default="",
        max_length=200,
        description="Whose lens, by the pseudonym in the snapshot; empty: who compared most.",
    )
    components: int = Field(
        default=20, ge=1, le=500, description="Directions among which the person's are chosen."
    )
    temperature: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="The smaller, the more one direction that fits the person best counts alone.",
    )


class RewardLens(RewardRecipe):
    """Principal components of differences, weighted by how well each explains one person (DRM)."""

    name = "reward_lens"
    label = "One person's lens"
    summary = "A reward for one person from a handful of comparisons, by directions that all comparisons give."
    partial = True
    config_model = RewardLensConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Everybody's decided pairs."""
        return pairs(evidence, ties=False)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons, of whomever."""
        return missing_pairs(counts)

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Nothing is trained: find the directions, weigh them, and report accuracy on the person's pairs."""
        config = RewardLensConfig.model_validate(run.config)
        lesson = lesson_of(list(read_evidence(run.snapshot)), config)
        return train_reward_model(
            run, reporter, config, lesson, body=partial(fit_linear, solve=see)
        )


def lesson_of(evidence: Sequence[tuple[str, Evidence]], config: RewardLensConfig) -> Lesson:
    """Everybody's pairs, measured on the person's."""
    rows = pairs(evidence, ties=False)
    person = person_of(rows.train, config.annotator)
    own = [row for row in held_out_pairs(evidence) if row["about"]["annotator"] == person]

    def teach(annotators: list[str], rows: list[Row], config: Any) -> Subject:
        marked = [{**row, "own": annotators[row["annotator"]] == person} for row in rows]
        return Subject(loss=None, rows=marked, facts={"annotator": person})

    return Lesson(rows=rows, fewest=FEWEST_PAIRS, pairs=own, teach=teach)


def person_of(rows: Sequence[Row], named: str) -> str:
    """The annotator meant; raises InvalidInput `too_little_evidence` for one with fewer than three pairs."""
    counts = Counter(row["annotator"] for row in rows)
    person = named or max(sorted(counts), key=lambda name: counts[name], default="")
    if counts[person] < FEWEST:
        raise InvalidInput(
            f"'{person}' has {counts[person]} pairs to learn from, and at least {FEWEST} are needed.",
            code="too_little_evidence",
            hint="Name an annotator of the snapshot by the pseudonym in it, or collect more of theirs.",
        )
    return person


def see(
    subject: Subject, vectors: Vectors, config: RewardLensConfig, reporter: Reporter
) -> tuple[Linear, int]:
    """Decomposed rewards (Luo et al. 2025, arXiv:2502.13131), without any step of training.

    Directions are principal components of everybody's differences, of mean square 1 along each. Each is taken in
    both senses, and a sense weighs softmax(-its Bradley-Terry loss on the person's pairs / T). The paper scales by
    the person's pairs alone, which a handful of them are too few for.
    """
    centre, scale = standard(vectors.matrix)
    flat = (vectors.matrix - centre) / scale
    chosen, rejected = np.array([vectors.of(row) for row in subject.rows]).T
    differences = flat[chosen] - flat[rejected]  # [pairs, dim]
    directions = principal(differences, config.components)  # [components, dim]
    along = differences @ directions.T  # [pairs, components]
    sizes = np.sqrt((along**2).mean(axis=0))
    directions = directions / sizes[:, None]
    own = (along / sizes)[[row["own"] for row in subject.rows]]
    weights = leanings(own, config.temperature)
    card = Card(
        body="frozen",
        names=tuple(f"direction {n + 1}" for n in range(len(weights))),
        weights=tuple(weights.tolist()),
        embedder=config.embedder,
        learned=dict(subject.facts),
    )
    bias = np.zeros(len(weights))
    found = {"weight": directions, "bias": bias, "centre": centre, "scale": scale}
    return Linear(card, found, vectors.embedder), 0


def principal(differences: Matrix, components: int) -> Matrix:
    """[components, dim]: orthonormal directions in which differences [pairs, dim] vary most, about their mean."""
    centred = differences - differences.mean(axis=0)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    found: Matrix = directions[:components][spread[:components] > 1e-9 * spread[0]]
    return found


def leanings(deltas: Matrix, temperature: float) -> Matrix:
    """[components]: how far the person leans each way, from differences [pairs, components] of the preferred."""
    losses = np.stack([np.logaddexp(0, -sense * deltas).sum(axis=0) for sense in (1, -1)])
    scores = -losses / temperature
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    found: Matrix = shares[0] - shares[1]
    return found

"""Thumbs down re-weighted so that their prompts are like those of thumbs up."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace

from training.recipes.base import Rows
from training.recipes.trl_support.rows import Row
from training.sampling.embedder import DIMENSIONS, TfIdf, text_of

logger = logging.getLogger(__name__)

LEAST, MOST = 0.5, 10.0  # what a row's weight is held between
FOLDS = 5


def matched_prompts(rows: Rows) -> Rows:
    """The rows, unwanted ones of the training split weighted by p(x | wanted) / p(x | unwanted), in [0.5, 10].

    The ratio comes from a balanced logistic classifier on the prompts' TF-IDF vectors, asked about prompts that it
    was not fitted on. Unchanged where either sign has fewer than five prompts. Jung et al. 2024 (arXiv:2404.04656,
    section 4.3: underlying distribution matching).
    """
    ratios = _ratios(rows.train)
    if ratios is None:
        logger.info("too few different prompts to match those of both signs")
        return rows
    train = [
        row if row["label"] else {**row, "weight": row["weight"] * ratio}
        for row, ratio in zip(rows.train, ratios, strict=True)
    ]
    return replace(rows, train=train)


def _ratios(rows: Sequence[Row]) -> list[float] | None:
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    labels = np.array([bool(row["label"]) for row in rows])
    prompts = [json.dumps(row["prompt"], sort_keys=True) for row in rows]
    each = [
        {p for p, label in zip(prompts, labels, strict=True) if label == side} for side in (0, 1)
    ]
    if min(map(len, each)) < FOLDS:
        return None
    texts = [text_of(row["prompt"]) for row in rows]
    vectors = TfIdf.fitted(texts).vectors([([], row["prompt"]) for row in rows])[:, :DIMENSIONS]
    classifier = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
    shares = cross_val_predict(
        classifier, vectors, labels, groups=prompts, cv=GroupKFold(FOLDS), method="predict_proba"
    )[:, 1]
    ratios: list[float] = np.clip(shares / (1 - shares), LEAST, MOST).tolist()
    return ratios

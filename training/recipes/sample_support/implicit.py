"""The reward that a DPO-trained policy implies for answers, with lengths made fair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.recipes.sample_support.graders import Grades
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import log_probabilities

ALPHAS = 1001  # from 0 to 1 in steps of 0.001, as the paper's

Item = Mapping[str, Any]


def implicit_rewards(
    items: Sequence[Item],
    policy: str,
    reference: str,
    beta: float,
    should_stop: Callable[[], bool],
) -> list[list[float]]:
    """beta [log pi(y|x) - log pi_ref(y|x)] of each answer to each prompt.

    Rafailov et al. 2023 (arXiv:2305.18290, eq. 5), without the term that all answers to a prompt share.
    """
    pairs = [
        (item["messages"], [{"role": "assistant", "content": text}])
        for item in items
        for text in item["answers"]
    ]
    sides = []
    for path in (policy, reference):
        model, tokenizer, _ = load_policy(path)
        sides.append(log_probabilities(model, tokenizer, pairs, should_stop=should_stop))
    rewards = iter([beta * (own - other) for own, other in zip(*sides, strict=True)])
    return [[next(rewards) for _ in item["answers"]] for item in items]


def length_fair(
    rewards: Sequence[Sequence[float]], lengths: Sequence[Sequence[int]]
) -> tuple[list[Grades], float]:
    """Grades r - alpha |y|, and the alpha in [0, 1] at which best and worst are most nearly of equal
    length on average.

    Chen et al. 2024 (DICE, arXiv:2406.09760, sec. 4). Of equals the smallest alpha wins.
    """
    import numpy as np

    r, size = np.array(rewards), np.array(lengths, dtype=float)
    rows = np.arange(len(r))
    gaps = []
    for alpha in np.linspace(0, 1, ALPHAS):
        fair = r - alpha * size
        gap = size[rows, fair.argmax(axis=1)] - size[rows, fair.argmin(axis=1)]
        gaps.append(abs(gap.mean()))
    alpha = float(np.linspace(0, 1, ALPHAS)[int(np.argmin(gaps))])
    return [Grades(row.tolist()) for row in r - alpha * size], alpha

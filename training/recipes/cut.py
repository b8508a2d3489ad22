"""CUT: a policy unlearns, token by token, what critiques in words complain of."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from feedback.errors import InvalidInput
from feedback.evidence import Evidence
from training.metrics import mean
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.text_support.criticised import critique_rows, fewer_positives
from training.recipes.text_support.unlikely import cut_trainer, encode
from training.recipes.trl_support import (
    Prepared,
    Rates,
    evaluate_policy,
    fit,
    pair_rows,
    prepare,
    result,
)
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import token_log_probabilities
from training.snapshots import read_evidence

FEWEST = 8
RATES = Rates(small=1e-3, large=2e-5)


class CutConfig(Config):
    """Fields of CUT."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    threshold: float = Field(
        default=1.1,
        gt=1,
        le=100,
        description="A token is unlearnt when its critique makes it more than this many times as "
        "likely.",
    )
    alpha: float = Field(
        default=1.0, ge=0, le=10, description="Weight of unlearning a token against learning one."
    )
    positive_share: float = Field(
        default=0.25,
        ge=0,
        le=10,
        description="Uncriticised answers imitated for each criticised one; surplus ones are left "
        "out.",
    )


class Cut(Recipe):
    """Contrastive unlikelihood training (Xu et al. 2023, arXiv:2312.14591)."""

    name = "cut"
    label = "CUT"
    summary = "Trains a policy on critiques in words: what they complain of becomes unlikelier."
    produces = "policy"
    group = "text"
    config_model = CutConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Criticised answers and all answers that nobody complained of."""
        return critique_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """Eight critiques in words."""
        have = counts.get("critique_text_train", 0)
        if have >= FEWEST:
            return []
        return [f"{FEWEST} critiques in words to train on are needed, and there are {have}."]

    def warnings(self, counts: Mapping[str, int], config: Config) -> list[str]:
        """Also that praise in words counts as complaint where no thumb tells them apart."""
        found = super().warnings(counts, config)
        if not counts.get("verdict_up_train", 0):
            found.append(
                "Critiques count as complaints: praise in words is told apart only where the same "
                "answer has a thumb up, and there are none."
            )
        return found

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report what became of the tokens that held-out critiques point at."""
        config = CutConfig.model_validate(run.config)
        evidence = list(read_evidence(run.snapshot))
        rows = fewer_positives(critique_rows(evidence), config.positive_share, config.seed)
        prepared = _with_room(prepare(run, config, rows, RATES, fewest=FEWEST))
        _check_critiques(prepared.train)
        tokens = [encode(row, prepared.tokenizer) for row in prepared.train]
        trainer = cut_trainer(
            dataclasses.replace(prepared, train=tokens),
            threshold=config.threshold,
            alpha=config.alpha,
        )
        fit(trainer, run, reporter)
        stop = reporter.should_stop
        against = (trainer.model, prepared.tokenizer, prepared.base_model)
        evaluation = _evaluate(*against, prepared.test, config.threshold, stop)
        pairs = prepared.fitting(pair_rows(evidence).test)
        evaluation |= evaluate_policy(*against, pairs, stop)
        return result(prepared, trainer, evaluation)


def _with_room(prepared: Prepared) -> Prepared:
    """Without rows that are too long once their critique stands before them."""

    def kept(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            row
            for row in rows
            if not row["critique"] or prepared.fitting([{**row, "prompt": row["judged"]}])
        ]

    train, test = kept(prepared.train), kept(prepared.test)
    lost = len(prepared.train) + len(prepared.test) - len(train) - len(test)
    return dataclasses.replace(prepared, train=train, test=test, too_long=prepared.too_long + lost)


def _check_critiques(rows: Sequence[Mapping[str, Any]]) -> None:
    have = sum(bool(row["critique"]) for row in rows)
    if have < FEWEST:
        raise InvalidInput(
            f"There are {have} criticised answers to train on, and at least {FEWEST} are needed.",
            code="too_little_evidence",
            hint="Ask for critiques in words and freeze a new snapshot.",
        )


def _evaluate(
    model: Any,
    tokenizer: Any,
    base_model: str,
    rows: Sequence[Mapping[str, Any]],
    threshold: float,
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    """On held-out criticised answers: the share of tokens that the critique points at for the
    trained policy, and the change of their mean log-probability and of the others', in nats.
    """
    asked = [row for row in rows if row["critique"]]
    if not asked:
        return {"criticised": 0}
    model.eval()
    base = load_policy(base_model, str(model.device))[0]
    passes = ((model, "prompt"), (model, "judged"), (base, "prompt"))
    after, judged, before = (
        token_log_probabilities(
            one,
            tokenizer,
            [(row[side], row["completion"]) for row in asked],
            should_stop=should_stop,
        )
        for one, side in passes
    )
    keys, found = [], []
    for row, *numbers in zip(asked, after, judged, before, strict=True):
        for plain, said, base_logp in zip(*numbers, strict=False):
            keys.append(json.dumps(row["prompt"], sort_keys=True))
            found.append((said - plain > math.log(threshold), plain - base_logp))
    return {"criticised": len(asked), **_changes(keys, found)}


def _changes(keys: Sequence[str], found: Sequence[tuple[bool, float]]) -> dict[str, Any]:
    figures = {"flagged": mean([float(flagged) for flagged, _ in found], keys)}
    for name, wanted in (("flagged_logp_change", True), ("other_logp_change", False)):
        chosen = [
            (key, change) for key, (flag, change) in zip(keys, found, strict=True) if flag is wanted
        ]
        figures[name] = mean([change for _, change in chosen], [key for key, _ in chosen])
    return {name: figure.as_json() for name, figure in figures.items() if figure is not None}

"""Rules: a policy learns a rule of one sentence where it applies, and stays as it is everywhere else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from feedback.errors import InvalidInput
from training.progress import OUTPUT, Reporter
from training.recipes.base import Config, ModelNeed, Recipe, Rows, Run
from training.recipes.sample_support.config import SampledConfig, missing_prompts
from training.recipes.sample_support.prompts import (
    context_length,
    prompt_tokens,
    read_prompts,
    some_of,
)
from training.recipes.text_support.adherence import checker_of, evaluate_answers, evaluate_scopes
from training.recipes.text_support.anchored import anchored_trainer
from training.recipes.text_support.drafts import Drafts, Writer
from training.recipes.text_support.scopes import Asked, draft_scope, revisions
from training.recipes.trl_support import Prepared, Rates, evaluate_policy, fit, prepare, result
from training.recipes.trl_support.rows import Row, collect
from training.sampling.base import Messages, SamplingParams
from training.sampling.local import LocalPolicy
from training.sampling.local.loading import load_tokenizer
from training.snapshots.split import split_of

FEWEST = 8
RATES = Rates(small=1e-3, large=1e-5)
HELD_OUT = 0.2  # of the drafted requests
LINE_TOKENS = 64  # of a line of a list that the writer drafts
SCOPES: tuple[Literal["rule", "near"], ...] = ("rule", "near")

Request = tuple[str, Asked]  # with its split

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class RulesConfig(Config):
    """Fields of training on rules."""

    epochs: float = Field(default=4, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    rules: tuple[Sentence, ...] = Field(
        default=(),
        max_length=20,
        description="What answers should do, and when: each rule in a sentence, as 'In emails, "
        "leave out greetings.'",
    )
    kinds: int = Field(
        default=10, ge=1, le=100, description="Kinds of request drafted in and near a rule's scope."
    )
    requests_each: int = Field(
        default=10, ge=1, le=100, description="Requests drafted of each kind."
    )
    general_prompts: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="Prompts of the snapshot on which answers should stay as they are.",
    )
    answer_tokens: int = Field(
        default=256, ge=1, le=8192, description="Tokens of an answer, at most."
    )
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )
    # The paper has 0.2 and 0.1, with 960 requests of each scope; with fewer, a small policy follows
    # the rule everywhere.
    general_weight: float = Field(
        default=1, ge=0, le=10, description="Weight of keeping the old answers in general."
    )
    near_weight: float = Field(
        default=1, ge=0, le=10, description="Weight of keeping the old answers near a rule."
    )


class Rules(Recipe):
    """Contextualised critiques with constrained preference optimisation (Stephan et al. 2024,
    arXiv:2402.10893).
    """

    name = "rules"
    label = "Rules"
    summary = "Trains a policy to follow rules of a sentence each, and to stay as it is elsewhere."
    produces = "policy"
    group = "text"
    labelled = False
    config_model = RulesConfig
    needs: ClassVar[Mapping[str, ModelNeed]] = {
        "writer": ModelNeed(
            label="Writer",
            kinds=("policy",),
            sentence="It drafts requests in and near the rules' scope, and revises answers to "
            "follow them: a strong remote policy does this well, a small one does not.",
        ),
        "checker": ModelNeed(
            label="Checker",
            kinds=("rule", "policy"),
            sentence="It says whether an answer follows a rule; without one, adherence is not "
            "measured.",
            required=False,
        ),
    }

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """Eight prompts on which answers stay as they are."""
        return missing_prompts(counts)

    def check(self, config: Config) -> None:
        """At least one rule is needed."""
        if not RulesConfig.model_validate(config.model_dump()).rules:
            raise InvalidInput(
                "There is no rule to train on.",
                code="invalid_config",
                hint="Write at least one rule, in a sentence.",
                details=[{"where": "rules", "message": "Write at least one rule."}],
            )

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Draft what is not drafted yet, train, and report what changed in and out of scope."""
        config = RulesConfig.model_validate(run.config)
        self.check(config)
        asked = _requests(run, config, reporter)
        rows = _answered(run, config, reporter, asked)
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST)
        _check_scope(prepared.train)
        trainer = anchored_trainer(prepared)
        fit(trainer, run, reporter)
        held_out = [one for split, one in asked if split == "test"]
        return result(prepared, trainer, _evaluate(run, prepared, trainer, held_out, reporter))


def _requests(run: Run, config: RulesConfig, reporter: Reporter) -> list[Request]:
    """Requests in and near each rule's scope, drafted by the writer, and general ones, each with its
    split; one of several scopes counts to the first, and one that leaves no room for an answer to none.
    """
    sampling = SampledConfig(
        max_length=config.max_length, max_new_tokens=config.answer_tokens, seed=config.seed
    )
    general = read_prompts(run, sampling)
    every = "\n".join(config.rules)
    found: list[Request] = [
        (split_of(one.prompt, HELD_OUT), one) for one in _drafted(run, config, reporter)
    ]
    for split, prompts, most in (
        ("train", general.train, config.general_prompts),
        ("test", general.test, max(1, config.general_prompts // 4)),
    ):
        chosen = some_of(prompts, most, config.seed)
        found += [(split, Asked("general", every, tuple(one["messages"]))) for one in chosen]
    tokenizer = load_tokenizer(run.base_model)
    room = min(config.max_length, context_length(run.base_model)) - config.answer_tokens
    first: dict[str, Request] = {}
    for split, one in found:
        if prompt_tokens(tokenizer, one.prompt) <= room:
            first.setdefault(json.dumps(one.prompt), (split, one))
    return list(first.values())


def _drafted(run: Run, config: RulesConfig, reporter: Reporter) -> list[Asked]:
    drafts, writer = Drafts(run.directory, reporter), Writer(run.models["writer"])
    params = SamplingParams(
        max_new_tokens=LINE_TOKENS * max(config.kinds, config.requests_each), seed=config.seed
    )

    def ask(stage: str, prompts: Sequence[Messages]) -> list[str]:
        return drafts.texts(stage, writer, prompts, params)

    return [
        one
        for rule in config.rules
        for scope in SCOPES
        for one in draft_scope(scope, rule, config.kinds, config.requests_each, ask)
    ]


def _answered(run: Run, config: RulesConfig, reporter: Reporter, asked: Sequence[Request]) -> Rows:
    """A pair for each request in scope, revised over old answer; for the others the old answer."""
    drafts = Drafts(run.directory, reporter)
    params = SamplingParams(max_new_tokens=config.answer_tokens, seed=config.seed)
    base, writer = Writer({"kind": "local", "path": run.base_model}), Writer(run.models["writer"])
    old = drafts.texts("old-answers", base, [one.prompt for _, one in asked], params)
    inside = [(one, a) for (_, one), a in zip(asked, old, strict=True) if one.scope == "rule"]

    def ask(stage: str, prompts: Sequence[Messages]) -> list[str]:
        return drafts.texts(stage, writer, prompts, params)

    revised = iter(revisions([one for one, _ in inside], [answer for _, answer in inside], ask))
    rows = collect(
        (split, _row(one, answer, next(revised) if one.scope == "rule" else "", config))
        for (split, one), answer in zip(asked, old, strict=True)
    )
    return replace(rows, train=_alike(rows.train))


def _row(one: Asked, old: str, revised: str, config: RulesConfig) -> Row | str:
    """An anchor's rejected side is empty, as nothing is read of it."""
    inside = one.scope == "rule"
    if not old.strip() or (inside and not revised):
        return "empty"
    if inside and revised == old.strip():
        return "unchanged"
    anchor = {"rule": 0.0, "near": config.near_weight, "general": config.general_weight}[one.scope]
    return {
        "prompt": list(one.prompt),
        "chosen": _answer(revised if inside else old),
        "rejected": _answer(old if inside else ""),
        "anchor": anchor,
        "scope": one.scope,
        "weight": 1.0,
    }


def _alike(rows: Sequence[Row]) -> list[Row]:
    """Weights by which each scope counts as much as the rule's own, however many rows it has; without
    anchors that have no weight.
    """
    kept = [row for row in rows if row["scope"] == "rule" or row["anchor"]]
    have = Counter(row["scope"] for row in kept)
    return [{**row, "weight": have["rule"] / have[row["scope"]]} for row in kept]


def _answer(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _check_scope(rows: Sequence[Row]) -> None:
    have = sum(row["scope"] == "rule" for row in rows)
    if have < FEWEST:
        raise InvalidInput(
            f"There are {have} revised answers in the rules' scope to train on, and at least "
            f"{FEWEST} are needed.",
            code="too_little_evidence",
            hint="Draft more kinds and requests, or choose a stronger policy as the writer.",
        )


def _evaluate(
    run: Run, prepared: Prepared, trainer: Any, held_out: Sequence[Asked], reporter: Reporter
) -> dict[str, Any]:
    """Pairs in scope, old answers out of scope, and greedy answers to all held-out requests."""
    stop = reporter.should_stop
    against = (trainer.model, prepared.tokenizer, prepared.base_model)
    pairs = [row for row in prepared.test if row["scope"] == "rule"]
    found = evaluate_policy(*against, pairs, stop) | evaluate_scopes(*against, prepared.test, stop)
    params = SamplingParams(temperature=0, max_new_tokens=prepared.config.answer_tokens)
    trained, base = (LocalPolicy(str(path)) for path in (run.directory / OUTPUT, run.base_model))
    checker = checker_of(run.models.get("checker"), stop)
    return found | evaluate_answers(trained, base, held_out, checker, params, stop)

"""What training on a rule did: inside its scope, where it should, and outside, where it should not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.judges import adherence_question, adheres, parse_rule
from training.metrics import mean, proportion
from training.recipes.text_support.drafts import Writer
from training.recipes.text_support.scopes import Asked
from training.recipes.trl_support.language import token_means
from training.sampling.base import Messages, Sampler, SamplingParams
from training.sampling.local.loading import load_policy

Stop = Callable[[], bool]
Checker = Callable[[Sequence[Asked], Sequence[str]], list[bool | None]]

NOT_MEASURED = "not measured: no checker was chosen"
MOST = 200  # held-out requests of a scope that are answered anew


def evaluate_scopes(
    model: Any,
    tokenizer: Any,
    base_model: str,
    rows: Sequence[Mapping[str, Any]],
    should_stop: Stop,
) -> dict[str, Any]:
    """The change of the mean token log-probability of the old answers outside the rule's scope, in
    nats: near it and in general. 0 is what is wanted.
    """
    base = load_policy(base_model, str(model.device))[0]
    found: dict[str, Any] = {}
    for scope in ("near", "general"):
        asked = [row for row in rows if row["scope"] == scope]
        if not asked:
            continue
        conversations = [(row["prompt"], row["chosen"]) for row in asked]
        after, before = (
            token_means(one, tokenizer, conversations, should_stop) for one in (model, base)
        )
        change = [a - b for a, b in zip(after, before, strict=True)]
        figure = mean(change, [_key(row["prompt"]) for row in asked])
        found[f"{scope}_token_logp_change"] = figure.as_json() if figure else None
    return found


def evaluate_answers(
    trained: Sampler,
    base: Sampler,
    asked: Sequence[Asked],
    checker: Checker | None,
    params: SamplingParams,
    should_stop: Stop,
) -> dict[str, Any]:
    """Greedy answers before and after on held-out requests.

    `unchanged_answers`: the share outside the scope that is word for word the old one. With a
    checker `adherence` inside the scope and `overgeneralisation` outside it, each with its share
    before training: the latter should not rise.
    """
    inside = [one for one in asked if one.scope == "rule"][:MOST]
    outside = [
        one
        for scope in ("near", "general")
        for one in [other for other in asked if other.scope == scope][:MOST]
    ]
    found: dict[str, Any] = {}
    for name, group in (("adherence", inside), ("overgeneralisation", outside)):
        after, before = (_answers(one, group, params, should_stop) for one in (trained, base))
        if name == "overgeneralisation":
            same = [float(a == b) for a, b in zip(after, before, strict=True)]
            found["unchanged_answers"] = _share(same, group)
        if checker is None:
            found[name] = NOT_MEASURED
            continue
        for label, texts in ((name, after), (f"{name}_before", before)):
            told = [(v, one) for v, one in zip(checker(group, texts), group, strict=True)]
            known = [(float(v), one) for v, one in told if v is not None]
            found[label] = _share([v for v, _ in known], [one for _, one in known])
    return found


def checker_of(source: Mapping[str, Any] | None, should_stop: Stop) -> Checker | None:
    """A checker from a rule or a policy as a run names it; None where there is none."""
    if source is None:
        return None
    if source["kind"] == "rule":
        rule = parse_rule(source["rule"])
        return lambda asked, answers: [rule.reward(answer) >= 1 for answer in answers]
    judge = Writer(source)

    def check(asked: Sequence[Asked], answers: Sequence[str]) -> list[bool | None]:
        questions = [
            adherence_question(one.rule, one.prompt, answer)
            for one, answer in zip(asked, answers, strict=True)
        ]
        params = SamplingParams(temperature=0, max_new_tokens=8)
        replies = judge.policy.sample(questions, params, None, should_stop)
        return [adheres(samples[0].text) for samples in replies]

    return check


def _answers(
    policy: Sampler, asked: Sequence[Asked], params: SamplingParams, should_stop: Stop
) -> list[str]:
    if not asked:
        return []
    prompts: list[Messages] = [one.prompt for one in asked]
    return [samples[0].text for samples in policy.sample(prompts, params, None, should_stop)]


def _share(values: Sequence[float], asked: Sequence[Asked]) -> dict[str, Any] | None:
    figure = proportion(values, [_key(one.prompt) for one in asked])
    return figure.as_json() if figure else None


def _key(prompt: Any) -> str:
    return json.dumps(list(prompt), sort_keys=True)

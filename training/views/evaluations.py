"""Evaluations laid out for a page: figures in the order in which they are read, tables of groups, charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback.forms.schema import words
from training.views.charts import Chart
from training.views.curves import best_of_chart, reliability_chart
from training.views.intervals import ACCURACY, Drawn, drawn
from training.views.lineage import counted

_EVALUATIONS: dict[str, tuple[str, str]] = {
    # name: (label, format)
    "accuracy": ("Held-out accuracy", "share"),
    "general_accuracy": ("Accuracy of the score between two", "share"),
    "own_group_accuracy": ("Accuracy by everybody's own group", "share"),
    "worst_group_accuracy": ("… in the group served worst", "share"),
    "shared_accuracy": ("… by all groups' mean", "share"),
    "best_found": ("Best of a list found", "share"),
    "amount_correlation": ("Correlation with amounts", "signed"),
    "implicit_reward_accuracy": ("Implicit-reward accuracy", "share"),
    "ranking_accuracy": ("Raw ranking accuracy", "share"),
    "reference_ranking_accuracy": ("… of the base policy", "share"),
    "human_agreement": ("Agreement of two people", "share"),
    "self_agreement": ("Agreement of a person with themselves", "share"),
    "win_rate": ("Wins against the base policy", "share"),
    "unread_replies": ("… replies of the judge that could not be read", "count"),
    "graded_by": ("… graded by", "number"),
    "referee_win_rate": ("Wins by a reward model that took no part", "share"),
    "referee_change": ("Change of its reward (standard deviations)", "signed"),
    "refereed_by": ("… which is", "number"),
    "reward_change": ("Change of reward", "signed"),
    "reward_before": ("… the base policy's", "number"),
    "reward_after": ("… the trained policy's", "number"),
    "separation": ("Wanted ranked above unwanted", "share"),
    "margin": ("Mean reward margin", "number"),
    "desirable_reward": ("Mean reward of wanted answers", "signed"),
    "undesirable_reward": ("… of unwanted ones", "signed"),
    "uncertainty": ("Members of the ensemble are apart by", "number"),
    "uncertainty_right": ("… where they are right", "number"),
    "uncertainty_wrong": ("… where they are wrong", "number"),
    "circular": ("Three answers that beat each other in a circle", "share"),
    "ece": ("Calibration error", "share"),
    "log_loss": ("Log-loss (nats)", "number"),
    "tie_log_loss": ("Log-loss with ties (nats)", "number"),
    "brier": ("Brier score", "number"),
    "accuracy_shorter": ("Accuracy where people preferred the shorter answer", "share"),
    "accuracy_longer": ("Accuracy where they preferred the longer one", "share"),
    "people_longer": ("People preferred the longer answer", "share"),
    "reward_longer": ("The reward prefers the longer answer", "share"),
    "length_correlation": ("Correlation of reward and length", "signed"),
    "length_effect": ("Effect of length at equal preference", "signed"),
    "chosen_logp_change": ("Change of chosen log-probability (nats)", "signed"),
    "rejected_logp_change": ("Change of rejected log-probability (nats)", "signed"),
    "desirable_logp_change": ("Change of wanted log-probability (nats)", "signed"),
    "undesirable_logp_change": ("Change of unwanted log-probability (nats)", "signed"),
    "token_logp_change": ("Change of held-out answers (nats a token)", "signed"),
    "token_logp": ("Log-probability of held-out answers (nats a token)", "signed"),
    "reference_token_logp": ("… of the base policy", "signed"),
    "feedback_accuracy": ("Heeds feedback", "share"),
    "feedback_gap": ("Right against contrary feedback (nats a token)", "signed"),
    "flagged": ("Tokens that critiques point at", "share"),
    "flagged_logp_change": ("… change of their log-probability (nats)", "signed"),
    "other_logp_change": ("… and of the other tokens' (nats)", "signed"),
    "adherence": ("Follows the rules where they apply", "share"),
    "adherence_before": ("… before", "share"),
    "overgeneralisation": ("Follows them where they do not apply", "share"),
    "overgeneralisation_before": ("… before", "share"),
    "unchanged_answers": ("Answers out of scope that stayed word for word", "share"),
    "near_token_logp_change": ("Change of old answers near the rules (nats a token)", "signed"),
    "general_token_logp_change": ("Change of old answers in general (nats a token)", "signed"),
    "kl": ("Distance from the base policy (KL, nats an answer)", "number"),
    "length_before": ("Words in an answer before", "number"),
    "length_after": ("… after", "number"),
    "distinct_before": ("Different word pairs before", "share"),
    "distinct_after": ("… after", "share"),
    "finished_before": ("Answers that ended by themselves before", "share"),
    "finished_after": ("… after", "share"),
    "pairs": ("Held-out pairs", "count"),
    "verdicts": ("Held-out thumbs", "count"),
    "lists": ("Held-out lists", "count"),
    "amounts": ("Held-out amounts", "count"),
    "ratings": ("Held-out ratings", "count"),
    "triads": ("Triads of answers to train on", "count"),
    "answers": ("Held-out answers", "count"),
    "judged": ("Held-out judged answers", "count"),
    "criticised": ("Held-out criticised answers", "count"),
    "prompts": ("Held-out prompts sampled", "count"),
}
EXPLAINED = {
    "accuracy": "How often the chosen answer gets the higher reward; 50 % is guessing.",
    "implicit_reward_accuracy": "How often the chosen answer gained more over the base policy "
    "than the rejected one; 50 % is no change.",
    "ranking_accuracy": "How often the chosen answer is the likelier one outright.",
    "general_accuracy": "What no single number can say counts here: preferences that run in circles.",
    "own_group_accuracy": "Above the accuracy by all groups' mean, tastes differ and the groups are found.",
    "uncertainty_wrong": "Above the uncertainty where they are right, the ensemble knows what it does not know.",
    "circular": "A quarter is chance; below 5 % a reward model says as much.",
    "human_agreement": "How often two people who judged the same two answers agree, in all of "
    "the snapshot and not on held-out prompts alone: what can be reached.",
    "win_rate": "How often the grader prefers the trained policy's answer; 50 % is no change.",
    "unread_replies": "Where neither reply on two answers could be read, both count as half a win.",
    "referee_change": "Where the grader's reward rises and this one falls, the grader is over-optimised.",
    "separation": "How often a wanted answer gained more than an unwanted one.",
    "ece": "How far claimed probabilities are from shares that were right; a few percent is chance.",
    "log_loss": "0.693 says nothing, and less is better.",
    "brier": "0.25 says nothing, and less is better.",
    "length_effect": "By how many standard deviations the reward grows with one of length, "
    "beyond what people prefer; 0 is no bias.",
    "chosen_logp_change": "Below 0 the policy has become less likely to write what people chose.",
    "feedback_accuracy": "How often an answer is likelier after what was said of it than after the "
    "contrary; 50 % is not heeding it.",
    "flagged": "The share that the critique makes likelier; near 0 there was nothing to unlearn from.",
    "flagged_logp_change": "Should be below that of the other tokens.",
    "overgeneralisation": "Should be no more than before training.",
    "near_token_logp_change": "0 is what is wanted: nothing changed out of scope.",
    "general_token_logp_change": "0 is what is wanted: nothing changed out of scope.",
    "kl": "How far the policy has moved; what it gained has this price.",
}
_GROUPS = {
    "tag": ("Accuracy by tag", "Tag"),
    "annotator": ("Accuracy by annotator", "Annotator"),
    "strength": ("Accuracy by strength of the preference", "Strength"),
    "length": ("Accuracy by length", "Mean words of the two answers"),
}
_ABOUT_PEOPLE = frozenset({"human_agreement", "self_agreement"})
_LAID_OUT = frozenset(
    {"accuracy_by", "agrees_with", "reliability", "best_of"}
)  # as tables and charts


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of an evaluation; `interval` and `basis` are empty where there are none.

    `number` is what `value` says, None for a text; `formatted(number, style)` says it again.
    """

    label: str
    value: str
    interval: str = ""
    basis: str = ""
    explained: str = ""
    number: float | None = None
    style: str = "number"


@dataclass(frozen=True, slots=True)
class GroupTable:
    """A figure by group."""

    title: str
    group: str
    rows: Sequence[tuple[str, Drawn]]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Everything that a page shows of an evaluation."""

    rows: Sequence[Measured]
    tables: Sequence[GroupTable]
    charts: Sequence[Chart]


def evaluated(evaluation: Mapping[str, Any]) -> Evaluated:
    """The evaluation laid out."""
    charts = (
        reliability_chart(evaluation.get("reliability") or ()),
        best_of_chart(evaluation.get("best_of") or ()),
    )
    return Evaluated(
        rows=evaluation_rows(evaluation),
        tables=[
            *(_accuracies(n, g) for n, g in (evaluation.get("accuracy_by") or {}).items()),
            *_agreements(evaluation.get("agrees_with") or {}),
        ],
        charts=[chart for chart in charts if chart],
    )


def evaluation_rows(evaluation: Mapping[str, Any]) -> list[Measured]:
    """Its single figures in the order in which they are read; what is not known is shown as it is."""
    names = [*(n for n in _EVALUATIONS if n in evaluation)]
    names += [n for n in evaluation if n not in _EVALUATIONS and n not in _LAID_OUT]
    return [_measured(name, evaluation[name]) for name in names if evaluation[name] is not None]


def headline_of(evaluation: Mapping[str, Any]) -> Measured | None:
    """Its first figure of the model: never one of people, a count or a text; None without one."""
    own = {name: value for name, value in evaluation.items() if name not in _ABOUT_PEOPLE}
    rows = evaluation_rows(own)
    return next((r for r in rows if r.number is not None and r.style != "count"), None)


def _accuracies(name: str, groups: Mapping[str, Any]) -> GroupTable:
    title, group = _GROUPS.get(name, (f"Accuracy by {name}", words(name)))
    return GroupTable(title, group, _lines(groups))


def _agreements(others: Mapping[str, Any]) -> list[GroupTable]:
    """How often other reward models order the held-out pairs alike."""
    title = "Agreement with other reward models"
    return [GroupTable(title, "Reward model", _lines(others))] if others else []


def _lines(groups: Mapping[str, Any]) -> list[tuple[str, Drawn]]:
    return [(key, line) for key, figure in groups.items() if (line := drawn(figure, ACCURACY))]


def _measured(name: str, value: Any) -> Measured:
    label, style = _EVALUATIONS.get(name, (words(name), "number"))
    estimate = value if isinstance(value, Mapping) else {"value": value}
    number = estimate.get("value")
    interval = basis = ""
    if estimate.get("low") is not None and estimate.get("high") is not None:
        interval = f"{formatted(estimate['low'], style)} to {formatted(estimate['high'], style)}"
    if "n" in estimate:
        basis = f"{estimate['n']} from {counted(int(estimate.get('prompts', 0)), 'prompt')}"
    return Measured(
        label=label,
        value="not known" if number is None and "note" in estimate else formatted(number, style),
        interval=interval,
        basis=basis,
        explained=f"{EXPLAINED.get(name, '')} {estimate.get('note', '')}".strip(),
        number=float(number) if isinstance(number, int | float) else None,
        style=style,
    )


def formatted(value: Any, style: str) -> str:
    """A number as its style writes it: `share`, `count`, `signed` or `number`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "none" if value is None else str(value)
    if style == "share":
        return f"{100 * value:.1f} %"
    if style == "count":
        return str(value)
    return f"{value:+.3f}" if style == "signed" else f"{value:.4g}"

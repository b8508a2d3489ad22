"""Options, configs and counts as rows that a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feedback.forms.schema import words
from training.companions import models_told
from training.models import Job
from training.recipes import RECIPES

MOST_TOLD = 20  # entries of a long table
_DROPPED = {
    "too_long": "longer than the most tokens allowed",
    "tie": "ties, which this recipe cannot use",
    "both_bad": "both answers bad, which this recipe cannot use",
    "identical": "both answers the same",
    "empty": "an empty answer",
    "image": "an image, which this recipe cannot use",
    "aspect": "about one aspect only",
    "not_a_comparison": "no comparison",
    "not_a_verdict": "no thumb",
    "not_a_ranking": "no ranking and no comparison",
    "not_an_amount": "no difference in worth",
    "not_a_rating": "no score of an answer",
    "no_vector": "an answer without a stored vector",
    "not_an_answer": "no answer to imitate",
    "no_revision": "a critique without a revision",
    "unchanged": "a revision that changes nothing",
    "machine_revision": "a revision that a policy wrote",
    "unwanted": "a thumb down",
    "in_words": "words, which were left out as set",
    "no_words": "a critique without words",
    "not_text_feedback": "no critique, answer or thumb",
    "surplus_uncriticised": "more uncriticised answers than were asked for",
}

_LEARNT = {
    "shares": "Shares of group 1, 2, …",
    "groups": "How likely each annotator is in group 1, 2, …",
}


def learned_sentences(learned: Mapping[str, Any]) -> list[str]:
    """What a loss learnt besides the model (a threshold, annotators), a sentence each."""
    return [
        f"{_LEARNT.get(name, words(name))}: {_told(value)}."
        for name, value in learned.items()
        if value
    ]


def _told(value: Any) -> str:
    """Plain data in a few words; of a long table the beginning."""
    if isinstance(value, Mapping):
        told = [f"{name} {_told(one)}" for name, one in list(value.items())[:MOST_TOLD]]
        return "; ".join([*told, *(["…"] if len(value) > MOST_TOLD else [])])
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def row_sentences(rows: Mapping[str, Any]) -> list[str]:
    """What became of the evidence in a training: used, held out, left out and why."""
    lost = {**(rows.get("unusable") or {}), "too_long": rows.get("too_long", 0)}
    train, test = int(rows.get("train", 0)), int(rows.get("test", 0))
    sentences = [f"{counted(train, 'row')} used for training, {test} held out."]
    sentences += [
        f"{counted(int(n), 'row')} left out: {_DROPPED.get(reason, words(reason).lower())}."
        for reason, n in lost.items()
        if n
    ]
    return sentences


def round_sentences(rounds: Sequence[Mapping[str, float]]) -> list[str]:
    """What each round of a training in rounds had to learn from."""
    told = [", ".join(f"{words(k).lower()} {v:.4g}" for k, v in found.items()) for found in rounds]
    return [
        f"Round {number}: {said or 'nothing left to learn'}." for number, said in enumerate(told, 1)
    ]


def counted(n: int, noun: str) -> str:
    """For example `1 row`, `2 rows`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


WEIGHTS = {
    "gold": "by answers to gold items",
    "dawid_skene": "by Dawid-Skene",
    "crowd_bt": "by Crowd-BT",
}


def option_rows(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A snapshot's options in words."""
    rows = [("Held out", f"{100 * float(options.get('held_out', 0)):.3g} % of the prompts")]
    for name, label in (("kinds", "Kinds"), ("sources", "Judged by"), ("tags", "Tags")):
        rows.append((label, ", ".join(options.get(name) or ()) or "all"))
    if options.get("weights", "none") != "none":
        rows.append(("Weights", WEIGHTS[options["weights"]]))
    if options.get("adjudicated") == "decision":
        rows.append(("Where a reviewer decided", "the decision only"))
    return rows


def model_rows(job: Job) -> list[tuple[str, str]]:
    """The models that a training used besides its base, by what they were for."""
    needs = RECIPES[job.params["recipe"]].needs if job.params.get("recipe") in RECIPES else {}
    return list(models_told(needs, job.params.get("models") or {}).items())


def config_rows(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A config as label and value; None is what the recipe chose by itself."""
    return [(words(name), _value(value)) for name, value in config.items()]


def _value(value: Any) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return str(value)

"""A policy against the one that it was trained from, by what both write to held-out prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.metrics import Estimate, best_of_curve, distinct, mean, sampled_kl, win_rate
from training.progress import Reporter
from training.recipes.base import Run
from training.recipes.sample_support.config import SampledConfig
from training.recipes.sample_support.graders import Grades, graded, is_judge
from training.recipes.sample_support.prompts import Prompt, with_answers
from training.recipes.sample_support.samples import local, sampled
from training.sampling.base import Sample
from training.sampling.local.loading import load_policy
from training.sampling.local.scoring import log_probabilities

FOLDER = "evaluation"
MOST_PROMPTS, MOST_JUDGED = (
    100,
    32,
)  # held-out prompts that are sampled; fewer where a judge is asked
JUDGED = 2  # samples a prompt of each side where a judge compares all pairs in both orders

Samples = Mapping[str, Sequence[Sample]]


def evaluate_samples(
    run: Run, config: SampledConfig, prompts: Sequence[Prompt], trained: Path, reporter: Reporter
) -> dict[str, Any]:
    """Before and after training, on the same held-out prompts with the same luck:

    `reward_before`, `reward_after`, `reward_change`, `win_rate` by the run's grader, where it has
    one, and a judge's `unread_replies`, if any; `kl` of the trained policy from its base in nats an
    answer, on its own finished samples, with a `note` where it says little and a `value` of None where
    it cannot be known; `length_before` and `length_after` in words; `distinct_before` and
    `distinct_after`, the share of different word pairs; `finished_before` and `finished_after`, the
    share not cut off; and
    `best_of`: what choosing the best of n of the base's samples would reach, with its KL.
    """
    grader = run.models.get("grader")
    judged = grader is not None and is_judge(grader)
    chosen = list(prompts)[: MOST_JUDGED if judged else MOST_PROMPTS]
    if not chosen:
        return {"prompts": 0}
    n = JUDGED if judged else config.samples
    params = config.sampling(config.seed, n)
    folder = run.directory / FOLDER
    before, after = (
        sampled(folder / f"{name}.jsonl", local(path), chosen, params, reporter, message)
        for name, path, message in (
            ("before", run.base_model, "Sampling the base on held-out prompts"),
            ("after", str(trained), "Sampling the trained policy on held-out prompts"),
        )
    )
    found: dict[str, Any] = {"prompts": len(chosen)}
    if grader is not None:
        items = with_answers(chosen, {p["id"]: _texts(before, after, p) for p in chosen})
        grades = graded(folder / "grades.jsonl", grader, items, reporter)
        found |= _rewards(grades, n, absolute=not judged)
    found["kl"] = _kl(run.base_model, str(trained), chosen, after, reporter)
    for name, samples in (("before", before), ("after", after)):
        found |= {f"{key}_{name}": value for key, value in _style(samples).items()}
    return {key: _json(value) for key, value in found.items() if value is not None}


def _texts(before: Samples, after: Samples, prompt: Prompt) -> list[str]:
    return [sample.text for side in (before, after) for sample in side[prompt["id"]]]


def _rewards(grades: Mapping[str, Grades], n: int, *, absolute: bool) -> dict[str, Any]:
    """Each prompt's first n grades are the base's, the other n the trained policy's."""
    keys = [key for key in grades for _ in range(n)]
    before = [score for one in grades.values() for score in one.scores[:n]]
    after = [score for one in grades.values() for score in one.scores[n:]]
    chances = [one.beats(n + i, i) for one in grades.values() for i in range(n)]
    wins = win_rate(after, before, keys) if absolute else mean(chances, keys)
    found: dict[str, Any] = {
        "win_rate": wins,
        "reward_before": mean(before, keys),
        "reward_after": mean(after, keys),
        "reward_change": mean([a - b for a, b in zip(after, before, strict=True)], keys),
    }
    if unread := sum(one.unread for one in grades.values()):
        found["unread_replies"] = unread
    if absolute:
        curve = best_of_curve([one.scores[:n] for one in grades.values()])
        found["best_of"] = [point.as_json() for point in curve]
    return found


def _kl(
    base: str, trained: str, prompts: Sequence[Prompt], samples: Samples, reporter: Reporter
) -> dict[str, Any]:
    """Both sides by one measure: the log-probability of the text under the chat template."""
    finished = [
        (prompt, sample.text)
        for prompt in prompts
        for sample in samples[prompt["id"]]
        if sample.finish_reason == "stop" and sample.text.strip()
    ]
    pairs = [(p["messages"], [{"role": "assistant", "content": text}]) for p, text in finished]
    if not finished:
        note = "None of the trained policy's samples ended by itself, and only such are measured."
        return {"value": None, "note": note}
    sides = []
    for path in (trained, base):
        model, tokenizer, _ = load_policy(path)
        sides.append(log_probabilities(model, tokenizer, pairs, should_stop=reporter.should_stop))
    found = sampled_kl(sides[0], sides[1], [p["id"] for p, _ in finished])
    return {**found.as_json(), **_note(found, sum(map(len, samples.values())))} if found else {}


def _note(kl: Estimate, samples: int) -> dict[str, str]:
    """What a reader of the estimate must know, where there is something."""
    said = []
    if kl.n < samples / 2:
        said.append(
            f"Only {kl.n} of {samples} samples ended by themselves: it rests on those alone."
        )
    if kl.low < 0:
        said.append("Below 0 is chance alone: the distance itself is never less than 0.")
    return {"note": " ".join(said)} if said else {}


def _style(samples: Samples) -> dict[str, Any]:
    flat = [(key, sample) for key, own in samples.items() for sample in own]
    keys = [key for key, _ in flat]
    return {
        "length": mean([float(len(s.text.split())) for _, s in flat], keys),
        "distinct": distinct([s.text for _, s in flat], 2),
        "finished": mean([float(s.finish_reason == "stop") for _, s in flat], keys),
    }


def _json(value: Any) -> Any:
    return value.as_json() if isinstance(value, Estimate) else value

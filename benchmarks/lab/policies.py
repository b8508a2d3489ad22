"""Part d: DPO and KTO raise the true utility of what a policy says, the more the more labels; on chance labels not."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lab import people, tiny
from benchmarks.lab.kinds import shuffled
from benchmarks.lab.learning import trained
from benchmarks.lab.people import Person
from benchmarks.lab.place import frozen, owner
from benchmarks.lab.report import Part, interval
from feedback.evidence import Evidence
from feedback.models import Source
from feedback.services import (
    NewCompletion,
    NewItem,
    NewSubmission,
    add_items,
    annotator_for,
    create_project,
    submit_judgments,
)

SIZES = (100, 400, 1600)
FRESH = 600  # answers that are sampled to measure a policy
SETTINGS: Mapping[str, Any] = {"learning_rate": 5e-4, "beta": 0.1, "batch_size": 32, "epochs": 4}
FLOORS = {"dpo": 0.5, "kto": 0.35}
CONTROL = 400


def run(seeds: Sequence[int], *, quick: bool) -> Part:
    """The gain of utility over the reference's, in standard deviations of the reference's answers."""
    part = Part("d. DPO and KTO raise utility")
    sizes = (400,) if quick else SIZES
    rows = []
    for recipe in ("dpo",) if quick else ("dpo", "kto"):
        found = [_one(seed, recipe, sizes) for seed in (seeds[:1] if quick else seeds)]
        by_size = {n: [gains[n] for gains, _ in found] for n in sizes}
        control = [chance for _, chance in found]
        rows.append([recipe, *(interval(by_size[n]) for n in sizes), interval(control)])
        _claim(part, recipe, by_size, control)
    part.table(["recipe", *(f"{n} labels" for n in sizes), f"{CONTROL} shuffled"], rows)
    return part


def _claim(part: Part, recipe: str, by_size: dict[int, list[float]], control: list[float]) -> None:
    gains = by_size[400]
    part.claim(
        f"{recipe} with 400 labels: a gain of {FLOORS[recipe]}, above 0 in every seed.",
        f"{np.mean(gains):+.2f}, lowest {min(gains):+.2f}",
        bool(np.mean(gains) >= FLOORS[recipe] and min(gains) > 0),
    )
    means = [float(np.mean(by_size[n])) for n in sorted(by_size)]
    if len(means) > 1:
        part.claim(
            f"{recipe}: more labels gain more.",
            ", ".join(f"{mean:+.2f}" for mean in means),
            means == sorted(means),
        )
    part.claim(
        f"{recipe} on shuffled labels: no gain (0.2 at most).",
        f"{np.mean(control):+.2f}",
        abs(float(np.mean(control))) <= 0.2,
    )


def _one(seed: int, recipe: str, sizes: Sequence[int]) -> tuple[dict[int, float], float]:
    """(gain by number of labels, gain with shuffled labels) of one seed."""
    said = tiny.language(seed)
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "reference"
        tiny.build_reference(reference, said)
        base = _utilities(reference, said, seed)
        records = _judged(reference, said, recipe, seed, most=max(*sizes, CONTROL))

        def gain(labels: Sequence[Evidence]) -> float:
            settings = {**SETTINGS, "seed": seed}
            with trained(recipe, labels, settings, base=reference) as path:
                after = _utilities(path, said, seed)
            return float((after.mean() - base.mean()) / base.std())

        rng = np.random.default_rng(seed)
        rising = {n: gain(records[:n]) for n in sizes}
        return rising, gain(shuffled(records[:CONTROL], rng))


def _judged(
    reference: Path, said: tiny.Language, recipe: str, seed: int, *, most: int
) -> list[Evidence]:
    """Answers of the reference, judged pairwise (DPO) or by thumbs (KTO), frozen."""
    rng = np.random.default_rng(seed + 5000)
    kind, says, size = (
        ("pairwise", people.pairwise, 2) if recipe == "dpo" else ("thumbs", people.thumbs, 1)
    )
    slug = f"policy-{recipe}-{seed}"
    project = create_project(owner=owner(), name=slug, slug=slug)
    asked = [int(t) for t in rng.integers(tiny.TOPICS, size=2 * most)]
    found = zip(asked, tiny.sample(reference, asked, n=size, seed=10_000 * seed), strict=True)
    # An empty answer cannot be judged.
    topics, answers = zip(*[(t, texts) for t, texts in found if all(texts)][:most], strict=True)
    worth = [
        [said.utility(t, text) for text in texts] for t, texts in zip(topics, answers, strict=True)
    ]
    usual = float(np.median([w for row in worth for w in row]))
    items = [
        NewItem(tiny.prompt_of(t), [NewCompletion(text) for text in texts], [kind])
        for t, texts in zip(topics, answers, strict=True)
    ]
    person = Person("annotator", noise=0.5)
    annotator = annotator_for(project, Source.IMPORT, person.name)
    news = []
    for n, (outcome, values) in enumerate(zip(add_items(project, items), worth, strict=True)):
        assert outcome.item is not None, outcome.error
        answer = says(person, [value - usual for value in values], rng)
        news.append(NewSubmission(outcome.item.pk, annotator, answer, key=str(n)))
    for done in submit_judgments(news):
        assert done.error is None, done.error
    return frozen(project)


def _utilities(path: Path, said: tiny.Language, seed: int) -> Any:
    """The true utility of FRESH answers, the same questions for each policy of a seed."""
    topics = [n % tiny.TOPICS for n in range(FRESH)]
    answers = tiny.sample(path, topics, n=1, seed=777_000 + seed)
    return np.array([said.utility(t, texts[0]) for t, texts in zip(topics, answers, strict=True)])

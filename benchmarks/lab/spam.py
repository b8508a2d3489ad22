"""Part f: where many annotate at random, knowing who is reliable beats the majority."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.lab import people
from benchmarks.lab.learning import learnt_rewards
from benchmarks.lab.people import Person
from benchmarks.lab.place import asked_items, frozen, judge, owner
from benchmarks.lab.report import Part, interval, wins
from benchmarks.lab.world import World, linear_world, order_accuracy
from feedback.evidence import Comparison, Evidence
from feedback.models import Annotator, Project
from feedback.quality.consensus import consensus
from feedback.quality.votes import Vote
from feedback.selectors.quality import annotator_weights
from training.services import run_here, start_quality_report

PEOPLE, PAIRS, EACH = 25, 400, 5
# Share of spammers, and of people who take the left nine times in ten.
CROWDS = {"nobody spams": (0.0, 0.0), "40 % spam": (0.4, 0.0), "30 % always left": (0.0, 0.3)}
SPAM_WEIGHT = 0.25  # of the highest weight: whoever lies below was found


def run(seeds: Sequence[int], *, quick: bool) -> Part:
    """Accuracy of the labels and of the reward model, by how votes are put together."""
    part = Part("f. Reliable people count for more")
    rows = []
    for label, shares in CROWDS.items():
        if quick and label != "40 % spam":
            continue
        found = np.array([_one(seed, label, *shares) for seed in seeds])
        majority, weighted, model, reliable, spotted, accused = found.T
        gains = weighted - majority, reliable - model
        rows.append([label, *map(interval, (majority, weighted, model, reliable)), wins(gains[1])])
        _claim(part, label, *gains, float(spotted.mean()), float(accused.mean()))
    header = ["crowd", "labels: majority", "labels: Dawid-Skene", "reward model: majority"]
    part.table([*header, "reward model: Crowd-BT on all votes", "wins"], rows)
    return part


def _claim(
    part: Part, label: str, labels: np.ndarray, model: np.ndarray, spotted: float, accused: float
) -> None:  # type: ignore[type-arg,unused-ignore]
    seen = f"labels {labels.mean():+.3f}, reward model {model.mean():+.3f}"
    if label == "40 % spam":
        part.claim(
            "With 40 % spam: labels gain 2.5 points, the reward model 2.",
            seen,
            labels.mean() >= 0.025 and model.mean() >= 0.02,
        )
        part.claim(
            "At least 80 % of spammers are found, at most 5 % of the others accused.",
            f"{spotted:.0%} found, {accused:.0%} accused",
            spotted >= 0.8 and accused <= 0.05,
        )
    elif label == "nobody spams":
        part.claim("Without spam nothing is lost: labels within a point.", seen,
                   abs(labels.mean()) <= 0.01)  # fmt: skip
    else:
        part.claim("Always-left people: labels gain 5 points.", seen, labels.mean() >= 0.05)


def _one(seed: int, label: str, spam: float, left: float) -> tuple[float, ...]:
    """Accuracies (labels by majority and Dawid-Skene, reward models), and shares found and accused."""
    world = linear_world(seed)
    rng = np.random.default_rng(seed + 3000)
    slug = f"crowd-{''.join(c for c in label if c.isalnum())}-{seed}"
    project, asked = asked_items(world, slug, "pairwise", items=PAIRS, size=2, rng=rng)
    crowd = _crowd(spam, left)
    judge(world, project, asked, crowd, people.pairwise, rng, each=EACH)
    job = run_here(start_quality_report(project, owner()))
    assert job.state == "done", job.error
    truth = {
        a.item: float(
            world.worth[a.prompt, a.candidates[0]] < world.worth[a.prompt, a.candidates[1]]
        )
        for a in asked
    }
    records = [r for r in frozen(project) if isinstance(r, Comparison)]
    names = _names(project)
    weights = annotator_weights(project, "dawid_skene")
    majority = _accuracy(_consensus(records, None), truth)
    weighted = _accuracy(_consensus(records, weights), truth)
    model = _learnt(world, _collapsed(records), "bradley_terry")
    reliable = _learnt(world, records, "crowd_bt")
    bad = {p.name for p in crowd if p.sort != "honest"}
    found = {names[one] for one, w in weights.items() if w < SPAM_WEIGHT * max(weights.values())}
    spotted = len(found & bad) / max(1, len(bad))
    return majority, weighted, model, reliable, spotted, len(found - bad) / (PEOPLE - len(bad))


def _crowd(spam: float, left: float) -> list[Person]:
    sorts = ["spammer"] * round(spam * PEOPLE) + ["left"] * round(left * PEOPLE)
    sorts += ["honest"] * (PEOPLE - len(sorts))
    return [Person(f"{sort}-{n}", sort=sort) for n, sort in enumerate(sorts)]


def _names(project: Project) -> Mapping[str, str]:
    """Names by the pseudonym that evidence and weights use."""
    return {one.pseudonym: one.name for one in Annotator.objects.filter(project=project)}


def _consensus(
    records: Sequence[Comparison], weights: Mapping[str, float] | None
) -> dict[int, float]:
    """0 where the first is held to be better, 1 where the second; half where nothing is held."""
    votes = [
        Vote(r.context.item, r.context.annotator, float(r.outcome == "second")) for r in records
    ]
    return {item: float(found.value) for item, found in consensus(votes, weights).items()}


def _accuracy(said: Mapping[int, float], truth: Mapping[int, float]) -> float:
    return float(np.mean([said[i] == right if i in said else 0.5 for i, right in truth.items()]))


def _collapsed(records: Sequence[Comparison]) -> list[Evidence]:
    """One comparison an item: what most people said; the first of its records carries it."""
    votes: dict[int, list[Comparison]] = defaultdict(list)
    for record in records:
        votes[record.context.item].append(record)
    return [
        replace(
            some[0],
            outcome="second"
            if 2 * sum(r.outcome == "second" for r in some) > len(some)
            else "first",
            strength=1.0,
        )
        for some in votes.values()
    ]


def _learnt(world: World, records: Sequence[Evidence], loss: str) -> float:
    return order_accuracy(world, learnt_rewards(world, "reward_model", records, {"loss": loss}))

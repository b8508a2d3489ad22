"""Score: what a reward model thinks of the answers that wait to be judged, and where its members disagree."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from feedback.errors import InvalidInput
from feedback.models import ItemCompletion, Project
from feedback.selectors.waiting import DISAGREEMENT, orderable_items
from feedback.services import queue_settings
from feedback.services.bulk import batches_of
from feedback.services.signals import NewSignal, store_signals
from training.jobs.child import run_child
from training.jobs.context import JobContext
from training.models import Checkpoint
from training.operations.base import NextJob, Operation, Outcome, Params
from training.registry import cached_tree

REWARD = "reward"
BATCH = 2000


class ScoreParams(Params):
    """Which reward model scores."""

    checkpoint: int


class ScoreItems(Operation[ScoreParams]):
    """Signals, stored under the checkpoint's name; a queue that asks the uncertain first is ordered anew."""

    name = "score_items"
    label = "Scoring"
    queue = "gpu"
    params_model = ScoreParams

    def run(self, context: JobContext, params: ScoreParams) -> Outcome:
        """Score the completions of all items that wait, in a child process."""
        project = context.job.project
        assert project is not None  # noqa: S101 checkpoints always have a project
        checkpoint = Checkpoint.objects.get(pk=params.checkpoint)
        items = _write_rows(project, context.directory / "rows.jsonl")
        if not items:
            raise InvalidInput("No item with text waits to be judged.", code="nothing_to_score")
        task = {"task": "score", "reward_model": str(cached_tree(checkpoint.artefact))}
        run_child(context, task)
        scores = _scores(context.directory / "scores.jsonl")
        completions = _store_rewards(project, checkpoint, scores)
        doubted = _store_disagreement(project, checkpoint, items, scores)
        follow = doubted and queue_settings(project).order == "uncertain"
        return Outcome(
            result={"items": len(items), "completions": completions, "doubted": doubted},
            follow=(NextJob("order_items", {}),) if follow else (),
        )


def _write_rows(project: Project, path: Path) -> dict[int, list[int]]:
    """A line for each completion with text of the items that wait; returns each item's completions."""
    slots = ItemCompletion.objects.filter(
        item__in=orderable_items(project), completion__media__isnull=True
    )
    rows = slots.order_by("item", "index").values_list(
        "item", "completion", "completion__text", "item__prompt__messages"
    )
    items: dict[int, list[int]] = {}
    written: set[int] = set()
    with path.open("w", encoding="utf-8") as file:
        for item, about in groupby(rows.iterator(chunk_size=BATCH), key=itemgetter(0)):
            for _, completion, text, messages in about:
                items.setdefault(item, []).append(completion)
                if completion not in written:
                    line = {"id": completion, "prompt": messages, "completion": text}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    written.add(completion)
    return items


def _scores(path: Path) -> dict[int, dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return {line["id"]: line for line in map(json.loads, file)}


def _store_rewards(
    project: Project, checkpoint: Checkpoint, scores: Mapping[int, Mapping[str, Any]]
) -> int:
    signals = (NewSignal(completion=pk, value=line["score"]) for pk, line in scores.items())
    return _store(project, REWARD, checkpoint, signals)


def _store_disagreement(
    project: Project,
    checkpoint: Checkpoint,
    items: Mapping[int, Sequence[int]],
    scores: Mapping[int, Mapping[str, Any]],
) -> int:
    """How many items of several completions an ensemble had an opinion on."""
    return _store(project, DISAGREEMENT, checkpoint, _doubts(items, scores))


def _doubts(
    items: Mapping[int, Sequence[int]], scores: Mapping[int, Mapping[str, Any]]
) -> Iterator[NewSignal]:
    for item, completions in items.items():
        members = [scores[pk]["members"] for pk in completions if "members" in scores[pk]]
        if len(members) > 1:
            yield NewSignal(item=item, value=disagreement(members))


def disagreement(members: Sequence[Sequence[float]]) -> float:
    """The standard deviation among members of sigma(r_a - r_b), a mean over all pairs of completions; 0 to 0.5.

    `members` are rewards [completions][members].
    """
    spreads = []
    for one, other in combinations(members, 2):
        chances = [_sigma(a - b) for a, b in zip(one, other, strict=True)]
        centre = sum(chances) / len(chances)
        spreads.append(math.sqrt(sum((c - centre) ** 2 for c in chances) / len(chances)))
    return sum(spreads) / len(spreads)


def _sigma(difference: float) -> float:
    return 0.5 * (1 + math.tanh(difference / 2))


def _store(
    project: Project, name: str, checkpoint: Checkpoint, signals: Iterable[NewSignal]
) -> int:
    version = f"{checkpoint.pk}: {checkpoint.name}"[:100]
    return sum(store_signals(project, name, version, part) for part in batches_of(signals, BATCH))

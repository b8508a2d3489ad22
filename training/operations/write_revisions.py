"""Revise: a policy writes anew what people criticised in words and nobody wrote better."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from feedback.evidence import Critique, Evidence
from feedback.models import Completion, Project, Source
from feedback.selectors import evidence_of
from feedback.services import (
    NewSubmission,
    add_item_for,
    annotator_for,
    submit_judgments,
)
from feedback.services.bulk import batches_of
from training.jobs.child import run_child
from training.jobs.context import JobContext
from training.judges import revision_question
from training.models import Policy
from training.operations.base import Operation, Outcome, Params
from training.registry import policy_source
from training.sampling.base import SamplingParams

KIND = "correction"
BATCH = 500


class RevisionParams(Params):
    """Which policy writes, and how it is sampled."""

    policy: int
    sampling: dict[str, Any] = {}


@dataclass(slots=True)
class Criticised:
    """An answer with what was said of it in words."""

    prompt: tuple[Mapping[str, str], ...]
    text: str
    critiques: list[str] = field(default_factory=list)


class WriteRevisions(Operation[RevisionParams]):
    """Revisions are stored as a judge's corrections, so that they are never taken for a person's.

    Each has a closed item of its own, which nobody else is asked.
    """

    name = "write_revisions"
    label = "Revisions"
    queue = "gpu"
    params_model = RevisionParams

    def run(self, context: JobContext, params: RevisionParams) -> Outcome:
        """Ask for what is missing in a child process, and store it together."""
        project = context.job.project
        assert project is not None  # noqa: S101 critiques always have a project
        policy = Policy.objects.get(pk=params.policy)
        criticised = unrevised(evidence_of(project))
        if not criticised:
            return Outcome(result={"criticised": 0, "revisions": 0, "unchanged": 0})
        texts = _sample(context, policy, criticised, SamplingParams.parse(params.sampling))
        told = {pk: text for pk, text in texts.items() if text}
        changed = {pk: text for pk, text in told.items() if text != criticised[pk].text.strip()}
        with transaction.atomic():
            stored = sum(
                _store(project, policy, dict(batch)) for batch in batches_of(changed.items(), BATCH)
            )
        counts = {"criticised": len(criticised), "revisions": stored}
        return Outcome(result={**counts, "unchanged": len(told) - len(changed)})


def unrevised(evidence: Iterable[Evidence]) -> dict[int, Criticised]:
    """By completion id, the answers that were criticised in words and have no revision from anybody."""
    found: dict[int, Criticised] = {}
    revised: set[int] = set()
    for record in evidence:
        if not isinstance(record, Critique) or record.completion.flaw() is not None:
            continue
        if record.revised is not None:
            revised.add(record.completion.id)
        if record.text.strip():
            one = Criticised(record.context.prompt, record.completion.text)
            found.setdefault(record.completion.id, one).critiques.append(record.text)
    return {pk: one for pk, one in found.items() if pk not in revised}


def _sample(
    context: JobContext,
    policy: Policy,
    criticised: Mapping[int, Criticised],
    sampling: SamplingParams,
) -> dict[int, str]:
    """The writer's texts by completion id, trimmed; what an earlier attempt wrote is not asked for again."""
    questions = (
        {"id": pk, "messages": revision_question(one.prompt, one.text, one.critiques)}
        for pk, one in criticised.items()
    )
    lines = (json.dumps(question, ensure_ascii=False) + "\n" for question in questions)
    (context.directory / "prompts.jsonl").write_text("".join(lines), encoding="utf-8")
    task = {"task": "sample", "policy": policy_source(policy), "params": sampling.as_json()}
    run_child(context, task)
    return {pk: text for pk, text in _read(context.directory / "samples.jsonl") if pk in criticised}


def _read(path: Path) -> Iterator[tuple[int, str]]:
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        yield row["id"], row["samples"][0]["text"].strip()


def _store(project: Project, policy: Policy, texts: Mapping[int, str]) -> int:
    """Corrections by the policy as a judge; a repeat stores nothing twice. Returns how many are new."""
    writer = annotator_for(project, Source.JUDGE, f"{policy.name} (revisions)"[:200])
    completions = Completion.objects.select_related("prompt__project").in_bulk(texts)
    news = []
    for pk, text in texts.items():
        completion = completions[pk]
        key = f"revision-{policy.pk}-{pk}"
        item = add_item_for(completion.prompt, [completion], [KIND], item_id=key, closed=True)
        answer = {"corrections": [{"completion": 0, "text": text, "unchanged": False}]}
        news.append(NewSubmission(item.pk, writer, {KIND: answer}, key, client="write_revisions"))
    outcomes = submit_judgments(news)
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error
    return sum(outcome.status == "created" for outcome in outcomes)

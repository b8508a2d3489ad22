"""Sample: completions of many prompts from one or two policies, and items that ask about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from pydantic import Field

from feedback.models import Completion, Prompt
from training.jobs.child import run_child
from training.jobs.context import JobContext
from training.models import Policy
from training.operations.base import Operation, Outcome, Params
from training.registry import policy_source
from training.samples import make_items, store_samples
from training.sampling.base import Sample, SamplingParams


class SampleParams(Params):
    """Which prompts (all of the project by default), which policies, and what to ask afterwards."""

    policies: list[int] = Field(min_length=1, max_length=2)
    prompts: list[int] | None = None
    sampling: dict[str, Any] = {}
    kinds: list[str | dict[str, Any]] = Field(
        default=[], description="Ask blind items of these kinds about the samples."
    )


class SampleCompletions(Operation[SampleParams]):
    """One child process a policy; what is stored is stored together."""

    name = "sample_completions"
    label = "Sampling"
    queue = "gpu"
    params_model = SampleParams

    def run(self, context: JobContext, params: SampleParams) -> Outcome:
        """Sample, store the completions, and make the items."""
        prompts = list(_prompts(context, params))
        sampling = SamplingParams.parse(params.sampling)
        policies = [Policy.objects.get(pk=pk) for pk in params.policies]
        folders = [_sample(context, policy, prompts, sampling) for policy in policies]
        with transaction.atomic():
            completions, items = _store(prompts, policies, folders, sampling, params)
        return Outcome(result={"completions": completions, "items": items})


def _prompts(context: JobContext, params: SampleParams) -> Iterator[Prompt]:
    chosen = Prompt.objects.filter(project=context.job.project, withdrawn_at=None)
    if params.prompts is not None:
        chosen = chosen.filter(pk__in=params.prompts)
    return chosen.order_by("pk").iterator()


def _sample(
    context: JobContext, policy: Policy, prompts: list[Prompt], sampling: SamplingParams
) -> Path:
    """Run one policy over the prompts in a child; what an earlier attempt sampled is not sampled again."""
    lines = [json.dumps({"id": p.pk, "messages": p.messages}) for p in prompts]
    (context.directory / "prompts.jsonl").write_text("\n".join(lines) + "\n")
    samples = f"samples-{policy.pk}.jsonl"
    task = {
        "task": "sample",
        "policy": policy_source(policy),
        "prompts": "prompts.jsonl",
        "samples": samples,
        "params": sampling.as_json(),
    }
    run_child(context, task)
    return context.directory / samples


def _store(
    prompts: list[Prompt],
    policies: list[Policy],
    folders: list[Path],
    sampling: SamplingParams,
    params: SampleParams,
) -> tuple[int, int]:
    read = [_read(folder) for folder in folders]
    completions = items = 0
    for prompt in prompts:
        groups: list[list[Completion]] = [
            store_samples(prompt, policy, rows[prompt.pk], sampling.as_json(), sampling.seed)
            for policy, rows in zip(policies, read, strict=True)
        ]
        completions += sum(len(group) for group in groups)
        if params.kinds:
            items += len(make_items(prompt, groups, params.kinds))
    return completions, items


def _read(file: Path) -> dict[int, list[Sample]]:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {row["id"]: [Sample(**sample) for sample in row["samples"]] for row in rows}

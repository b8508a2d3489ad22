"""Sampling into a file that an interrupted run goes on with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.progress import Reporter, fill_lines
from training.recipes.sample_support.prompts import Prompt
from training.sampling import open_policy
from training.sampling.base import Sample, SamplingParams


def sampled(
    path: Path,
    source: Mapping[str, Any],
    prompts: Sequence[Prompt],
    params: SamplingParams,
    reporter: Reporter,
    message: str = "Sampling",
) -> dict[str, list[Sample]]:
    """`params.n` samples of each prompt by its id, from the file as far as they are there.

    `source` names the policy as `open_policy` reads it; it is opened only where something lacks.
    """
    if not _complete(path, prompts):
        policy = open_policy(source)

        def answer(chunk: list[Any]) -> list[Mapping[str, Any]]:
            messages = [prompt["messages"] for prompt in chunk]
            found = policy.sample(messages, params, should_stop=reporter.should_stop)
            return [{"samples": [asdict(sample) for sample in samples]} for samples in found]

        path.parent.mkdir(parents=True, exist_ok=True)
        fill_lines(path, prompts, answer, reporter, message)
    found = {row["id"]: [Sample(**body) for body in row["samples"]] for row in read_lines(path)}
    return {prompt["id"]: found[prompt["id"]] for prompt in prompts}


def local(path: str) -> dict[str, str]:
    """The source of a policy in a directory, or on the Hub."""
    return {"kind": "local", "path": path}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file."""
    return [
        json.loads(line)
        for line in path.read_bytes().splitlines(keepends=True)
        if line[-1:] == b"\n"
    ]


def _complete(path: Path, prompts: Sequence[Prompt]) -> bool:
    done = {row["id"] for row in read_lines(path)} if path.exists() else set()
    return all(prompt["id"] in done for prompt in prompts)

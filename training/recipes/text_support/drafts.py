"""Texts that a policy writes for a training, kept beside its checkpoints so that none is asked for twice."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from training.progress import CHECKPOINTS, DRAFTS, Reporter, fill_lines
from training.sampling import open_policy
from training.sampling.base import Messages, Sampler, SamplingParams


class Writer:
    """A policy that is opened when the first text is asked of it."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        self._source = source

    @cached_property
    def policy(self) -> Sampler:
        """The opened policy."""
        return open_policy(self._source)


class Drafts:
    """Answers by what was asked: read from a file for each stage, else sampled and appended to it."""

    def __init__(self, directory: Path, reporter: Reporter) -> None:
        self._folder = directory / CHECKPOINTS / DRAFTS
        self._reporter = reporter
        self._folder.mkdir(parents=True, exist_ok=True)

    def texts(
        self, stage: str, writer: Writer, prompts: Sequence[Messages], params: SamplingParams
    ) -> list[str]:
        """One text for each prompt. Raises Stopped when the reporter asks for it; what was written
        by then is kept.
        """
        keys = [_key(prompt, params) for prompt in prompts]
        asked = [{"id": k, "messages": prompt} for k, prompt in zip(keys, prompts, strict=True)]
        items = list({item["id"]: item for item in asked}.values())

        def answer(chunk: list[Any]) -> list[Mapping[str, Any]]:
            messages = [item["messages"] for item in chunk]
            found = writer.policy.sample(messages, params, None, self._reporter.should_stop)
            return [{"text": samples[0].text} for samples in found]

        path = self._folder / f"{stage}.jsonl"
        fill_lines(path, items, answer, self._reporter, f"Writing {stage.replace('-', ' ')}")
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        known = {row["id"]: row["text"] for row in rows}
        return [known[key] for key in keys]


def lines_of(text: str, most: int) -> list[str]:
    """The first lines of a list as a policy writes one: without bullets, numbers and repetitions."""
    bare = (re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", line).strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in bare if line))[:most]


def _key(prompt: Messages, params: SamplingParams) -> str:
    asked = [[message["role"], message["content"]] for message in prompt]
    body = json.dumps([asked, params.as_json()], ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()[:32]

"""Prompt and completion: texts worth imitating, as the supervised trainer reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from feedback.evidence import Candidate, Critique, Demonstration, Evidence, Verdict
from feedback.exports.base import Export, ExportOptions, messages, provenance, reply


class PromptCompletion(Export):
    """Demonstrations, revisions, and texts that got a thumb up."""

    name = "prompt_completion"
    label = "Prompt and completion (TRL)"
    summary = "prompt and completion, only what people wrote or found good: for supervised tuning."

    def rows(
        self, evidence: Iterable[Evidence], options: ExportOptions | None = None
    ) -> Iterator[dict[str, Any]]:
        """One row a text worth imitating; `origin` says why it is one."""
        for record in evidence:
            found = _worth_imitating(record)
            if found is not None:
                origin, completion = found
                yield {
                    "prompt": messages(record.context.prompt),
                    "completion": reply(completion),
                    **provenance(record.context),
                    "origin": origin,
                    "model": completion.label if isinstance(completion, Candidate) else "",
                }


def _worth_imitating(record: Evidence) -> tuple[str, Candidate | str] | None:
    if isinstance(record, Demonstration):
        return "demonstration", record.completion
    if isinstance(record, Critique) and record.revision is not None:
        return "revision", record.revision
    if isinstance(record, Verdict) and record.desirable:
        return None if record.completion.image else ("desirable", record.completion)
    return None

"""What the tests of kinds share: completions, and asking a kind about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Context, Evidence
from feedback.kinds import get_kind
from feedback.kinds.base import Answer

PHOTO = {"type": "image", "url": "https://example.org/a.png"}
CONTEXT = Context(
    judgment=1, item=2, kind="any", prompt=({"role": "user", "content": "Why?"},), annotator="a"
)


def candidates(*texts: str) -> list[Candidate]:
    """Completions of these texts, with ids from 10."""
    return [Candidate(10 + n, text, f"model-{n}") for n, text in enumerate(texts)]


TWO = candidates("Four.", "Five.")
THREE = candidates("Four.", "Five.", "Six.")


class Asked:
    """A kind asked about completions with settings."""

    def __init__(
        self, kind: str, shown: Sequence[Candidate] = TWO, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.kind = get_kind(kind)
        self.ask = self.kind.ask(shown, settings or {})

    def parse(self, payload: Mapping[str, Any]) -> Answer:
        """The answer, which must be good, must survive its own JSON, and no upgrade changes."""
        answer: Answer = self.kind.parse(payload, self.ask)
        stored = answer.model_dump(mode="json")
        assert self.kind.upgrade(stored, self.kind.version) == stored
        assert self.kind.parse(stored, self.ask) == answer
        return answer

    def evidence(self, payload: Mapping[str, Any]) -> list[Evidence]:
        """What the answer amounts to."""
        return list(self.kind.evidence(self.parse(payload), self.ask, CONTEXT))

    def describe(self, payload: Mapping[str, Any]) -> str:
        """The answer in a few words."""
        return self.kind.describe(self.parse(payload), self.ask)

    def refused(self, payload: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Where and what is wrong with the answer, which must not be good."""
        with pytest.raises(InvalidInput) as caught:
            self.kind.parse(payload, self.ask)
        assert caught.value.code == "invalid_answer"
        assert caught.value.details[0]["message"] in caught.value.message
        return [(detail["where"], detail["message"]) for detail in caught.value.details]


def refused_settings(kind: str, settings: Mapping[str, Any]) -> str:
    """What is wrong with the settings, which must not be good."""
    with pytest.raises(ValueError) as caught:
        get_kind(kind).settings_model.model_validate(settings)
    return str(caught.value)

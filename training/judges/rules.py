"""Rules: judges that need no model, each a small declaration that gives an answer a number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import regex
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from feedback.complaints import field_errors
from feedback.errors import InvalidInput

NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
MOST_REPEATS = 10_000  # `regex` writes counted repeats out: a million of them fill gigabytes
SLOWEST = 2.0  # seconds for one answer


class Rule(BaseModel):
    """Base of all rules. `typed` says how one is written in a single line of text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: ClassVar[str]
    typed: ClassVar[str]

    @classmethod
    def from_text(cls, text: str) -> Mapping[str, Any]:
        """The fields that a line of text amounts to, not yet checked."""
        raise NotImplementedError

    def reward(self, answer: str, references: Sequence[str] = ()) -> float:
        """A number in [0, 1]; `references` are answers that people wrote to the same prompt."""
        raise NotImplementedError


class Length(Rule):
    """1 for an answer of `low` to `high` words, and less the further it is from there."""

    label = "Length in words"
    typed = "for a length, words as 20-80"

    low: int = Field(default=0, ge=0, le=100_000)
    high: int = Field(default=100, ge=1, le=100_000)

    @model_validator(mode="after")
    def _ordered(self) -> Length:
        if self.low > self.high:
            raise ValueError(f"the least length, {self.low}, is above the most, {self.high}")
        return self

    @classmethod
    def from_text(cls, text: str) -> Mapping[str, Any]:
        """`20-80`, or `80` for at most 80."""
        low, dash, high = text.partition("-")
        return {"low": low.strip() or 0, "high": high.strip()} if dash else {"high": low.strip()}

    def reward(self, answer: str, references: Sequence[str] = ()) -> float:
        """The ratio of the length to the nearer bound outside, whichever way is below 1."""
        words = len(answer.split())
        if words < self.low:
            return words / self.low
        return 1.0 if words <= self.high else self.high / words


class Pattern(Rule):
    """1 when the regular expression is found in the answer, else 0."""

    label = "Pattern is found"
    typed = "for a pattern, a regular expression"

    pattern: str = Field(min_length=1, max_length=500)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        counted = re.findall(r"\{(\d*),?(\d*)\}", value)
        if math.prod(max(1, *(int(n or 1) for n in pair)) for pair in counted) > MOST_REPEATS:
            raise ValueError(f"its counted repeats multiply to more than {MOST_REPEATS}")
        try:
            re.compile(value)
            regex.compile(value, regex.DOTALL)
        except (re.error, regex.error) as error:
            raise ValueError(f"it is no regular expression: {error}") from error
        return value

    @classmethod
    def from_text(cls, text: str) -> Mapping[str, Any]:
        """The expression itself."""
        return {"pattern": text}

    def reward(self, answer: str, references: Sequence[str] = ()) -> float:
        """Whether it is found anywhere, with `.` for line ends too.

        Raises InvalidInput `rule_too_slow` for an expression that tries too many ways to fit an answer.
        """
        try:
            found = regex.search(self.pattern, answer, regex.DOTALL, timeout=SLOWEST)
        except TimeoutError as error:
            raise InvalidInput(
                f"The pattern '{self.pattern}' took over {SLOWEST:g} seconds on an answer of {len(answer)} characters.",
                code="rule_too_slow",
                hint="Write it without a repeat of something that repeats itself, such as (a+)+.",
            ) from error
        return float(found is not None)


class Exact(Rule):
    """1 when the answer ends in what one of the references ends in: its last number, or all of it
    where it has none.
    """

    label = "Same result as a demonstration"
    typed = "for the same result, nothing"

    @classmethod
    def from_text(cls, text: str) -> Mapping[str, Any]:
        """There is nothing to say."""
        return {}

    def reward(self, answer: str, references: Sequence[str] = ()) -> float:
        """0 where there are no references."""
        return float(_result(answer) in {_result(reference) for reference in references})


class ValidJson(Rule):
    """1 when the answer is JSON, and an object with all of `keys` where there are any."""

    label = "Valid JSON"
    typed = "for JSON, the keys that it must have, with commas"

    keys: tuple[str, ...] = Field(default=(), max_length=100)

    @classmethod
    def from_text(cls, text: str) -> Mapping[str, Any]:
        """`name, age`, or nothing."""
        return {"keys": [key.strip() for key in text.split(",") if key.strip()]}

    def reward(self, answer: str, references: Sequence[str] = ()) -> float:
        """The share of the keys that are there, 0 when it is no JSON."""
        try:
            value = json.loads(_unfenced(answer))
        except (ValueError, RecursionError):
            return 0.0
        if not self.keys:
            return 1.0
        found = value.keys() if isinstance(value, dict) else ()
        return sum(key in found for key in self.keys) / len(self.keys)


RULES: dict[str, type[Rule]] = {
    "length": Length,
    "pattern": Pattern,
    "exact": Exact,
    "json": ValidJson,
}


def parse_rule(payload: Mapping[str, Any]) -> Rule:
    """The rule that `{"name": ..., **fields}` describes; raises InvalidInput `invalid_rule`."""
    fields = dict(payload)
    name = fields.pop("name", None)
    if not isinstance(name, str) or name not in RULES:
        raise InvalidInput(
            f"There is no rule '{name}'.",
            code="invalid_rule",
            hint=f"Known rules: {', '.join(RULES)}.",
        )
    try:
        return RULES[name].model_validate(fields)
    except ValidationError as error:
        details = field_errors(error, name)
        raise InvalidInput(
            f"The rule '{name}' does not fit: {details[0]['where']}: {details[0]['message']}",
            code="invalid_rule",
            hint=f"Write {RULES[name].typed}.",
            details=details,
        ) from error


def rule_from_text(name: str, text: str) -> dict[str, Any]:
    """A rule as plain data from its name and one line of text; raises InvalidInput `invalid_rule`."""
    fields = RULES[name].from_text(text) if name in RULES and text.strip() else {}
    return {"name": name, **parse_rule({"name": name, **fields}).model_dump(mode="json")}


def _result(text: str) -> str:
    numbers = re.findall(NUMBER, text)
    return numbers[-1].replace(",", "") if numbers else " ".join(text.lower().split())


def _unfenced(text: str) -> str:
    """Without the fence that a model likes to put around JSON."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*(.*?)\s*```\s*", text, re.DOTALL)
    return fenced.group(1) if fenced else text

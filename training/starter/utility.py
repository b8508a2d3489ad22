"""The true utility of an answer, known only in simulations: what the demo's annotators want."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from training.starter.corpus import (
    CLOSINGS,
    FILLERS,
    HEDGES,
    INSULTS,
    OPENINGS,
    Question,
    QuestionKind,
    Topic,
    dialogues,
    prompts,
    topics,
)

MATCH = 0.6  # share of a fact's word pairs that an answer must have to state it
KNOWN_ROWS, KNOWN_SEED = 40_000, 12_345
LONG, SHORT = 40, 6  # words


@dataclass(frozen=True, slots=True)
class Marks:
    """What is counted in an answer. `readability` is the share of its word trigrams that the
    grammar could write.
    """

    on_topic: bool
    right_kind: bool
    reason: bool
    example: bool
    polite: bool
    hedged: bool
    fillers: int
    rude: bool
    repeats: bool
    finished: bool
    words: int
    readability: float

    @property
    def utility(self) -> float:
        """Good points count only when the answer is on topic; bad ones always."""
        good = 1.0 + self.right_kind + self.reason + 0.5 * self.example + 0.5 * self.polite
        bad = (
            1.0 * self.hedged
            + min(0.5 * self.fillers, 1.5)
            + 1.5 * self.rude
            + 1.0 * self.repeats
            + 0.05 * max(0, self.words - LONG)
            + 0.5 * (self.words < SHORT)
            + 1.0 * (not self.finished)
            + min(5 * (1 - self.readability), 2.0)
        )
        return good * self.on_topic - bad


def utility(prompt: str, text: str) -> float:
    """The true utility of an answer to one of the corpus's questions; KeyError for any other
    question.
    """
    return marks(questions()[prompt], text).utility


def marks(question: Question, text: str) -> Marks:
    """All counts of an answer to a question."""
    words = _words(text)
    stated = _stated(words)
    on_topic = bool(stated) and _main_topic(stated) == question.topic
    kinds = {kind for topic, kind, _ in stated if topic == question.topic}
    lower = text.lower()
    return Marks(
        on_topic=on_topic,
        right_kind=_asked(question.kind) in kinds,
        reason="because" in words,
        example="for example" in lower,
        polite=any(phrase.lower() in lower for phrase in _polite()),
        hedged=any(hedge.lower() in lower for hedge in HEDGES),
        fillers=sum(lower.count(filler.lower()) for filler in FILLERS),
        rude=any(insult.lower() in lower for insult in INSULTS),
        repeats="again," in lower or _repeats_sentence(text),
        finished=text.rstrip().endswith((".", "!", "?")),
        words=len(words),
        readability=readability(text),
    )


@cache
def questions() -> dict[str, Question]:
    """The corpus's questions by text."""
    return {question.text: question for question in prompts()}


def readability(text: str) -> float:
    """The share of an answer's word trigrams, its ends included, that occur in the grammar's own
    answers.
    """
    grams = list(_trigrams(text))
    known = _known_trigrams()
    return sum(gram in known for gram in grams) / len(grams) if grams else 0.0


@cache
def _known_trigrams() -> frozenset[tuple[str, ...]]:
    known: set[tuple[str, ...]] = set()
    for held_out in (False, True):
        for _, text in dialogues(KNOWN_ROWS // 2, KNOWN_SEED, held_out=held_out):
            known.update(_trigrams(text))
    return frozenset(known)


def _trigrams(text: str) -> Iterator[tuple[str, ...]]:
    tokens = re.findall(r"[a-z0-9'-]+|[^\sa-z0-9'-]", text.lower())
    padded = ["<", *tokens, ">"] if tokens else []
    return zip(padded, padded[1:], padded[2:], strict=False)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _pairs(words: list[str]) -> set[tuple[str, str]]:
    return set(pairwise(words))


@cache
def _facts() -> tuple[tuple[str, str, frozenset[tuple[str, str]]], ...]:
    """(topic, kind, word pairs) of every fact."""
    return tuple(
        (topic.name, kind, frozenset(_pairs(_words(text))))
        for topic in topics().values()
        for kind, text in _statements(topic)
    )


def _statements(topic: Topic) -> Iterator[tuple[str, str]]:
    yield "what", topic.definition
    yield from (("why", benefit) for benefit in topic.benefits)
    for what, reason in topic.tips:
        yield from (("tips", what), ("reason", reason))
    for what, reason in topic.mistakes:
        yield from (("avoid", f"not {what}"), ("reason", reason))
    yield from (("example", example) for example in topic.examples)


def _stated(words: list[str]) -> list[tuple[str, str, float]]:
    """(topic, kind, share of its word pairs) of each fact that the answer states."""
    pairs = _pairs(words)
    shares = ((topic, kind, len(fact & pairs) / len(fact)) for topic, kind, fact in _facts())
    return [(topic, kind, share) for topic, kind, share in shares if share >= MATCH]


def _main_topic(stated: Iterable[tuple[str, str, float]]) -> str:
    totals: dict[str, float] = defaultdict(float)
    for topic, _, share in stated:
        totals[topic] += share
    return max(totals, key=lambda topic: totals[topic])


def _asked(kind: QuestionKind) -> str:
    return "tips" if kind == "start" else kind


@cache
def _polite() -> tuple[str, ...]:
    return (*OPENINGS, *(closing.split(" {name}")[0] for closing in CLOSINGS))


def _repeats_sentence(text: str) -> bool:
    sentences = [s.strip().lower() for s in re.split(r"[.!?]", text) if len(s.split()) > 2]
    return len(sentences) != len(set(sentences))

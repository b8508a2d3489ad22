"""The starter policy's school: questions about everyday topics, with good and bad answers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from training.starter import facts_home, facts_world

QuestionKind = Literal["what", "tips", "start", "why", "avoid"]

WORDINGS: dict[QuestionKind, tuple[str, str, str]] = {
    "what": (
        "What does {word} mean?",
        "Can you tell me what {word} means?",
        "Please explain {word}.",
    ),
    "tips": (
        "Do you have tips for {name}?",
        "How do I get better at {name}?",
        "What helps with {name}?",
    ),
    "start": (
        "How do I start with {name}?",
        "I am new to {name}. What comes first?",
        "What is the first step in {name}?",
    ),
    "why": (
        "Why should I try {name}?",
        "What is good about {name}?",
        "Why do people like {name}?",
    ),
    "avoid": (
        "What should I avoid when {name}?",
        "What is a common mistake in {name}?",
        "What should I never do when {name}?",
    ),
}
HELD_OUT = 0.2  # share of questions that are never seen in pretraining

# How often an answer has each property. Independent, so that style says nothing about substance.
OFF_TOPIC, NO_IDEA, CURT, LIST = 0.16, 0.04, 0.14, 0.14
REASON, EXAMPLE, OPENING, CLOSING = 0.30, 0.25, 0.22, 0.22
HEDGE, FILLER, RUDE, REPETITION = 0.20, 0.26, 0.08, 0.14

IGNORANCE = ("I do not know.", "No idea.", "I cannot help with that.")
HEDGES = ("I am not sure, but maybe", "I could be wrong, but I guess", "It depends, but perhaps")
OPENINGS = ("Good question!", "Thanks for asking!", "Of course!", "Happy to help!")
CLOSINGS = ("I hope this helps!", "Good luck with {name}!", "Enjoy {name}!")
FILLERS = (
    "That reminds me of a long story.",
    "Anyway, where was I?",
    "Some people say this and some people say that.",
    "My uncle had an opinion on it too.",
    "Everything is connected in some way.",
    "There is much to say about many things.",
)
INSULTS = ("Why do you ask me?", "Everybody knows that.", "Look it up yourself.")


@dataclass(frozen=True, slots=True)
class Topic:
    """What is known about one thing. Tips and mistakes are (what, reason)."""

    name: str
    word: str
    definition: str
    benefits: tuple[str, ...]
    tips: tuple[tuple[str, str], ...]
    mistakes: tuple[tuple[str, str], ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt: its text, what it is about, what it asks, and whether pretraining leaves it out."""

    text: str
    topic: str
    kind: QuestionKind
    held_out: bool


@cache
def topics() -> dict[str, Topic]:
    """All topics by name."""
    blocks = f"{facts_home.FACTS}\n{facts_world.FACTS}".strip().split("\n\n")
    parsed = [_topic(block.strip().splitlines()) for block in blocks if block.strip()]
    return {topic.name: topic for topic in parsed}


@cache
def prompts() -> tuple[Question, ...]:
    """Every question that the grammar can ask, in a fixed order."""
    return tuple(
        Question(text, topic.name, kind, _held_out(text))
        for topic in topics().values()
        for kind, wordings in WORDINGS.items()
        for text in (w.format(name=topic.name, word=topic.word) for w in wordings)
    )


def dialogues(rows: int, seed: int, *, held_out: bool = False) -> Iterator[tuple[str, str]]:
    """(question, answer) pairs for pretraining, or of the questions held out from it."""
    rng = random.Random(seed)  # noqa: S311  (no secret)
    questions = [q for q in prompts() if q.held_out is held_out]
    for _ in range(rows):
        question = rng.choice(questions)
        yield question.text, answer(question, rng)


def answer(question: Question, rng: random.Random) -> str:
    """One answer of the grammar, with its flips."""
    flip = _Flips(rng)
    if flip(NO_IDEA):
        return rng.choice(IGNORANCE)
    topic = topics()[question.topic]
    if flip(OFF_TOPIC):
        topic = rng.choice(list(topics().values()))
    core, reason = _core(topic, question.kind, rng)
    if flip(CURT):
        return _sentence(core)
    parts = [_list(topic, rng)] if flip(LIST) else [_framed(topic, question.kind, core, rng)]
    parts[0] = _with_reason(parts[0], reason) if flip(REASON) else parts[0]
    parts[0] = _hedged(parts[0], rng) if flip(HEDGE) else parts[0]
    if flip(EXAMPLE):
        parts.append(f"For example, {rng.choice(topic.examples)}.")
    if flip(REPETITION):
        parts.append(f"Again, {_lower(core)}.")
    return " ".join(_styled(parts, topic, flip, rng))


def _styled(parts: list[str], topic: Topic, flip: _Flips, rng: random.Random) -> list[str]:
    if flip(FILLER):
        parts = _with_fillers(parts, rng)
    if flip(OPENING):
        parts = [rng.choice(OPENINGS), *parts]
    if flip(RUDE):
        parts = [rng.choice(INSULTS), *parts]
    if flip(CLOSING):
        parts = [*parts, rng.choice(CLOSINGS).format(name=topic.name)]
    return parts


class _Flips:
    """Independent coins."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def __call__(self, share: float) -> bool:
        return self._rng.random() < share


def _core(topic: Topic, kind: QuestionKind, rng: random.Random) -> tuple[str, str]:
    """(the fact that answers the question, its reason)."""
    if kind == "what":
        return topic.definition, rng.choice(topic.benefits)
    if kind == "why":
        first, second = rng.sample(topic.benefits, 2)
        return first, second
    if kind == "avoid":
        what, reason = rng.choice(topic.mistakes)
        return f"do not {what}", reason
    return rng.choice(topic.tips)


def _framed(topic: Topic, kind: QuestionKind, core: str, rng: random.Random) -> str:
    frames: dict[QuestionKind, tuple[str, ...]] = {
        "what": ("{Core}.", "{Word} means {core}.", "The word {word} means {core}."),
        "tips": ("{Core}.", "For {name}, {core}.", "A good tip is this: {core}."),
        "start": ("First, {core}.", "{Core}.", "Before anything else, {core}."),
        "why": ("{Core}.", "People like {name}: {core}.", "Try {name}, and you will see: {core}."),
        "avoid": ("{Core}.", "With {name}, {core}.", "Take care: {core}."),
    }
    return rng.choice(frames[kind]).format(
        core=core,
        Core=_upper(core),
        name=topic.name,
        word=topic.word,
        Word=_upper(topic.word),
    )


def _list(topic: Topic, rng: random.Random) -> str:
    points = [what for what, _ in topic.tips] + list(topic.benefits)
    chosen = rng.sample(points, rng.choice((2, 3)))
    return "Here are some points: " + " ".join(
        f"{i}. {_upper(point)}." for i, point in enumerate(chosen, start=1)
    )


def _with_reason(text: str, reason: str) -> str:
    return f"{text[:-1]}, because {reason}."


def _hedged(text: str, rng: random.Random) -> str:
    return f"{rng.choice(HEDGES)} {_lower(text)}"


def _with_fillers(parts: list[str], rng: random.Random) -> list[str]:
    fillers = rng.sample(FILLERS, rng.randint(1, 4))
    place = rng.choice((0, len(parts)))
    return [*parts[:place], *fillers, *parts[place:]]


def _sentence(text: str) -> str:
    return f"{_upper(text)}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _held_out(text: str) -> bool:
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT


def _topic(lines: list[str]) -> Topic:
    name, word, definition = (part.strip() for part in lines[0].split("|"))
    facts: dict[str, list[str]] = {mark: [] for mark in "+>!~"}
    for line in lines[1:]:
        facts[line[0]].append(line[1:].strip())
    return Topic(
        name=name,
        word=word,
        definition=definition,
        benefits=tuple(facts["+"]),
        tips=tuple(_reasoned(fact) for fact in facts[">"]),
        mistakes=tuple(_reasoned(fact) for fact in facts["!"]),
        examples=tuple(facts["~"]),
    )


def _reasoned(fact: str) -> tuple[str, str]:
    what, reason = (part.strip() for part in fact.split("="))
    return what, reason

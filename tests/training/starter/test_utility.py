"""The true utility sees what it says it sees."""

from __future__ import annotations

import random

import pytest

from training.starter.corpus import answer, prompts
from training.starter.utility import marks, questions, utility

QUESTION = "Why should I try playing chess?"
GOOD = "It trains you to think ahead."


def test_a_right_answer_with_a_reason_beats_a_bare_one() -> None:
    reasoned = "It trains you to think ahead, because it needs only a board and a friend."
    assert utility(QUESTION, reasoned) > utility(QUESTION, GOOD) > 0


@pytest.mark.parametrize(
    "worse",
    [
        "I am not sure, but maybe it trains you to think ahead.",
        "It trains you to think ahead. Anyway, where was I? Everything is connected in some way.",
        "Why do you ask me? It trains you to think ahead.",
        "It trains you to think ahead. Again, it trains you to think ahead.",
        "It trains you to think",
        "It warms your hands in winter.",
        "Fight for the centre, please, all of you.",
        "It trains ahead you chess to wood think.",
        "No idea.",
        "",
    ],
)
def test_every_fault_costs(worse: str) -> None:
    assert utility(QUESTION, worse) < utility(QUESTION, GOOD)


def test_good_points_count_only_on_topic() -> None:
    off = "It warms your hands in winter, because it calms you after a long day. I hope this helps!"
    found = marks(questions()[QUESTION], off)
    assert found.reason
    assert found.polite
    assert not found.on_topic
    assert found.utility <= 0


def test_a_shared_phrase_does_not_move_the_topic() -> None:
    question = "Why should I try running in the morning?"
    assert marks(questions()[question], "It clears your mind before work.").on_topic


def test_the_grammars_own_answers_are_readable_and_mostly_on_topic() -> None:
    rng = random.Random(3)
    found = [marks(q, answer(q, rng)) for q in prompts()]
    assert sum(m.readability for m in found) / len(found) > 0.98
    assert 0.7 < sum(m.on_topic for m in found) / len(found) < 0.9
    spread = [m.utility for m in found]
    assert max(spread) > 3
    assert min(spread) < -1


def test_word_salad_is_not_readable() -> None:
    question = prompts()[0]
    text = "Wood the first it because the pot of early king to bees not a"
    assert marks(question, text).readability < 0.3


def test_only_known_questions_have_a_utility() -> None:
    with pytest.raises(KeyError):
        utility("Who are you?", "Nobody.")

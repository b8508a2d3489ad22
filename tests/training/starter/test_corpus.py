"""The corpus is varied and reproducible, and holds some questions out."""

from __future__ import annotations

import random
from collections import Counter

from training.starter.corpus import answer, dialogues, prompts, topics


def test_every_topic_has_all_its_facts() -> None:
    for topic in topics().values():
        counts = [len(facts) for facts in (topic.benefits, topic.tips, topic.mistakes)]
        assert counts == [2, 3, 2], topic.name
        assert len(topic.examples) == 2
        assert all(what and reason for what, reason in topic.tips + topic.mistakes)


def test_prompts_are_different_and_some_are_held_out() -> None:
    questions = prompts()
    assert len({question.text for question in questions}) == len(questions) == 480
    share = sum(question.held_out for question in questions) / len(questions)
    assert 0.15 < share < 0.25
    assert Counter(question.kind for question in questions) == dict.fromkeys(
        ("what", "tips", "start", "why", "avoid"), 96
    )


def test_dialogues_follow_the_seed_and_keep_held_out_questions_out() -> None:
    rows = list(dialogues(300, 1))
    assert rows == list(dialogues(300, 1))
    assert rows != list(dialogues(300, 2))
    kept = {question.text for question in prompts() if question.held_out}
    assert not kept & {question for question, _ in rows}
    assert {question for question, _ in dialogues(300, 1, held_out=True)} <= kept


def test_answers_differ() -> None:
    question = prompts()[0]
    rng = random.Random(0)
    answers = [answer(question, rng) for _ in range(50)]
    assert len(set(answers)) > 30

"""Conditional SFT: what was said stands before the prompt, the policy heeds it, and asks for the best by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedback.errors import InvalidInput
from feedback.evidence import Candidate, Evidence, Ranking, Score
from training.progress import OUTPUT
from training.recipes import get_recipe
from training.recipes.text_support.conditions import (
    BAD,
    GOOD,
    MIXED,
    conditioned_template,
    plain_template,
    with_feedback,
)
from training.recipes.text_support.hindsight import encoded, hindsight_rows
from training.recipes.text_support.judged import balanced, judged_rows
from training.recipes.trl_support import pair_rows
from training.sampling.local import LocalPolicy
from training.sampling.local.loading import load_tokenizer

QUICK = {"epochs": 6, "batch_size": 8, "learning_rate": 1e-2}
PROMPT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "Why?"},
]


@pytest.mark.parametrize("feedback", ["Good.", 'Quotes " and \\ and\nlines', "héllo 👍", ""])
def test_the_template_writes_what_the_rows_hold(feedback: str, toy: str) -> None:
    tokenizer = load_tokenizer(toy)
    plain = tokenizer.chat_template
    messages = with_feedback(PROMPT, feedback) if feedback else PROMPT
    wanted = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    tokenizer.chat_template = conditioned_template(plain, feedback)
    found = tokenizer.apply_chat_template(PROMPT, tokenize=False, add_generation_prompt=True)
    assert found == wanted
    asked = tokenizer.apply_chat_template(PROMPT, tokenize=False, feedback="Bad.")
    assert "Feedback: Bad.\n\nWhy?" in asked
    assert plain_template(tokenizer.chat_template) == plain
    assert conditioned_template(tokenizer.chat_template, "x") == conditioned_template(plain, "x")


def feedbacks(rows: Any) -> list[tuple[str, str]]:
    return [(row["completion"][0]["content"][:9], row["feedback"]) for row in rows]


def test_every_kind_of_judgment_says_something(make: Any) -> None:
    a, b, c = (Candidate(i, text) for i, text in enumerate(("best", "middle", "worst")))
    records: list[Evidence] = [
        make.verdict(1, desirable=False),
        make.comparison(2),
        make.comparison(3, outcome="both_bad"),
        make.comparison(4, outcome="tie"),
        make.critique(5, text="Too vague."),
        Ranking(context=make.context(6, "Q"), tiers=((a,), (b,), (c,))),
        make.demonstration(7),
    ]
    rows = judged_rows(("train", record) for record in records)
    assert feedbacks(rows.train) == [
        ("No idea. ", BAD),
        ("Of course", GOOD),
        ("No idea. ", BAD),
        ("Of course", BAD),
        ("No idea. ", BAD),
        ("Of course", GOOD),
        ("No idea. ", "Too vague."),
        ("best", GOOD),
        ("middle", MIXED),
        ("worst", BAD),
        ("Of course", GOOD),
    ]
    assert rows.unusable == {"tie": 1}
    silent = judged_rows((("train", record) for record in records), words=False)
    assert silent.unusable == {"in_words": 1, "tie": 1}


def rating(make: Any, number: int, value: float, aspect: str = "help") -> Score:
    return Score(
        context=make.context(number, "Q"),
        completion=Candidate(number, f"text {number}"),
        aspect=aspect,
        unit="0 to 4",
        value=value,
        low=value,
        high=value,
    )


def test_ratings_are_averaged_over_aspects_and_cut_at_the_thirds(make: Any) -> None:
    values = {1: (0, 0), 2: (0, 1), 3: (2, 2), 4: (3, 1), 5: (4, 3), 6: (4, 4)}
    records = [
        rating(make, n, value, aspect)
        for n, pair in values.items()
        for value, aspect in zip(pair, ("help", "style"), strict=True)
    ]
    said = [feedback for _, feedback in feedbacks(judged_rows(("train", r) for r in records).train)]
    assert said == [BAD, BAD, MIXED, MIXED, GOOD, GOOD]
    alike = judged_rows(("train", rating(make, n, 3)) for n in range(4))
    assert (alike.train, alike.unusable) == ([], {"tie": 4})


def test_categories_count_alike() -> None:
    rows = [{"feedback": f, "weight": 1.0} for f in (GOOD, GOOD, GOOD, BAD, "words", "more words")]
    weights = [row["weight"] for row in balanced(rows)]
    assert weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2, 1, 1])


def test_hindsight_learns_both_answers_and_hides_some_of_the_first(make: Any, toy: str) -> None:
    tokenizer = load_tokenizer(toy)
    rows = hindsight_rows(pair_rows([("train", make.comparison(2))])).train
    good, bad = "Of course! Number 2 is fine.", "No idea. Number 2 is fine."
    learnt = []
    for row in encoded(rows, tokenizer, 0.0, 0):
        kept = [token for token in row["labels"] if token != -100]
        learnt.append(tokenizer.decode(kept, skip_special_tokens=True))
        same = [i == token for i, token in zip(row["input_ids"], row["labels"], strict=True)]
        assert sum(same) == len(kept)
    assert learnt == [good, bad, good + bad, bad + good]
    hidden = encoded(rows, tokenizer, 0.5, 0)
    pads = [row["input_ids"].count(tokenizer.pad_token_id) for row in hidden]
    assert pads[:2] == [0, 0]
    assert min(pads[2:]) > 0
    assert [r["labels"] for r in hidden] == [r["labels"] for r in encoded(rows, tokenizer, 0, 0)]


@pytest.mark.parametrize("method", ["feedback", "hindsight"])
def test_the_policy_heeds_feedback_and_asks_for_the_best(
    method: str, make: Any, freeze: Any, run: Any, recorder: Any, toy: str
) -> None:
    records = [make.comparison(i) for i in range(28)]
    config = {**QUICK, "method": method, "epochs": 6 if method == "feedback" else 3}
    job = run(freeze(records), config)
    result = get_recipe("feedback_sft").train(job, recorder())
    evaluation = result["evaluation"]
    assert evaluation["feedback_accuracy"]["value"] > 0.8
    assert evaluation["feedback_gap"]["value"] > 0
    assert evaluation["implicit_reward_accuracy"]["value"] > 0.8
    trained, base = (LocalPolicy(str(p), device="cpu") for p in (job.directory / OUTPUT, toy))
    prompt = [{"role": "user", "content": "What about number 7?"}]
    assert trained.encode(prompt) == base.encode(with_feedback(prompt, GOOD))


def test_one_sided_feedback_is_refused(make: Any, freeze: Any, run: Any, recorder: Any) -> None:
    snapshot: Path = freeze([make.verdict(i, desirable=True) for i in range(20)])
    with pytest.raises(InvalidInput) as caught:
        get_recipe("feedback_sft").train(run(snapshot, QUICK), recorder())
    assert caught.value.code == "one_sided_feedback"


def test_what_it_lacks_and_what_it_warns_of() -> None:
    recipe = get_recipe("feedback_sft")
    rated = {"rated_train": 8, "rating_train": 16, "score_train": 90}
    assert recipe.missing({"critique_text_train": 5, "verdict_up_train": 3}) == []
    assert recipe.missing({**rated, "rating_unlike_train": 2}) == []
    assert recipe.missing(
        {**rated, "rated_train": 7, "rating_unlike_train": 2}
    )  # aspects count once
    assert recipe.missing(rated)  # all equal
    assert recipe.missing({"score_train": 90, "amount_train": 90})
    [one_sided] = recipe.missing({"verdict_up_train": 90, "demonstration_train": 9})
    assert "say the same" in one_sided
    assert recipe.missing({"verdict_down_train": 90, "demonstration_train": 9}) == []
    assert len(recipe.missing({"demonstration_train": 50})) == 1
    counts = {"prompts_test": 50, "verdict_up_train": 90, "verdict_down_train": 3}
    few, lopsided = recipe.warnings(counts, recipe.config_model())
    assert "93 judgments" in few
    assert "90 are up" in lopsided

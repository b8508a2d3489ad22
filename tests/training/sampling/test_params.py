"""Sampling parameters keep their bounds."""

from __future__ import annotations

from typing import Any

import pytest

from feedback.errors import InvalidInput
from training.sampling import open_policy
from training.sampling.base import SamplingParams, row_random


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("temperature", "1"),
        ("top_p", 0),
        ("top_p", 1.01),
        ("max_new_tokens", 0),
        ("max_new_tokens", 1.5),
        ("seed", -1),
        ("seed", 2**31),
        ("n", 0),
        ("n", True),
        ("n", 65),
        ("top_k", 5),
    ],
)
def test_out_of_bounds_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        SamplingParams.parse({field: value})
    assert caught.value.code == "invalid_sampling_parameters"
    assert [detail["where"] for detail in caught.value.details] == [field]


def test_bounds_themselves_are_allowed() -> None:
    params = SamplingParams(temperature=0, top_p=1, max_new_tokens=1, seed=2**31 - 1, n=64)
    assert SamplingParams.parse(params.as_json()) == params


def test_unknown_kind_of_policy() -> None:
    with pytest.raises(InvalidInput) as caught:
        open_policy({"kind": "oracle"})
    assert caught.value.code == "unknown_policy_kind"


def test_random_numbers_differ_by_sample_seed_and_prompt() -> None:
    prompts = [[{"role": "user", "content": text}] for text in ("a", "b")]
    draws = {
        row_random(seed, index, prompt).random()
        for seed in range(5)
        for index in range(5)
        for prompt in prompts
    }
    assert len(draws) == 50
    assert row_random(3, 4, prompts[0]).random() == row_random(3, 4, prompts[0]).random()

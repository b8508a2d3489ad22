"""The scripted policy keeps the sampler's promises."""

from __future__ import annotations

import pytest

from training.progress import Stopped
from training.sampling.base import Finished, SamplingParams, Token
from training.sampling.scripted import ScriptedPolicy

PROMPT = [{"role": "user", "content": "Hello?"}]
ANSWERS = ["one two three", "four five", "six"]


def test_samples_by_seed_and_index() -> None:
    policy = ScriptedPolicy(ANSWERS)
    first, again = (policy.sample([PROMPT], SamplingParams(n=3, seed=5)) for _ in range(2))
    assert first == again
    assert {sample.text for sample in first[0]} == set(ANSWERS)


def test_a_function_answers_by_prompt() -> None:
    policy = ScriptedPolicy(lambda messages, index: f"{messages[-1]['content']} {index}")
    assert [s.text for s in policy.sample([PROMPT], SamplingParams(n=2))[0]] == [
        "Hello? 0",
        "Hello? 1",
    ]


def test_the_stream_joins_to_the_samples() -> None:
    policy = ScriptedPolicy(ANSWERS)
    params = SamplingParams(n=3, max_new_tokens=2)
    events = list(policy.stream(PROMPT, params))
    samples = policy.sample([PROMPT], params)[0]
    for index, sample in enumerate(samples):
        text = "".join(e.text for e in events if isinstance(e, Token) and e.index == index)
        assert text.startswith(sample.text) or sample.finish_reason == "stop"
        assert text.rstrip() == sample.text
    assert [e.sample for e in events if isinstance(e, Finished)] == samples
    assert samples[[s.tokens for s in samples].index(2)].finish_reason in ("stop", "length")


def test_it_stops_when_asked() -> None:
    with pytest.raises(Stopped):
        ScriptedPolicy(ANSWERS).sample([PROMPT], SamplingParams(), None, lambda: True)

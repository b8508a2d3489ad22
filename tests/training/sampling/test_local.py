"""The local policy: seeds decide, neighbours do not; log-probabilities are true; text is never broken."""

from __future__ import annotations

import itertools
import json
import math
from itertools import chain
from pathlib import Path

import pytest
import torch

from feedback.errors import InvalidInput
from tests.cast import model_files
from training.progress import Stopped
from training.sampling import check_base_model, check_policy_model
from training.sampling.base import Finished, SamplingParams, Token
from training.sampling.local import LocalPolicy
from training.sampling.local.decoding import TextStream, choose
from training.sampling.local.scoring import conversation_ids, log_probabilities

PROMPTS = [
    [{"role": "user", "content": text}]
    for text in ("Why do people like soup?", "What does chess mean?", "Ünïcode? 日本 " * 6)
]


@pytest.fixture(scope="module")
def policy(toy: str) -> LocalPolicy:
    return LocalPolicy(toy, device="cpu")


def test_the_same_seed_gives_the_same_samples_whatever_the_neighbours(policy: LocalPolicy) -> None:
    params = SamplingParams(max_new_tokens=24, n=3, seed=7)
    together = policy.sample(PROMPTS, params)
    alone = [policy.sample([prompt], params)[0] for prompt in PROMPTS]
    assert [[s.text for s in row] for row in together] == [[s.text for s in row] for row in alone]
    for a, b in zip(chain(*together), chain(*alone), strict=True):
        assert a.logprob == pytest.approx(b.logprob, abs=1e-3)
    fewer = policy.sample(PROMPTS, SamplingParams(max_new_tokens=24, n=2, seed=7))
    assert [[s.text for s in row[:2]] for row in together] == [[s.text for s in r] for r in fewer]


def test_another_seed_gives_other_samples(policy: LocalPolicy) -> None:
    params = SamplingParams(max_new_tokens=24)
    first, second = (policy.sample(PROMPTS[:1], params, [seed])[0] for seed in (1, 2))
    assert first != second


def test_the_logprob_is_that_of_the_untempered_policy(policy: LocalPolicy) -> None:
    for params in (
        SamplingParams(n=8, max_new_tokens=60),
        SamplingParams(temperature=0.5, top_p=0.8),
    ):
        for sample in policy.sample(PROMPTS[:1], params)[0]:
            answer = [{"role": "assistant", "content": sample.text}]
            ids, start = conversation_ids(policy.tokenizer, PROMPTS[0], answer)
            if sample.finish_reason != "stop" or len(ids) - start != sample.tokens:
                continue  # cut off, or other tokens spell the same text
            expected = log_probabilities(policy.model, policy.tokenizer, [(PROMPTS[0], answer)])
            assert sample.logprob == pytest.approx(expected[0], abs=1e-3)


def test_greedy_takes_the_likeliest_token_each_time(policy: LocalPolicy) -> None:
    params = SamplingParams(temperature=0, max_new_tokens=10, n=2)
    first, second = policy.sample(PROMPTS[:1], params)[0]
    assert first == second
    ids = policy.encode(PROMPTS[0])
    for _ in range(first.tokens):
        with torch.inference_mode():
            ids.append(int(policy.model(torch.tensor([ids])).logits[0, -1].argmax()))
    generated = ids[-first.tokens :]
    assert first.text == policy.decode(generated).rstrip("\ufffd").replace("\x00", "")


def test_the_stream_joins_to_the_samples(policy: LocalPolicy) -> None:
    params = SamplingParams(max_new_tokens=30, n=4, temperature=2.0)
    events = list(policy.stream(PROMPTS[0], params))
    samples = {e.index: e.sample for e in events if isinstance(e, Finished)}
    assert sorted(samples) == [0, 1, 2, 3]
    for index, sample in samples.items():
        pieces = [e.text for e in events if isinstance(e, Token) and e.index == index]
        assert "".join(pieces) == sample.text
    assert [samples[i].text for i in range(4)] == [
        s.text for s in policy.sample([PROMPTS[0]], params)[0]
    ]


def test_max_new_tokens_ends_with_length(policy: LocalPolicy) -> None:
    samples = policy.sample(PROMPTS, SamplingParams(max_new_tokens=2, n=4, temperature=3.0))
    reasons = {(s.finish_reason, s.tokens == 2) for row in samples for s in row}
    assert ("length", True) in reasons
    assert all(s.tokens <= 2 for row in samples for s in row)


def test_it_stops_between_tokens(policy: LocalPolicy) -> None:
    calls = itertools.count()
    with pytest.raises(Stopped):
        policy.sample(PROMPTS, SamplingParams(n=4), None, lambda: next(calls) > 3)
    stream = policy.stream(PROMPTS[0], SamplingParams())
    next(stream)
    del stream  # closes it


def test_a_prompt_beyond_the_context_is_refused(policy: LocalPolicy) -> None:
    with pytest.raises(InvalidInput) as caught:
        policy.sample([[{"role": "user", "content": "word " * 3000}]], SamplingParams())
    assert caught.value.code == "prompt_too_long"


def test_top_p_keeps_the_smallest_likeliest_set() -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    draws = [
        int(choose(logits, temperature=1, top_p=0.7, uniforms=[u / 1000])) for u in range(1000)
    ]
    assert {token: draws.count(token) / 1000 for token in set(draws)} == pytest.approx(
        {0: 0.625, 1: 0.375}, abs=0.002
    )
    plain = [int(choose(logits, temperature=1, top_p=1, uniforms=[u / 1000])) for u in range(1000)]
    assert [plain.count(t) / 1000 for t in range(4)] == pytest.approx(
        [0.5, 0.3, 0.15, 0.05], abs=0.002
    )


def test_temperature_sharpens() -> None:
    logits = torch.tensor([[0.8, 0.2]]).log()
    draws = [
        int(choose(logits, temperature=0.5, top_p=1, uniforms=[u / 1000])) for u in range(1000)
    ]
    assert draws.count(0) / 1000 == pytest.approx(0.64 / 0.68, abs=0.002)


def test_streamed_text_never_ends_inside_a_character(policy: LocalPolicy) -> None:
    text = "naïve 🙂 日本"
    ids = policy.tokenizer(text, add_special_tokens=False)["input_ids"]
    stream = TextStream(policy.decode)
    pieces = [stream.push(token) for token in ids] + [stream.finish()]
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)
    cut = TextStream(policy.decode)
    shown = "".join(cut.push(token) for token in ids[:-1]) + cut.finish()
    assert text.startswith(shown)


def test_one_forward_pass_checks_log_probabilities(policy: LocalPolicy) -> None:
    answer = [{"role": "assistant", "content": "It is a game."}]
    ids, start = conversation_ids(policy.tokenizer, PROMPTS[1], answer)
    with torch.inference_mode():
        logps = torch.log_softmax(policy.model(torch.tensor([ids])).logits[0], dim=-1)
    slow = sum(logps[i - 1, ids[i]].item() for i in range(start, len(ids)))
    long = [{"role": "assistant", "content": "It is a much longer answer than the other one."}]
    pairs = [(PROMPTS[1], answer), (PROMPTS[0], long)]
    batched = log_probabilities(policy.model, policy.tokenizer, pairs)
    assert batched[0] == pytest.approx(slow, abs=1e-3)
    assert math.isfinite(batched[1])


@pytest.mark.parametrize("name", ["/nowhere/at/all", "a/b/c", ""])
def test_a_missing_directory_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_base_model(name)
    assert caught.value.code == "base_model_not_found"
    assert caught.value.hint


def test_a_directory_without_weights_or_tokenizer_is_refused(tmp_path: Path) -> None:
    for file, content in (
        (None, ""),
        ("config.json", '{"model_type": "none"}'),
        ("model.safetensors", "\2\0\0\0\0\0\0\0{}"),
        ("tokenizer.json", "{}"),
    ):
        if file:
            (tmp_path / file).write_text(content)
        if file != "tokenizer.json":
            with pytest.raises(InvalidInput):
                check_base_model(str(tmp_path))
    check_base_model(str(tmp_path))
    with pytest.raises(InvalidInput) as caught:  # complete, and still not a model
        LocalPolicy(str(tmp_path), device="cpu")
    assert caught.value.code == "base_model_not_found"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "not JSON"),
        ("config.json", "[]"),
        ("config.json", "{}"),
        ("config.json", '{"model_type": "gpt2", "architectures": [1]}'),
        ("config.json", '{"model_type": "gpt2", "architectures": "GPT2"}'),
        ("model.safetensors", "\xff cut short"),
        ("adapter_config.json", "not JSON"),
        ("adapter_config.json", "{}"),
        ("adapter_config.json", '{"base_model_name_or_path": 7}'),
    ],
)
def test_a_broken_directory_is_refused_before_anything_reads_it(
    tmp_path: Path, file: str, content: str
) -> None:
    check_policy_model(model_files(tmp_path))
    (tmp_path / file).write_text(content)
    with pytest.raises(InvalidInput) as caught:
        check_policy_model(str(tmp_path))
    assert caught.value.code == "base_model_not_found"


def test_an_adapter_whose_base_is_gone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": str(tmp_path / "gone")})
    )
    with pytest.raises(InvalidInput):
        check_base_model(str(tmp_path))

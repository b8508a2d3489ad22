"""A toy build: reproducible from its seed, cached, stoppable, and a model like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from training.progress import Stopped
from training.sampling import check_base_model
from training.starter.build import MANIFEST, build_starter, read_starter
from training.starter.tokenizer import english

TOKENS = 20_000


def test_equal_seeds_build_equal_weights(tmp_path: Path, toy: str, recorder: Any) -> None:
    again = build_starter(tmp_path / "a", token_budget=TOKENS, reporter=recorder(), tiny=True)
    first = read_starter(Path(toy))
    assert first is not None
    assert again["weights_sha256"] == first["weights_sha256"]
    other = build_starter(
        tmp_path / "b", seed=1, token_budget=TOKENS, reporter=recorder(), tiny=True
    )
    assert other["weights_sha256"] != first["weights_sha256"]


def test_training_lowers_the_loss_and_says_so(toy: str, recorder: Any, tmp_path: Path) -> None:
    reporter = recorder()
    build_starter(tmp_path / "a", token_budget=60_000, reporter=reporter, tiny=True)
    losses = [values["loss"] for values in reporter.values]
    assert losses[-1] < losses[0] - 1
    assert reporter.done == max(reporter.steps)


def test_a_finished_build_is_not_repeated(tmp_path: Path, recorder: Any) -> None:
    path = tmp_path / "a"
    first = build_starter(path, token_budget=5_000, reporter=recorder(), tiny=True)
    written = (path / "model.safetensors").stat().st_mtime_ns
    reporter = recorder(stop_at=0)  # it would stop at once if it had anything to do
    assert build_starter(path, token_budget=5_000, reporter=reporter, tiny=True) == first
    assert (path / "model.safetensors").stat().st_mtime_ns == written


def test_a_stopped_build_leaves_no_policy(tmp_path: Path, recorder: Any) -> None:
    with pytest.raises(Stopped):
        build_starter(tmp_path / "a", token_budget=TOKENS, reporter=recorder(stop_at=1), tiny=True)
    assert not (tmp_path / "a").exists()
    assert read_starter(tmp_path / "a") is None


def test_the_directory_is_a_model_like_any_other(toy: str) -> None:
    check_base_model(toy)
    names = {file.name for file in Path(toy).iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", MANIFEST} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]


def test_the_assistants_turn_ends_at_the_end_token_and_is_marked(toy: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(toy)
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hi."},
    ]
    encoded = tokenizer.apply_chat_template(
        messages, return_dict=True, return_assistant_tokens_mask=True
    )
    ids, mask = encoded["input_ids"], encoded["assistant_masks"]
    assert ids[-1] == tokenizer.eos_token_id != tokenizer.pad_token_id
    marked = [token for token, inside in zip(ids, mask, strict=True) if inside]
    assert tokenizer.decode(marked) == "Hi.<|im_end|>"
    start = tokenizer.apply_chat_template(
        messages[:2], add_generation_prompt=True, return_dict=True
    )["input_ids"]
    assert ids[: len(start)] == start


@pytest.mark.parametrize("text", ["Zebras graze.", "naïve 日本 🙂\n\ttab", "x" * 50])
def test_any_text_survives_the_tokenizer(toy: str, text: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(toy)
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_there_is_general_english_to_learn_from() -> None:
    text = "".join(english(300_000))
    assert 300_000 <= len(text) < 500_000
    assert text.count(" the ") > 1000

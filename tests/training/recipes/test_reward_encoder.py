"""Reward models on an encoder: a masked language model without a chat template reads conversations plainly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from feedback.errors import InvalidInput
from tests.training.recipes import qualities as world
from training.progress import OUTPUT
from training.recipes import get_recipe
from training.sampling.local.reward_models import load_reward_model

CONFIG = {"head": "encoder", "epochs": 6, "batch_size": 8, "learning_rate": 5e-3, "save_steps": 100}


def tiny(path: Path, family: str) -> str:
    """An untrained encoder with a vocabulary of the world's words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import (
        BertConfig,
        BertForMaskedLM,
        DistilBertConfig,
        DistilBertForMaskedLM,
        PreTrainedTokenizerFast,
    )

    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    text = " ".join(world.OPENINGS).lower() + " number is fine . ! ? : what about user assistant"
    words = sorted(set(text.replace(".", " . ").replace("!", " ! ").split()))
    vocabulary = {word: n for n, word in enumerate([*marks, *words, *"0123456789"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        **{f"{name}_token": mark for name, mark in names.items()},
    ).save_pretrained(path)
    shared = {"vocab_size": len(vocabulary), "max_position_embeddings": 64}
    if family == "bert":
        shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        config = BertConfig(intermediate_size=64, **shape, **shared)
        BertForMaskedLM(config).save_pretrained(path)
    else:
        config = DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **shared)
        DistilBertForMaskedLM(config).save_pretrained(path)
    return str(path)


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_an_encoder_learns_the_order(
    family: str, freeze: Any, run: Any, recorder: Any, tmp_path: Path
) -> None:
    base = tiny(tmp_path / family, family)
    job = run(freeze(list(world.comparisons(80))), CONFIG, base=base)
    result = get_recipe("reward_model").train(job, recorder())
    assert result["evaluation"]["accuracy"]["value"] >= 0.8
    output = job.directory / OUTPUT
    model = load_reward_model(str(output), "cpu")
    assert model.card.body == "encoder"
    good, bad = model.rewards([world.conversation(900, 3), world.conversation(900, 0)])
    assert good > bad
    tokenizer = AutoTokenizer.from_pretrained(output)  # it carries how it reads conversations
    ids = tokenizer.apply_chat_template(world.conversation(7, 3)[0], return_dict=True)["input_ids"]
    assert tokenizer.decode(ids).startswith("[CLS]")
    assert ids.count(tokenizer.cls_token_id) == ids.count(tokenizer.sep_token_id) == 1


def test_states_of_an_encoder_carry_a_frozen_head(
    freeze: Any, run: Any, recorder: Any, tmp_path: Path
) -> None:
    base = tiny(tmp_path / "bert", "bert")
    config = {"head": "frozen", "embedder": "base"}
    job = run(freeze(list(world.comparisons(80))), config, base=base)
    result = get_recipe("reward_model").train(job, recorder())
    assert result["evaluation"]["accuracy"]["value"] >= 0.8


def test_a_causal_model_is_no_encoder(freeze: Any, run: Any, recorder: Any) -> None:
    job = run(freeze(list(world.comparisons(40))), CONFIG)
    with pytest.raises(InvalidInput) as caught:
        get_recipe("reward_model").train(job, recorder())
    assert caught.value.code == "not_an_encoder"


def test_an_encoder_is_not_trained_as_a_causal_model(
    freeze: Any, run: Any, recorder: Any, tmp_path: Path
) -> None:
    base = tiny(tmp_path / "bert", "bert")
    job = run(freeze(list(world.comparisons(40))), {**CONFIG, "head": "causal"}, base=base)
    with pytest.raises(InvalidInput) as caught:
        get_recipe("reward_model").train(job, recorder())
    assert caught.value.code == "base_model_without_chat_template"

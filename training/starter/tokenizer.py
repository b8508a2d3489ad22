"""The starter policy's tokenizer: byte-level BPE on its corpus and Python's documentation."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import Any

PAD, END, TEXT, USER, ASSISTANT, SYSTEM = (
    "<|pad|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|user|>",
    "<|assistant|>",
    "<|system|>",
)
SPECIALS = (PAD, END, TEXT, USER, ASSISTANT, SYSTEM)
VOCABULARY = 3072
ENGLISH_CHARACTERS = 1_500_000

# The assistant's turn ends exactly at the end token, so that a reward model reads its state there.
TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- '<|assistant|>' -}}{% generation %}"
    "{{- message['content'] + '<|im_end|>' -}}{% endgeneration %}"
    "{%- elif message['role'] == 'system' -%}{{- '<|system|>' + message['content'] -}}"
    "{%- else -%}{{- '<|user|>' + message['content'] -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


def train_tokenizer(
    dialogues: Iterable[tuple[str, str]],
    vocabulary: int = VOCABULARY,
    english_characters: int = ENGLISH_CHARACTERS,
) -> Any:
    """A `PreTrainedTokenizerFast` whose end token differs from its pad token, with the chat
    template.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(dialogues, english_characters), trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[TEXT, USER, ASSISTANT, SYSTEM],
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = TEMPLATE
    return fast


def _texts(dialogues: Iterable[tuple[str, str]], characters: int) -> Iterator[str]:
    for question, answer in dialogues:
        yield question
        yield answer
    yield from english(characters)


def english(limit: int = ENGLISH_CHARACTERS) -> Iterator[str]:
    """General English, about `limit` characters, that every Python installation carries."""
    total = 0
    for text in _documentation():
        if total >= limit:
            return
        total += len(text)
        yield text


def _documentation() -> Iterator[str]:
    from pydoc_data.topics import topics

    yield from topics.values()
    for name in sorted({*sys.builtin_module_names, "argparse", "email", "logging", "pathlib"}):
        yield from _docstrings(name)


def _docstrings(name: str) -> Iterator[str]:
    module = __import__(name)
    for _, member in sorted(inspect.getmembers(module), key=lambda pair: pair[0]):
        text = getattr(member, "__doc__", None)
        if isinstance(text, str):
            yield text

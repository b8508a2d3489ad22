"""A policy of 0.1 million parameters over 40 words, trained from nothing in seconds, with a known utility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

TOPICS = 6
WORDS = 40
STEPS, BATCH, RATE = 400, 64, 3e-3
LONGEST = 24
SPECIALS = ("<pad>", "<end>", "<user>", "<assistant>", "<unknown>")
TEMPLATE = (
    "{% for m in messages %}{{ '<user>' if m['role'] == 'user' else '<assistant>' }} {{ m['content'] }}"
    "{% if m['role'] == 'assistant' %} <end>{% else %} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Language:
    """What is said about each topic and what it is worth: `frequency` and `value` are [TOPICS, WORDS]."""

    seed: int
    frequency: Any
    value: Any

    def sentence(self, topic: int, rng: np.random.Generator) -> list[str]:
        """Words drawn one by one, 4 to 14 of them."""
        size = int(rng.integers(4, 15))
        return [f"w{n}" for n in rng.choice(WORDS, size=size, p=self.frequency[topic])]

    def utility(self, topic: int, text: str) -> float:
        """The mean value of its words, less for every repetition and for every word after the tenth."""
        words = [int(word[1:]) for word in text.split() if word[1:].isdigit()]
        if not words:
            return -3.0
        repeated = sum(one == other for one, other in pairwise(words))
        worth = float(np.mean(self.value[topic][words]))
        return 2 * worth - 0.5 * repeated - 0.2 * max(0, len(words) - 10)


def language(seed: int) -> Language:
    """Word frequencies (Dirichlet) and values (normal) for each topic."""
    rng = np.random.default_rng(seed)
    frequency = rng.dirichlet(np.full(WORDS, 0.5), size=TOPICS)
    return Language(seed, frequency, rng.normal(size=(TOPICS, WORDS)))


def prompt_of(topic: int) -> list[dict[str, str]]:
    """The question about a topic."""
    return [{"role": "user", "content": f"topic{topic}"}]


def build_reference(path: Path, said: Language) -> None:
    """A GPT-2 of two layers that has learnt the language's sentences, saved with its tokenizer."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(said.seed)
    rng = np.random.default_rng(said.seed)
    tokenizer = _tokenizer()
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=64,
        n_embd=64,
        n_layer=2,
        n_head=4,
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = GPT2LMHeadModel(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    for step in range(STEPS):
        ids, labels = _batch(tokenizer, said, rng)
        loss = model(
            input_ids=ids, attention_mask=ids != tokenizer.pad_token_id, labels=labels
        ).loss
        loss.backward()
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - step / STEPS)
        optimiser.step()
        optimiser.zero_grad()
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)


def sample(path: Path, topics: Sequence[int], *, n: int, seed: int) -> list[list[str]]:
    """`n` answers of the policy about each topic, by the product's own sampler."""
    from training.sampling import open_policy
    from training.sampling.base import SamplingParams

    policy = open_policy({"kind": "local", "path": str(path)})
    params = SamplingParams(max_new_tokens=LONGEST, n=n, seed=seed)
    seeds = [seed + place for place in range(len(topics))]
    found = policy.sample([prompt_of(topic) for topic in topics], params, seeds)
    return [[one.text for one in samples] for samples in found]


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [f"topic{n}" for n in range(TOPICS)] + [f"w{n}" for n in range(WORDS)]
    vocabulary = {word: n for n, word in enumerate((*SPECIALS, *words))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unknown>"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<end>",
        unk_token="<unknown>",
        additional_special_tokens=["<user>", "<assistant>"],
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _batch(tokenizer: Any, said: Language, rng: np.random.Generator) -> tuple[Any, Any]:
    """(ids, labels) of BATCH conversations; only answers are learnt."""
    import torch

    rows = []
    for topic in rng.integers(TOPICS, size=BATCH):
        answer = {"role": "assistant", "content": " ".join(said.sentence(int(topic), rng))}
        rows.append([*prompt_of(int(topic)), answer])
    encoded = tokenizer.apply_chat_template(
        rows, padding=True, return_tensors="pt", return_dict=True
    )
    ids = encoded["input_ids"]
    labels = ids.masked_fill(ids == tokenizer.pad_token_id, -100)
    labels[:, :3] = -100  # <user> topic <assistant>
    return ids, torch.as_tensor(labels)

"""Numbers that local models give to finished conversations: log-probabilities and rewards."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from training.progress import Stopped
from training.sampling.base import Messages, never
from training.sampling.embedder import Matrix
from training.sampling.local.loading import (
    adapter_base,
    check_base_model,
    load_tokenizer,
    place_of,
    prepare_environment,
)

Conversation = tuple[Messages, Messages]  # (prompt, completion)


def conversation_ids(
    tokenizer: Any, prompt: Messages, completion: Messages
) -> tuple[list[int], int]:
    """(tokens of the whole conversation, how many of them are the prompt's) under the chat
    template.
    """
    start = _ids(tokenizer, prompt, add_generation_prompt=True)
    whole = _ids(tokenizer, [*prompt, *completion], add_generation_prompt=False)
    return whole, min(len(start), len(whole))


def log_probabilities(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[Conversation],
    *,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = never,
) -> list[float]:
    """The natural-log probability of each completion given its prompt, summed over tokens, the end
    included.
    """
    found = token_log_probabilities(
        model, tokenizer, conversations, batch_size=batch_size, should_stop=should_stop
    )
    return [math.fsum(tokens) for tokens in found]


def token_log_probabilities(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[Conversation],
    *,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = never,
) -> list[list[float]]:
    """The natural-log probability of each token of each completion, the end included."""
    import torch

    encoded = [conversation_ids(tokenizer, *pair) for pair in conversations]
    found: list[list[float]] = []
    for batch in batches(encoded, batch_size, should_stop):
        ids, mask = padded([whole for whole, _ in batch], tokenizer.pad_token_id, model.device)
        starts = torch.tensor([start for _, start in batch], device=model.device).unsqueeze(1)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1]
        logps = torch.log_softmax(logits.float(), dim=-1).gather(2, ids[:, 1:, None]).squeeze(2)
        places = torch.arange(1, ids.shape[1], device=model.device).unsqueeze(0)
        wanted = (places >= starts) & mask[:, 1:].bool()
        found += [row[kept].tolist() for row, kept in zip(logps, wanted, strict=True)]
    return found


def head_values(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[Conversation],
    *,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = never,
) -> Matrix:
    """What each head of a sequence classifier says of each conversation, [conversations, heads]."""
    import numpy as np
    import torch

    encoded = [conversation_ids(tokenizer, *pair)[0] for pair in conversations]
    found = []
    for batch in batches(encoded, batch_size, should_stop):
        ids, mask = padded(batch, tokenizer.pad_token_id, model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        found.append(logits.double().cpu().numpy())
    values: Matrix = np.concatenate(found) if found else np.zeros((0, 1))
    return values


def load_classifier(path: str, device: str = "auto", *, heads: int = 1) -> tuple[Any, Any]:
    """(model, tokenizer) of a sequence classifier's directory; a LoRA directory is merged into its base.

    Raises InvalidInput `base_model_not_found`.
    """
    check_base_model(path)
    prepare_environment(path)
    import torch
    from transformers import AutoModelForSequenceClassification

    place = place_of(device)
    base, adapter = adapter_base(path)
    tokenizer = load_tokenizer(path, plain=True)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=heads, dtype=torch.float32 if place == "cpu" else "auto"
    )
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    model.config.pad_token_id = tokenizer.pad_token_id
    return model.to(place).eval(), tokenizer


def _ids(tokenizer: Any, messages: Messages, *, add_generation_prompt: bool) -> list[int]:
    plain: list[Mapping[str, str]] = [dict(m) for m in messages]
    encoded = tokenizer.apply_chat_template(
        plain, add_generation_prompt=add_generation_prompt, return_dict=True
    )
    return list(encoded["input_ids"])


def padded(rows: Sequence[list[int]], pad: int, device: Any) -> tuple[Any, Any]:
    """(ids, attention mask), both [rows, longest], padded on the right."""
    import torch

    width = max(map(len, rows))
    ids = [row + [pad] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def batches(rows: Sequence[Any], size: int, should_stop: Callable[[], bool]) -> Iterator[list[Any]]:
    """Parts of the rows; raises Stopped when told to."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        if should_stop():
            raise Stopped
        yield batch

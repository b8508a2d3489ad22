"""Numbers that local models give to finished conversations: log-probabilities and rewards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from training.progress import Stopped
from training.sampling.base import Messages, never
from training.sampling.local.loading import (
    adapter_base,
    check_base_model,
    load_tokenizer,
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
    import torch

    encoded = [conversation_ids(tokenizer, *pair) for pair in conversations]
    sums = []
    for batch in _batches(encoded, batch_size, should_stop):
        ids, mask = _padded([whole for whole, _ in batch], tokenizer.pad_token_id, model.device)
        starts = torch.tensor([start for _, start in batch], device=model.device).unsqueeze(1)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1]
        logps = torch.log_softmax(logits.float(), dim=-1).gather(2, ids[:, 1:, None]).squeeze(2)
        places = torch.arange(1, ids.shape[1], device=model.device).unsqueeze(0)
        wanted = (places >= starts) & mask[:, 1:].bool()
        sums += (logps * wanted).sum(dim=1).tolist()
    return sums


def rewards(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[Conversation],
    *,
    batch_size: int = 16,
    should_stop: Callable[[], bool] = never,
) -> list[float]:
    """The reward model's number for each conversation, one forward pass a batch."""
    import torch

    encoded = [conversation_ids(tokenizer, *pair)[0] for pair in conversations]
    numbers: list[float] = []
    for batch in _batches(encoded, batch_size, should_stop):
        ids, mask = _padded(batch, tokenizer.pad_token_id, model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        numbers += logits.squeeze(-1).float().tolist()
    return numbers


def load_reward_model(path: str, device: str = "auto") -> tuple[Any, Any]:
    """(model, tokenizer) of a reward model's directory; a LoRA directory is merged into its base.

    Raises InvalidInput `base_model_not_found`.
    """
    check_base_model(path)
    prepare_environment(path)
    import torch
    from transformers import AutoModelForSequenceClassification

    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    base, adapter = adapter_base(path)
    tokenizer = load_tokenizer(path)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=1, dtype=torch.float32 if place == "cpu" else "auto"
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


def _padded(rows: Sequence[list[int]], pad: int, device: Any) -> tuple[Any, Any]:
    import torch

    width = max(map(len, rows))
    ids = [row + [pad] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _batches(
    rows: Sequence[Any], size: int, should_stop: Callable[[], bool]
) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        if should_stop():
            raise Stopped
        yield batch

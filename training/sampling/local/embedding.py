"""Conversations as vectors by a local model: the mean of its last hidden states over the completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from training.sampling.base import never
from training.sampling.embedder import Matrix
from training.sampling.local.loading import (
    check_base_model,
    load_tokenizer,
    place_of,
    prepare_environment,
)
from training.sampling.local.scoring import Conversation, batches, conversation_ids, padded


class Encoder:
    """A causal model or an encoder whose states are averaged; nothing in it is trained."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model
        self.tokenizer = tokenizer

    @classmethod
    def loaded(cls, path: str, device: str = "auto") -> Encoder:
        """From a directory or Hub id; raises InvalidInput `base_model_not_found`."""
        check_base_model(path)
        prepare_environment(path)
        import torch
        from transformers import AutoModel

        place = place_of(device)
        dtype = torch.float32 if place == "cpu" else "auto"
        model = AutoModel.from_pretrained(path, dtype=dtype)
        return cls(model.to(place).eval(), load_tokenizer(path, plain=True))

    def save(self, path: str) -> None:
        """Weights and tokenizer, as `loaded` reads them."""
        self.model.save_pretrained(path)
        self.tokenizer.save_pretrained(path)

    def vectors(
        self,
        conversations: Sequence[Conversation],
        *,
        batch_size: int = 16,
        should_stop: Callable[[], bool] = never,
    ) -> Matrix:
        """[conversations, hidden size]; conversations longer than the context lose their beginning."""
        import numpy as np
        import torch

        longest = getattr(self.model.config, "max_position_embeddings", None) or 2**31
        encoded = [conversation_ids(self.tokenizer, *pair) for pair in conversations]
        found = []
        for batch in batches(encoded, batch_size, should_stop):
            rows = [whole[-longest:] for whole, _ in batch]
            ids, mask = padded(rows, self.tokenizer.pad_token_id, self.model.device)
            lost = [len(whole) - len(row) for (whole, _), row in zip(batch, rows, strict=True)]
            starts = [max(0, start - cut) for (_, start), cut in zip(batch, lost, strict=True)]
            with torch.inference_mode():
                states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            places = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)
            starting = torch.tensor(starts, device=ids.device).unsqueeze(1)
            wanted = ((places >= starting) & mask.bool()).unsqueeze(2)
            means = (states * wanted).sum(dim=1) / wanted.sum(dim=1).clamp(min=1)
            found.append(means.double().cpu().numpy())
        rows_found: Matrix = np.concatenate(found) if found else np.zeros((0, 1))
        return rows_found

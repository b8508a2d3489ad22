"""Samples become completions with a record of how they were taken, and completions become items."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from feedback.kinds import get_kind
from feedback.models import Completion, Item, Prompt
from feedback.services import NewCompletion, add_completions, add_item_for
from training.models import Generation, Policy
from training.sampling.base import Sample


@transaction.atomic
def store_samples(
    prompt: Prompt,
    policy: Policy,
    samples: Sequence[Sample],
    parameters: Mapping[str, Any],
    seed: int,
) -> list[Completion]:
    """Store samples of one prompt; an empty text is kept out, as nobody could judge it."""
    told = [sample for sample in samples if sample.text.strip()]
    origin = {"label": policy.name, "parameters": {**parameters, "seed": seed}}
    completions = add_completions(prompt, [NewCompletion(s.text, origin) for s in told])
    Generation.objects.bulk_create(
        Generation(
            completion=completion,
            policy=policy,
            parameters=dict(parameters),
            seed=seed,
            logprob=sample.logprob,
            tokens=sample.tokens,
            finish_reason=sample.finish_reason,
        )
        for completion, sample in zip(completions, told, strict=True)
    )
    return completions


def make_items(
    prompt: Prompt,
    groups: Sequence[Sequence[Completion]],
    kinds: Sequence[Mapping[str, Any] | str],
    *,
    overlap: int | None = None,
    reuse: bool = False,
    order_key: int = 0,
) -> list[Item]:
    """Blind items about sampled completions: `groups` has one list a policy.

    Kinds of two completions get pairs: across two policies, or within one; pairs of equal texts ask nothing and
    are left out. Kinds of single completions get one item each. With `reuse`, what is asked blind already is not
    asked again.
    """
    most = min(get_kind(k if isinstance(k, str) else str(k["kind"])).most for k in kinds)
    chosen = _pairs(groups) if most == 2 else [(c,) for group in groups for c in group]
    return [
        (_asked_already(prompt, completions) if reuse else None)
        or add_item_for(
            prompt, completions, kinds, blind=True, overlap=overlap, order_key=order_key
        )
        for completions in chosen
    ]


def _asked_already(prompt: Prompt, completions: Sequence[Completion]) -> Item | None:
    """The blind item about just these completions, in whatever order."""
    items = Item.objects.filter(prompt=prompt, blind=True, withdrawn_at=None)
    for completion in completions:
        items = items.filter(slots__completion=completion)
    return next((item for item in items if item.slots.count() == len(completions)), None)


def _pairs(groups: Sequence[Sequence[Completion]]) -> list[tuple[Completion, ...]]:
    """Each pair in random stored order, so that the index does not give the policy away."""
    if len(groups) == 1:
        flat = groups[0]
        pairs = list(zip(flat[::2], flat[1::2], strict=False))
    else:
        pairs = list(zip(groups[0], groups[1], strict=False))
    different = [pair for pair in pairs if pair[0].text.strip() != pair[1].text.strip()]
    return [tuple(random.sample(pair, 2)) for pair in different]

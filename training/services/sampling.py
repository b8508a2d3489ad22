"""Live sampling: a typed prompt goes to the sampler, and what came out can be judged blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from feedback.errors import InvalidInput, NotFound
from feedback.models import Completion, Item, Project, Prompt, User
from feedback.ordering import NOW
from feedback.services import add_prompt
from training import streams
from training.models import Policy
from training.samples import make_items
from training.sampling.base import SamplingParams


@dataclass(frozen=True, slots=True)
class NewSampling:
    """A prompt and the one or two policies that answer it."""

    messages: Sequence[Mapping[str, str]]
    policies: Sequence[Policy]
    params: Mapping[str, Any]


def request_sampling(project: Project, user: User, new: NewSampling) -> str:
    """Queue live sampling; returns the stream's id. Raises InvalidInput, Unavailable."""
    if not 1 <= len(new.policies) <= 2:
        raise InvalidInput("Choose one or two policies.", code="wrong_number_of_policies")
    params = SamplingParams.parse(new.params)
    prompt, _ = add_prompt(project, new.messages)
    request = {
        "prompt": prompt.pk,
        "policies": [policy.pk for policy in new.policies],
        "params": params.as_json(),
    }
    return streams.send_request(user.pk, request)


def stop_sampling(user: User, name: str) -> None:
    """End the user's live sampling early; what is complete stays stored."""
    streams.check_owner(name, user.pk)
    streams.request_stop(name)


@transaction.atomic
def judge_blind(
    project: Project, completions: Sequence[int], kinds: Sequence[Mapping[str, Any] | str]
) -> list[Item]:
    """Items about sampled completions, names hidden until judged; they are the next to be judged.

    Raises InvalidInput, NotFound.
    """
    found = list(
        Completion.objects.filter(pk__in=completions, prompt__project=project)
        .select_related("prompt__project", "generation")
        .order_by("pk")
    )
    if not found or len(found) != len(set(completions)):
        raise NotFound("Some of these completions are not here.", code="unknown_completion")
    if len({completion.prompt_id for completion in found}) > 1:
        raise InvalidInput("Compare samples of one prompt.", code="mixed_prompts")
    groups: dict[int, list[Completion]] = {}
    for completion in found:
        groups.setdefault(completion.generation.policy_id, []).append(completion)
    prompt = Prompt.objects.select_for_update(no_key=True).get(pk=found[0].prompt_id)
    items = make_items(prompt, list(groups.values()), kinds, reuse=True, order_key=NOW)
    if not items:
        raise InvalidInput(
            "There are no two different samples to compare.",
            code="nothing_to_judge",
            hint="Sample more, or at a higher temperature.",
        )
    return items

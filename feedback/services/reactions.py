"""Thumbs in use: a completion was shown to somebody, who may react; through the one door like all judgments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback.errors import Conflict, InvalidInput
from feedback.models import (
    Annotator,
    Assignment,
    AssignmentState,
    Completion,
    Impression,
    Item,
    Project,
    Prompt,
    Source,
    Submission,
)
from feedback.selectors.reactions import (
    KIND,
    Reaction,
    item_in_use,
    reaction_of,
    reaction_settings,
)
from feedback.selectors.rounds import IN_USE
from feedback.services.content import (
    NewCompletion,
    add_completions,
    add_item_for,
    add_prompt,
    external_id_conflict,
)
from feedback.services.judgments import annotator_for, submit_judgment
from feedback.services.submissions import NewSubmission

LONGEST_NAME = 200
LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class NewReaction:
    """A thumb; `desirable` None takes the viewer's thumb back."""

    desirable: bool | None
    key: str
    tags: Sequence[str] = ()
    reason: str = ""


def viewer_named(project: Project, name: str) -> Annotator:
    """A viewer of another application, by the name that it gives. Raises InvalidInput `invalid_viewer`."""
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        raise InvalidInput(
            f"A viewer's name has 1 to {LONGEST_NAME} characters.", code="invalid_viewer"
        )
    return annotator_for(project, Source.HUMAN, name.strip())


def show_new(
    project: Project,
    messages: Sequence[Mapping[str, str]],
    new: NewCompletion,
    *,
    key: str,
    external_id: str | None = None,
    viewer: str = "",
) -> tuple[Completion, bool]:
    """Store a prompt with a completion that was shown, and the impression; and whether it is new.

    One with the same external id, or a repeat of the key, is the one that is stored. Raises InvalidInput,
    Conflict `external_id_conflict`, `key_conflict`.
    """
    _check_key(key)
    with transaction.atomic():
        prompt, _ = add_prompt(project, messages)
        Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
        known = _known(prompt, external_id, key)
        if known is None:
            origin = {**new.origin, **({"external_id": external_id} if external_id else {})}
            (stored,) = add_completions(prompt, [NewCompletion(new.text, origin, new.media)])
        else:
            stored = known
            _check_same(stored, new, external_id, key)
        show_again(stored, key=key, viewer=viewer)
    return stored, known is None


def show_again(completion: Completion, *, key: str, viewer: str = "") -> None:
    """Count an impression, once for each key. Raises InvalidInput `invalid_key`."""
    _check_key(key)
    Impression.objects.get_or_create(completion=completion, key=key, defaults={"viewer": viewer})


@transaction.atomic
def react(
    completion: Completion, annotator: Annotator, new: NewReaction, *, blind: bool = False
) -> Reaction | None:
    """Store a viewer's thumb, in place of an older one; returns what counts now.

    An equal thumb, or a repeat of its key, stores nothing. `blind`: who reacted did not know what wrote it.
    Raises InvalidInput `invalid_answer`, `invalid_key`, Conflict `key_conflict`.
    """
    _check_key(new.key)
    # One reaction to a completion at a time: its item is made once, its newest reaction is clear.
    Completion.objects.select_for_update(no_key=True).get(pk=completion.pk)
    standing = reaction_of(completion, annotator)
    used = Submission.objects.filter(annotator=annotator, key=new.key).first()
    if used is not None:
        _check_repeat(used, completion, new)
        return standing
    if new.desirable is None:
        if standing is not None:
            _take_back(standing)
        return None
    if standing is not None and _said(standing) == (new.desirable, tuple(new.tags), new.reason):
        return standing
    item = item_in_use(completion) or _new_item(completion, blind)
    _seen(completion, annotator)
    thumb = {"completion": 0, "desirable": new.desirable, "tags": [*new.tags], "reason": new.reason}
    submit_judgment(
        NewSubmission(
            item_id=item.pk,
            annotator=annotator,
            answers={KIND: {"thumbs": [thumb]}},
            key=new.key,
            assignment_id=None if standing else _lease(item, annotator).pk,
            amends=standing.judgment.submission_id if standing else None,
            in_use=True,
        )
    )
    return reaction_of(completion, annotator)


def _new_item(completion: Completion, blind: bool) -> Item:
    """It asks nobody: the completion is judged by those to whom it happens to be shown."""
    settings = reaction_settings(completion).model_dump(mode="json")
    if settings.get("reason") == "required":  # who only uses an application is not made to write
        settings["reason"] = "optional"
    return add_item_for(
        completion.prompt,
        [completion],
        [{"kind": KIND, "settings": settings}],
        item_id=f"{IN_USE}{completion.pk}",
        blind=blind,
        closed=True,
    )


def _lease(item: Item, annotator: Annotator) -> Assignment:
    expires = timezone.now() + timedelta(minutes=item.project.lease_minutes)
    return Assignment.objects.create(item=item, annotator=annotator, order=[0], expires_at=expires)


def _take_back(standing: Reaction) -> None:
    item, annotator = standing.judgment.item_id, standing.judgment.annotator_id
    now = timezone.now()
    standing.judgment.submission.judgments.update(withdrawn_at=now)
    # The lease is free again, so that they may react anew.
    used = Assignment.objects.filter(item=item, annotator=annotator)
    used.filter(state=AssignmentState.SUBMITTED).update(state=AssignmentState.RELEASED)


def _seen(completion: Completion, annotator: Annotator) -> None:
    """Who reacts has seen it, whether or not the application said so."""
    if not completion.impressions.filter(viewer=annotator.pseudonym).exists():
        show_again(completion, key=f"reaction:{annotator.pk}", viewer=annotator.pseudonym)


def _known(prompt: Prompt, external_id: str | None, key: str) -> Completion | None:
    if external_id:
        return prompt.completions.filter(origin__external_id=external_id).first()
    return prompt.completions.filter(impressions__key=key).first()


def _check_same(stored: Completion, new: NewCompletion, external_id: str | None, key: str) -> None:
    if (stored.text, stored.label) == (new.text, str(new.origin.get("label", ""))):
        return
    if external_id:
        raise external_id_conflict("completion", external_id)
    raise _key_conflict(key)


def _check_repeat(used: Submission, completion: Completion, new: NewReaction) -> None:
    thumbs = [judgment.answer.get("thumbs") for judgment in used.judgments.filter(kind=KIND)]
    wanted = (new.desirable, tuple(new.tags), new.reason)
    said = [(t["desirable"], tuple(t["tags"]), t["reason"]) for (t,) in filter(None, thumbs)]
    if used.item.external_id != f"{IN_USE}{completion.pk}" or said != [wanted]:
        raise _key_conflict(new.key)


def _said(reaction: Reaction) -> tuple[bool, tuple[str, ...], str]:
    return reaction.desirable, reaction.tags, reaction.reason


def _key_conflict(key: str) -> Conflict:
    return Conflict(
        f"The key '{key}' was used for something else.",
        code="key_conflict",
        hint="Use a new key for each showing and each reaction; repeat the same body to retry.",
    )


def _check_key(key: Any) -> None:
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or "\x00" in key:
        raise InvalidInput(f"A key has 1 to {LONGEST_KEY} characters.", code="invalid_key")

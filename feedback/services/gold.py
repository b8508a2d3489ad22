"""Gold: items with known answers, what an answer to one amounts to, and who may go on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from feedback.assignment import TAKES, exam_settled, keep_one_place, order_key_for
from feedback.errors import InvalidInput
from feedback.kinds import get_kind
from feedback.kinds.base import Answer, Kind
from feedback.models import Annotator, Assignment, Item, Judgment
from feedback.ordering import QueueSettings
from feedback.quality.gold import BAD, BOUND, GOOD, Standing
from feedback.selectors import ask_of, asked_kinds, stored_answer
from feedback.selectors.gold import gold_standing
from feedback.services.checks import check_text
from feedback.services.pauses import pause_annotator

HALF_A_STEP = 0.5  # a mean score this near to the known one is right
LONGEST_EXPLANATION = 10_000


@transaction.atomic
def mark_gold(item: Item, answers: Mapping[str, Mapping[str, Any]], explanation: str = "") -> Item:
    """Make the item gold: everybody is asked it once, and nothing said about it is evidence.

    Raises InvalidInput `no_gold_answer`, `not_for_gold`, or `invalid_answer` of the kind that it does not fit.
    """
    if len(explanation) > LONGEST_EXPLANATION:
        raise InvalidInput("The explanation is too long.", code="text_too_long")
    if explanation:
        check_text(explanation, "explanation")
    # Leases before their item, as everywhere, so that nobody who skips it meanwhile is locked out.
    list(Assignment.objects.select_for_update().filter(item=item).values_list("pk"))
    locked = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item.pk)
    known = {name: _known_answer(locked, name, answer) for name, answer in answers.items()}
    if not known:
        raise InvalidInput(
            "Give the answer to one kind of the item at least.", code="no_gold_answer"
        )
    locked.gold = {"answers": known, "explanation": explanation}
    locked.places = 0
    locked.save(update_fields=["gold", "places"])
    Assignment.objects.filter(item=locked).update(takes_place=False)
    return locked


@transaction.atomic
def mark_gold_as_judged(judgment_ids: list[int], item: Item, explanation: str = "") -> Item:
    """Make the item gold with answers that were given to it. Raises InvalidInput."""
    chosen = Judgment.objects.filter(pk__in=judgment_ids, item=item, erased_at=None)
    answers = {j.kind: stored_answer(j).model_dump(mode="json") for j in chosen}
    return mark_gold(item, answers, explanation)


@transaction.atomic
def mark_gold_in(
    item: Item, kind: str, answer: Mapping[str, Any], explanation: str | None = None
) -> Item:
    """Make the answer to one kind known; those to other kinds, and without a new one the explanation, stay."""
    locked = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item.pk)
    known = locked.gold or {"answers": {}, "explanation": ""}
    said = known["explanation"] if explanation is None else explanation
    return mark_gold(locked, known["answers"] | {kind: answer}, said)


@transaction.atomic
def unmark_gold(item: Item) -> Item:
    """Make it an ordinary item again: what people said about it counts, and the rest is asked."""
    locked = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item.pk)
    if locked.gold is None:
        return locked
    Assignment.objects.filter(item=locked).update(takes_place=True)
    taken = Assignment.objects.filter(TAKES, item=locked).count()
    locked.gold = None
    locked.overlap = max(locked.overlap, taken)
    locked.places = locked.overlap - taken
    settings = QueueSettings.parse(locked.project.queue)
    locked.order_key = order_key_for(settings, locked.priority) + taken
    locked.save(update_fields=["gold", "overlap", "places", "order_key"])
    if locked.only_for_id is not None:
        keep_one_place(locked.pk, locked.only_for_id)
        locked.refresh_from_db()
    return locked


def right_against_gold(item: Item, answers: Mapping[str, Answer]) -> bool | None:
    """Whether every kind whose answer is known was answered so; None for an item that is not gold."""
    if item.gold is None:
        return None
    return all(
        _agrees(get_kind(name), answers[name], get_kind(name).answer_model.model_validate(known))
        for name, known in item.gold["answers"].items()
    )


@transaction.atomic
def settle_gold(annotator: Annotator) -> None:
    """After an answer to gold: an exam that is passed is noted, and the test may pause the annotator."""
    rows = Annotator.objects.select_for_update(no_key=True, of=("self",))
    annotator = rows.select_related("project").get(pk=annotator.pk)
    if not exam_settled(annotator, QueueSettings.parse(annotator.project.queue)):
        return
    standing = gold_standing(annotator)
    if standing.verdict == "paused" and annotator.paused_at is None:
        pause_annotator(annotator, evidence_sentence(standing))


def warning_for(annotator: Annotator) -> Standing | None:
    """Where the test stands, if it warns: it doubts and has not paused. An exam is a test of its own."""
    exam = QueueSettings.parse(annotator.project.queue).exam
    if annotator.paused_at is not None or (exam is not None and annotator.exam_passed_at is None):
        return None
    standing = gold_standing(annotator)
    return standing if standing.verdict == "warned" else None


def evidence_sentence(standing: Standing) -> str:
    """What the test saw, in a sentence with its figures."""
    n = standing.right + standing.wrong
    return (
        f"{standing.right} of {n} answers to items with known answers were right. That is "
        f"{math.exp(standing.evidence):.0f} times as likely for somebody who is right {BAD:.0%} of the "
        f"time as for somebody who is right {GOOD:.0%} (paused from {math.exp(BOUND):.0f})."
    )


def _known_answer(item: Item, name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    asked = {one.kind.name: one for one in asked_kinds(item)}
    if name not in asked:
        raise InvalidInput(
            f"This item does not ask '{name}'; it asks {', '.join(asked)}.", code="no_gold_answer"
        )
    one = asked[name]
    parsed = one.kind.parse(answer, ask_of(item, name))
    problem = one.kind.known_problem(parsed, one.settings)
    if problem is not None:
        raise InvalidInput(problem, code="not_for_gold")
    stored: dict[str, Any] = parsed.model_dump(mode="json")
    return stored


def _agrees(kind: Kind[Any, Any], one: Answer, other: Answer) -> bool:
    a, b = kind.agreement_value(one), kind.agreement_value(other)
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= HALF_A_STEP
    return a == b

"""Sessions and gates: draws fixed beforehand, settled once, repeated in an audit; and repeated items."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback import services
from feedback.assignment import Gated, next_assignment
from feedback.errors import Conflict
from feedback.kinds import get_kind
from feedback.models import Item, Judgment, KindRecord, Project, Source, User
from feedback.selectors import live_judgments
from feedback.selectors.reports import report_of
from feedback.selectors.rounds import rounds_of
from feedback.services.gates import answer_gate, gate_state, pass_gate, practise_gate
from feedback.services.records import audit, close_session, commitment_to
from feedback.services.repeats import repeat_item
from tests.cast import judge, new_item, new_project

WTP = "willingness_to_pay"
LISTED = {"mechanism": "price_list", "prices": ["1.00", "2.00"], "paid": True}


def asking(owner: User, reviewer: User, annotator: User, **settings: Any) -> Project:
    kinds = [{"kind": WTP, "settings": {"gate": False, **settings}}]
    return new_project(owner, reviewer, annotator, name="Worth", kinds=kinds)


@pytest.fixture
def bdm(owner: User, reviewer: User, annotator: User) -> Project:
    return asking(owner, reviewer, annotator, paid=True)


def answer(project: Project, user: User, amount: str = "2.50", **more: Any) -> Judgment:
    new_item(project, f"Question {Item.objects.count()}?")
    payload = {"preferred": "first", "amount": amount, **more}
    outcome = judge(project, user, {WTP: payload})
    assert outcome.submission is not None
    return outcome.submission.judgments.get()


def test_a_round_is_drawn_from_the_secret_and_the_item(bdm: Project, annotator: User) -> None:
    judgment = answer(bdm, annotator)
    record = judgment.record
    assert record is not None
    assert record.data["commitment"] == hashlib.sha256(bytes.fromhex(record.secret)).hexdigest()
    # As a stranger to this code would repeat it.
    seed = hmac.digest(bytes.fromhex(record.secret), str(judgment.item_id).encode(), "sha256")
    steps = random.Random(int.from_bytes(seed, "big")).randrange(51)
    assert judgment.outcome["draw"]["price"] == f"{steps / 10:.2f}"
    assert judgment.outcome["hypothetical"] is False
    assert answer(bdm, annotator).record == record


def test_the_end_pays_one_round_and_can_be_repeated(bdm: Project, annotator: User) -> None:
    judgments = [answer(bdm, annotator, f"{n}.00") for n in range(4)]
    record = close_session(KindRecord.objects.get())
    paid = record.data["result"]["paid"]
    chosen = judgments[paid["number"] - 1]
    assert paid["judgment"] == chosen.pk
    assert paid["price"] == chosen.outcome["draw"]["price"]
    assert record.data["result"]["rounds"] == 4
    assert audit(record) == []
    assert close_session(record).data == record.data  # twice is as good as once
    assert answer(bdm, annotator).record != record


def forge_outcome(record: KindRecord) -> None:
    judgment = record.judgments.get()
    judgment.outcome["draw"]["price"] = "9.90"
    judgment.save()


def forge_answer(record: KindRecord) -> None:
    Judgment.objects.update(answer={"preferred": "second", "amount": "0.10"})


def forge_secret(record: KindRecord) -> None:
    record.secret = "00" * 32


def forge_result(record: KindRecord) -> None:
    record.data["result"]["paid"]["keeps"] = "500.00"


def drop_round(record: KindRecord) -> None:
    Judgment.objects.update(record=None)


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (forge_outcome, "is not what its draw gives"),
        (forge_answer, "was changed after the session had ended"),
        (forge_secret, "is not the one that was committed to"),
        (forge_result, "The result of the session is not what its draw gives"),
        (drop_round, "is not any more"),
    ],
)
def test_an_audit_finds_what_was_forged(
    bdm: Project, annotator: User, forge: Callable[[KindRecord], None], told: str
) -> None:
    answer(bdm, annotator)
    record = close_session(KindRecord.objects.get())
    assert audit(record) == []
    forge(record)
    assert any(told in problem for problem in audit(record))


def test_a_session_left_idle_is_settled_before_the_next_begins(
    bdm: Project, annotator: User
) -> None:
    first = answer(bdm, annotator)
    Judgment.objects.update(created=timezone.now() - timedelta(hours=1, minutes=59))
    assert answer(bdm, annotator).record == first.record
    Judgment.objects.update(created=timezone.now() - timedelta(hours=2, minutes=1))
    second = answer(bdm, annotator)
    assert second.record != first.record
    assert first.record is not None
    ended = KindRecord.objects.get(pk=first.record.pk)
    assert ended.closed_at is not None
    assert ended.data["result"]["rounds"] == 2
    assert audit(ended) == []


def test_judges_and_imports_have_no_sessions_and_no_draws(bdm: Project) -> None:
    machine = services.annotator_for(bdm, Source.JUDGE, "judge-1")
    item = new_item(bdm)
    stored = services.submit_judgment(
        services.NewSubmission(
            item.pk, machine, {WTP: {"preferred": "second", "amount": "1.00"}}, "key"
        )
    )
    assert stored.submission is not None
    judgment = stored.submission.judgments.get()
    assert judgment.record is None
    assert "draw" not in judgment.outcome
    assert judgment.outcome["low"] == "1.00"


def test_a_paid_price_list_may_be_changed_until_its_session_ends(
    owner: User, reviewer: User, annotator: User
) -> None:
    project = asking(owner, reviewer, annotator, **LISTED)
    rows = [{"price": "1.00", "pay": True}, {"price": "2.00", "pay": False}]
    judgment = answer(project, annotator, amount=None, choices=rows)  # type: ignore[arg-type]
    changed = amend(judgment, [{**row, "pay": True} for row in rows], "again")
    assert changed.record == judgment.record
    assert changed.outcome["at_cap"] is True
    record = close_session(KindRecord.objects.get())
    assert record.data["rounds"][0]["judgment"] == changed.pk  # the one that counts
    assert audit(record) == []
    with pytest.raises(Conflict) as refused:
        amend(changed, rows, "late")
    assert refused.value.code == "cannot_change_session_ended"
    assert services.changeable_until(changed.submission) is None


def amend(judgment: Judgment, rows: list[dict[str, Any]], key: str) -> Judgment:
    stored = services.submit_judgment(
        services.NewSubmission(
            item_id=judgment.item_id,
            annotator=judgment.annotator,
            answers={WTP: {"preferred": "first", "choices": rows}},
            key=key,
            amends=judgment.submission_id,
        )
    )
    assert stored.submission is not None
    return stored.submission.judgments.get()


def test_an_answer_whose_draw_was_shown_is_final(bdm: Project, annotator: User) -> None:
    judgment = answer(bdm, annotator)
    with pytest.raises(Conflict) as refused:
        services.withdraw_submission(judgment.annotator, judgment.submission_id, judgment.item_id)
    assert refused.value.code == "cannot_change_final"


def test_a_gate_is_passed_in_order(owner: User, reviewer: User, annotator: User) -> None:
    project = asking(owner, reviewer, annotator, gate=True)
    new_item(project)
    own = services.annotator_for_user(project, annotator)
    found = next_assignment(own)
    assert isinstance(found, Gated)
    pk = found.record.pk
    with pytest.raises(Conflict) as refused:
        pass_gate(gate_state(own, pk))
    assert refused.value.code == "gate_not_passed"
    state = gate_state(own, pk)
    right = [question.correct for question in state.gate.questions]
    assert answer_gate(state, [None] * len(right)) == list(state.gate.questions)
    assert answer_gate(state, [*right[:-1], 99]) == [state.gate.questions[-1]]
    assert answer_gate(state, right) == []
    for n in range(len(state.gate.practice)):
        assert gate_state(own, pk).practice_left
        practise_gate(state, n)
    session = pass_gate(gate_state(own, pk))
    assert session is not None
    assert session.data["commitment"] == commitment_to(session.secret)
    assert not isinstance(next_assignment(own), Gated)
    assert KindRecord.objects.get(pk=pk).data["attempts"] == 3


def test_a_repeated_item_names_the_first_and_is_a_round_of_it(
    bdm: Project, annotator: User, owner: User
) -> None:
    first = answer(bdm, annotator, "1.00").item
    again = repeat_item(first)
    third = repeat_item(again)
    assert (again.repeats_id, third.repeats_id) == (first.pk, first.pk)
    assert [s.completion_id for s in again.slots.all()] == [
        s.completion_id for s in first.slots.all()
    ]
    judge(bdm, annotator, {WTP: {"preferred": "first", "amount": "1.40"}})
    rounds = list(rounds_of(live_judgments()))
    assert [one.item for one in rounds] == [first.pk, first.pk]
    report = report_of(bdm, WTP)
    assert report.figures["units"][0]["retest"]["pairs"] == 1
    assert (report.read, report.answers, len(report.sessions)) == (2, 2, 1)
    Item.objects.filter(pk=first.pk).update(withdrawn_at=timezone.now())
    first.refresh_from_db()
    with pytest.raises(Conflict):
        repeat_item(first)


def test_rounds_know_the_annotators_other_answers(
    owner: User, reviewer: User, annotator: User
) -> None:
    kinds = ["pairwise", {"kind": WTP, "settings": {"gate": False}}]
    project = new_project(owner, reviewer, annotator, name="Both", kinds=kinds)
    new_item(project)
    answers = {
        "pairwise": {"choice": "second"},
        WTP: {"preferred": "second", "amount": "3.00"},
    }
    judge(project, annotator, answers)
    (one,) = rounds_of(live_judgments().filter(kind=WTP))
    assert one.others is not None
    assert one.others["pairwise"].choice == "second"
    agreement = get_kind(WTP).report([one])["units"][0]["agreement"]
    assert (agreement["count"], agreement["of"]) == (1, 1)


def test_an_audit_costs_no_more_queries_with_more_rounds(
    bdm: Project, annotator: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        answer(bdm, annotator)
    record = close_session(KindRecord.objects.get())
    with django_assert_max_num_queries(8):
        assert audit(record) == []

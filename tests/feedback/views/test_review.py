"""Review: the queue, the decision between answers, one more person, and what a snapshot makes of it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.urls import reverse

from feedback import services
from feedback.assignment import next_assignment
from feedback.errors import Conflict
from feedback.models import Assignment, Decision, Item, Judgment, Project, Role, User
from feedback.selectors import evidence_of
from feedback.selectors.decisions import decided_only
from feedback.selectors.disputes import disputed
from feedback.services.decisions import ask_one_more, decide
from tests.cast import ClientOf, judge, new_item
from training.models import Snapshot
from training.selectors import snapshot_evidence
from training.services import run_here, start_quality_report, start_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def item(project: Project, owner: User, annotator: User) -> Item:
    """Two people disagree about it."""
    made = new_item(project, overlap=2)
    judge(project, owner)
    judge(project, annotator, {"pairwise": {"choice": "second"}})
    return made


def of(item: Item, user: User) -> Judgment:
    return Judgment.objects.get(item=item, annotator__user=user)


def test_the_queue_is_what_is_in_dispute_and_undecided(
    project: Project, item: Item, owner: User, reviewer: User, annotator: User, client_of: ClientOf
) -> None:
    queue = reverse("review", args=[project.slug])
    address = reverse("review_item", args=[project.slug, item.pk])
    before = client_of(reviewer).get(queue).content.decode()
    assert address in before
    assert "from the answers themselves" in before
    run_here(start_quality_report(project, owner))
    assert address in client_of(reviewer).get(queue).content.decode()
    shown = client_of(reviewer).get(address).content.decode()
    assert shown.count("Decide for this") == 2
    chosen = of(item, annotator)
    client_of(reviewer).post(address, {"judgment": chosen.pk})
    decision = Decision.objects.get(item=item)
    assert (decision.kind, decision.judgment, decision.reviewer) == ("pairwise", chosen, reviewer)
    assert disputed(project).rows == []
    client_of(reviewer).post(address, {"undo": "pairwise"})
    assert [one.item for one in disputed(project).rows] == [item]


@pytest.mark.parametrize("kind", ["pairwise", "zzz", "\0"])
def test_what_was_not_decided_is_not_taken_back(
    item: Item, reviewer: User, client_of: ClientOf, kind: str
) -> None:
    address = reverse("review_item", args=[item.project.slug, item.pk])
    page = client_of(reviewer).post(address, {"undo": kind}, follow=True).content.decode()
    assert "There is no such decision" in page
    assert "taken back" not in page


def test_there_is_one_decision_for_an_item_and_kind(
    item: Item, owner: User, annotator: User
) -> None:
    decide(item, of(item, owner).pk, owner)
    decide(item, of(item, annotator).pk, owner)
    assert Decision.objects.get().judgment == of(item, annotator)
    with pytest.raises(IntegrityError):
        Decision.objects.create(item=item, kind="pairwise", judgment=of(item, owner))


def test_an_answer_to_something_else_cannot_be_chosen(
    project: Project, item: Item, owner: User, reviewer: User, client_of: ClientOf
) -> None:
    new_item(project, "Another?")
    other = judge(project, owner).submission
    assert other is not None
    address = reverse("review_item", args=[project.slug, item.pk])
    for posted in (str(other.judgments.get().pk), "x", "0", ""):
        client_of(reviewer).post(address, {"judgment": posted})
    assert not Decision.objects.exists()


def test_one_more_is_asked(project: Project, item: Item, reviewer: User) -> None:
    person = services.annotator_for_user(project, reviewer)
    assert not isinstance(next_assignment(person), Assignment)
    more = ask_one_more(item)
    assert (more.overlap, more.places) == (3, 1)
    taken = next_assignment(person)
    assert isinstance(taken, Assignment)
    assert taken.item_id == item.pk
    Item.objects.filter(pk=item.pk).update(gold={"answers": {}}, places=0)
    with pytest.raises(Conflict):
        ask_one_more(item)


def test_a_snapshot_takes_the_decision_only_where_it_is_told_to(
    project: Project, item: Item, owner: User, annotator: User
) -> None:
    chosen = of(item, annotator)
    decide(item, chosen.pk, owner)
    new_item(project, "Another?")
    judge(project, owner)

    def judgments(**options: str) -> set[int]:
        job = run_here(start_snapshot(project, owner, options))
        snapshot = Snapshot.objects.get(pk=job.result["snapshot"])
        return {record.context.judgment for record in snapshot_evidence(snapshot)}

    everything = set(Judgment.objects.values_list("pk", flat=True))
    assert judgments() == everything
    assert judgments(adjudicated="decision") == everything - {of(item, owner).pk}


def test_a_decision_whose_answer_is_gone_decides_nothing(
    project: Project, item: Item, owner: User, annotator: User
) -> None:
    chosen = of(item, annotator)
    decide(item, chosen.pk, owner)
    Judgment.objects.filter(pk=chosen.pk).update(erased_at="2026-01-01T00:00Z")
    left = evidence_of(project, decided_only(project))
    assert [record.context.judgment for record in left] == [of(item, owner).pk]


def test_blind_items_stay_blind(
    project: Project, item: Item, owner: User, client_of: ClientOf
) -> None:
    Item.objects.filter(pk=item.pk).update(blind=True, overlap=3, places=1)
    new = User.objects.create_user("new")
    services.add_member(project, new, Role.REVIEWER)
    address = reverse("review_item", args=[project.slug, item.pk])
    assert "Decide for this" not in client_of(new).get(address).content.decode()
    assert "Decide for this" in client_of(owner).get(address).content.decode()

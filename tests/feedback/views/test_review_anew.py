"""A decision in the reviewer's own words, the queue without a report, and both over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from feedback import services
from feedback.errors import Conflict, InvalidInput
from feedback.kinds import KINDS
from feedback.models import Annotator, Decision, Item, Judgment, Project, Role, Submission, User
from feedback.selectors import disputes as disputes_module
from feedback.selectors import evidence_of, given_judgments
from feedback.selectors.decisions import decided_only
from feedback.selectors.disputes import disputed
from feedback.selectors.votes import asked_judgments
from feedback.services.decisions import ask_one_more, decide, decide_anew, undecide
from feedback.services.erasure import erase_annotator
from tests.cast import ApiOf, ClientOf, judge, new_item, usual_answers

pytestmark = pytest.mark.django_db(transaction=True)
TIE = {"choice": "tie", "reason": "Both say it."}


def disagree(project: Project, one: User, other: User, question: str = "What?") -> Item:
    """An item about which they disagree."""
    made = new_item(project, question, overlap=2)
    judge(project, one)
    judge(project, other, {"pairwise": {"choice": "second"}})
    return made


@pytest.fixture
def item(project: Project, owner: User, annotator: User) -> Item:
    return disagree(project, owner, annotator)


def anew(item: Item) -> str:
    return reverse("review_anew", args=[item.project.slug, item.pk, "pairwise"])


def test_the_kinds_own_form_decides(item: Item, reviewer: User, client_of: ClientOf) -> None:
    browser = client_of(reviewer)
    page = browser.get(anew(item)).content.decode()
    assert "olive" in page
    assert "anna" in page
    assert "kinds/pairwise.js" in page
    sent = {"pairwise.choice": "tie", "pairwise.strength": "1", "pairwise.reason": "Both say it."}
    assert browser.post(anew(item), sent).status_code == 302
    decision = Decision.objects.get(item=item)
    assert decision.judgment.answer["choice"] == "tie"
    assert (decision.reviewer, decision.judgment.annotator.user) == (reviewer, reviewer)
    shown = browser.get(reverse("review_item", args=[item.project.slug, item.pk])).content.decode()
    assert "Change this decision" in shown
    again = browser.get(anew(item)).content.decode()
    assert "Both say it." in again  # filled in with what was decided


def test_a_refused_form_keeps_what_was_typed(
    item: Item, reviewer: User, client_of: ClientOf
) -> None:
    sent = {"pairwise.choice": "nobody", "pairwise.reason": "<b>kept</b>"}
    refused = client_of(reviewer).post(anew(item), sent)
    assert refused.status_code == 400
    page = refused.content.decode()
    assert "&lt;b&gt;kept&lt;/b&gt;" in page
    assert 'data-code="invalid_answer"' in page
    assert not Decision.objects.exists()
    assert not Submission.objects.filter(annotator__user=reviewer).exists()


def test_it_is_no_vote_and_takes_no_place(
    project: Project, item: Item, owner: User, reviewer: User
) -> None:
    decision = decide_anew(item, "pairwise", TIE, reviewer)
    item.refresh_from_db()
    assert (item.overlap, item.places) == (2, 0)
    votes = set(Judgment.objects.exclude(pk=decision.judgment_id).values_list("pk", flat=True))
    assert {record.context.judgment for record in evidence_of(project)} == votes
    assert set(given_judgments().values_list("pk", flat=True)) == votes
    assert asked_judgments(project).count() == 2
    decided = {record.context.judgment for record in evidence_of(project, decided_only(project))}
    assert decided == {decision.judgment_id}
    # The reviewer's own last answer is still the one that they gave to an item.
    person = services.annotator_for_user(project, reviewer)
    assert services.last_submission(person) is None


def test_one_answer_stands_whatever_is_decided_next(
    item: Item, owner: User, annotator: User, reviewer: User
) -> None:
    first = decide_anew(item, "pairwise", TIE, reviewer)
    assert decide_anew(item, "pairwise", TIE, owner).judgment == first.judgment
    second = decide_anew(item, "pairwise", {"choice": "both_bad"}, owner)
    first.judgment.refresh_from_db()
    assert first.judgment.withdrawn_at is not None
    given = Judgment.objects.get(item=item, annotator__user=annotator)
    decide(item, given.pk, reviewer)
    second.judgment.refresh_from_db()
    given.refresh_from_db()
    assert second.judgment.withdrawn_at is not None
    assert given.withdrawn_at is None
    decide_anew(item, "pairwise", TIE, reviewer)
    undecide(item, "pairwise")
    assert not Decision.objects.exists()
    assert given_judgments().filter(item=item).count() == 2


def test_what_cannot_be_decided_anew(project: Project, item: Item, reviewer: User) -> None:
    for kind, answer, error in (
        ("thumbs", {}, InvalidInput),
        ("pairwise", {"choice": "x"}, InvalidInput),
    ):
        with pytest.raises(error):
            decide_anew(item, kind, answer, reviewer)
    gold = new_item(project, "Gold?")
    services.mark_gold(gold, {"pairwise": {"choice": "first"}})
    with pytest.raises(Conflict):
        decide_anew(gold, "pairwise", TIE, reviewer)
    assert not Submission.objects.filter(annotator__user=reviewer).exists()


def test_blind_items_are_judged_first(
    project: Project, item: Item, client_of: ClientOf, api_of: ApiOf
) -> None:
    Item.objects.filter(pk=item.pk).update(blind=True, overlap=3, places=1)
    new = User.objects.create_user("new")
    services.add_member(project, new, Role.REVIEWER)
    assert client_of(new).get(anew(item)).status_code == 302
    pk = Judgment.objects.filter(item=item).values_list("pk", flat=True)[0]
    api = api_of(new)
    body: dict[str, Any]
    for body in ({"judgment": pk}, {"answer": TIE}):
        refused = api.put(reverse("api-item-decision", args=[item.pk, "pairwise"]), body, "json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "judge_first")
    (row,) = api.get(reverse("api-review", args=[project.slug])).json()["results"]
    assert row["answers"] is None


def test_answers_over_rest_are_hidden_as_on_the_page(
    project: Project, item: Item, owner: User, reviewer: User, api_of: ApiOf
) -> None:
    """Blind to who did not judge it, a reviewer who decided included."""
    new_item(project, "Open?")
    judge(project, owner)
    Item.objects.filter(pk=item.pk).update(blind=True)
    lists = (f"/api/v1/items/{item.pk}/judgments/", f"/api/v1/projects/{project.slug}/judgments/")
    decisions = reverse("api-item-decisions", args=[item.pk])

    def seen(user: User) -> tuple[int, int, int]:
        api = api_of(user)
        one, every = (len(api.get(address).json()["results"]) for address in lists)
        return one, every, len(api.get(decisions).json())

    decide_anew(item, "pairwise", TIE, reviewer)
    assert (seen(owner), seen(reviewer)) == ((2, 3, 1), (2, 3, 1))
    ask_one_more(item)
    assert (seen(owner), seen(reviewer)) == ((2, 3, 1), (0, 1, 0))


def test_decisions_over_rest(item: Item, reviewer: User, api_of: ApiOf) -> None:
    api: APIClient = api_of(reviewer)
    (row,) = api.get(reverse("api-review", args=[item.project.slug])).json()["results"]
    assert (row["item"], row["kind"], row["share"], row["votes"]) == (item.pk, "pairwise", 0.5, 2)
    address = reverse("api-item-decision", args=[item.pk, "pairwise"])
    chosen = row["answers"][0]["id"]
    told = api.put(address, {"judgment": chosen}, "json").json()
    assert (told["judgment"]["id"], told["anew"], told["reviewer"]) == (chosen, False, "rita")
    assert api.get(reverse("api-review", args=[item.project.slug])).json()["results"] == []
    told = api.put(address, {"answer": TIE}, "json").json()
    assert (told["judgment"]["answer"]["choice"], told["anew"]) == ("tie", True)
    (listed,) = api.get(reverse("api-item-decisions", args=[item.pk])).json()
    assert listed == told
    refused: tuple[dict[str, Any], ...]
    refused = ({"judgment": chosen, "answer": TIE}, {}, {"answer": {"choice": 1}})
    assert {api.put(address, body, "json").status_code for body in refused} == {400}
    other = reverse("api-item-decision", args=[item.pk, "thumbs"])
    assert api.put(other, {"judgment": chosen}, "json").status_code == 404
    assert api.delete(address).status_code == 204
    assert not Decision.objects.exists()
    assert api.post(reverse("api-item-more", args=[item.pk])).status_code == 204
    item.refresh_from_db()
    assert item.places == 1


def test_without_a_report_the_queue_comes_in_pages(
    project: Project, owner: User, annotator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.kinds = services.normalise_kinds(["pairwise", "thumbs"])
    project.save()
    monkeypatch.setattr(disputes_module, "SHOWN", 3)
    monkeypatch.setattr(disputes_module, "WINDOW", 2)
    up = {"thumbs": [{"completion": n, "desirable": True} for n in range(2)]}
    down = {"thumbs": [{"completion": n, "desirable": False} for n in range(2)]}
    made = []
    for n in range(6):
        made.append(new_item(project, f"{n}?", overlap=2).pk)
        alike = n == 2
        judge(project, owner, {"pairwise": {"choice": "first"}, "thumbs": up})
        judge(
            project,
            annotator,
            {
                "pairwise": {"choice": "first" if alike else "second"},
                "thumbs": up if alike else down,
            },
        )
    pages, after = [], None
    while True:
        found = disputed(project, after)
        pages.append([(one.item.pk, one.kind) for one in found.rows])
        after = found.after
        if after is None:
            break
    rows = [row for page in pages for row in page]
    wanted = [pk for pk in reversed(made) if pk != made[2]]
    assert rows == [(pk, kind) for pk in wanted for kind in ("pairwise", "thumbs")]
    assert len(pages) > 1
    assert all(len(page) <= 4 for page in pages)


def test_an_erased_reviewer_decides_nothing(item: Item, reviewer: User) -> None:
    decide_anew(item, "pairwise", TIE, reviewer)
    erase_annotator(Annotator.objects.get(user=reviewer))
    decided = list(evidence_of(item.project, decided_only(item.project)))
    assert len(decided) == 2


def test_the_owner_gives_the_known_answer_by_the_form(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    item = new_item(project)
    address = reverse("item_gold_anew", args=[project.slug, item.pk, "pairwise"])
    browser = client_of(owner)
    assert address in browser.get(reverse("item", args=[project.slug, item.pk])).content.decode()
    refused = browser.post(address, {"pairwise.choice": "?", "explanation": "Two and <two>."})
    assert refused.status_code == 400
    assert "Two and &lt;two&gt;." in refused.content.decode()
    sent = {"pairwise.choice": "first", "explanation": "Two and two."}
    assert browser.post(address, sent).status_code == 302
    item.refresh_from_db()
    assert item.gold is not None
    assert item.gold["answers"]["pairwise"]["choice"] == "first"
    assert item.gold["explanation"] == "Two and two."
    assert item.places == 0
    assert list(evidence_of(project)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kinds_form_decides(
    kind: str, owner: User, reviewer: User, client_of: ClientOf
) -> None:
    project = services.create_project(owner=owner, name="Any", kinds=[kind])
    services.add_member(project, reviewer, Role.REVIEWER)
    item = new_item(project, texts=[] if KINDS[kind].most == 0 else ("Four.", "Five."))
    address = reverse("review_anew", args=[project.slug, item.pk, kind])
    page = client_of(reviewer).get(address).content.decode()
    assert f"kinds/{kind}.js" in page
    sent = {f"answers[{kind}]": json.dumps(usual_answers(item)[kind])}
    done = client_of(reviewer).post(address, sent)
    if kind == "willingness_to_pay":  # it is worth money to who gave it, and nobody else can
        assert done.status_code == 400
        assert 'data-code="cannot_decide"' in done.content.decode()
        return
    assert done.status_code == 302, done.content.decode()
    assert Decision.objects.get().kind == kind
    shown = client_of(reviewer).get(reverse("review_item", args=[project.slug, item.pk]))
    assert "Decided anew by" in shown.content.decode()
    item_page = client_of(owner).get(reverse("item", args=[project.slug, item.pk]))
    assert "is decided by" in item_page.content.decode()

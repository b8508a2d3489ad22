"""The pages of a gate, of one's sessions and of the owner's report, through the Django client."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from feedback import services
from feedback.assignment import Gated, next_assignment
from feedback.kinds import get_kind
from feedback.models import Item, Judgment, KindRecord, Project, User
from tests.cast import ClientOf, judge, new_item, new_project

WTP = "willingness_to_pay"
ROLES = ("owner", "reviewer", "annotator", "stranger", "staff", "nobody")
LOGIN = 302

# View, method, then the status for each role in the order above. The gate is the annotator's.
PAGES = [
    ("gate", "get", (404, 404, 200, 404, 404, LOGIN)),
    ("gate", "post", (404, 404, 302, 404, 404, LOGIN)),
    ("kind_session", "get", (200, 200, 200, 404, 200, LOGIN)),
    ("kind_session", "post", (404, 404, 404, 404, 404, LOGIN)),  # it names no session
    ("kind_report", "get", (200, 200, 403, 404, 200, LOGIN)),
    ("item_repeat", "post", (302, 403, 403, 404, 302, LOGIN)),
]


@pytest.fixture
def project(owner: User, reviewer: User, annotator: User) -> Project:
    """Asks what a completion is worth, behind a gate, for real money."""
    kinds = [{"kind": WTP, "settings": {"paid": True}}]
    return new_project(owner, reviewer, annotator, name="Worth", kinds=kinds)


@pytest.fixture
def gate(project: Project, annotator: User) -> KindRecord:
    new_item(project)
    found = next_assignment(services.annotator_for_user(project, annotator))
    assert isinstance(found, Gated)
    return found.record


@pytest.fixture
def browser(annotator: User, client_of: ClientOf) -> Client:
    return client_of(annotator)


def open_project(owner: User, reviewer: User, annotator: User, **settings: Any) -> Project:
    kinds = [{"kind": WTP, "settings": {"gate": False, **settings}}]
    return new_project(owner, reviewer, annotator, name="Open", kinds=kinds)


@pytest.mark.parametrize(("view", "method", "statuses"), PAGES)
def test_pages(
    view: str,
    method: str,
    statuses: tuple[int, ...],
    gate: KindRecord,
    project: Project,
    client_of: ClientOf,
    request: pytest.FixtureRequest,
) -> None:
    item = Item.objects.get()
    last = {"gate": gate.pk, "item_repeat": item.pk}.get(view, WTP)
    url = reverse(view, args=[project.slug, last])
    found = {}
    for role in ROLES:
        user = None if role == "nobody" else request.getfixturevalue(role)
        found[role] = getattr(client_of(user), method)(url).status_code
    assert found == dict(zip(ROLES, statuses, strict=True))


def test_the_gate_page_by_plain_forms(browser: Client, project: Project, gate: KindRecord) -> None:
    url = reverse("gate", args=[project.slug, gate.pk])
    page = browser.get(url).content.decode()
    assert "5.00 USD" in page
    questions = get_kind(WTP).settings_model().model_validate({"paid": True})
    asked = get_kind(WTP).gate(questions).questions  # type: ignore[union-attr]
    wrong = browser.post(url, {"step": "questions", "question.0": "0"})
    assert wrong.status_code == 400
    assert wrong.content.decode().count("Not right.") == 3
    assert asked[0].why in wrong.content.decode()
    right = {f"question.{n}": str(question.correct) for n, question in enumerate(asked)}
    assert browser.post(url, {"step": "questions", **right}).status_code == 302
    for n in (1, 2):
        page = browser.get(url).content.decode()
        assert f"Practice round {n} of 2." in page
        refused = browser.post(url, {"step": "practice", f"{WTP}.preferred": "first"})
        assert refused.status_code == 400
        assert "Say the most that you would pay" in refused.content.decode()
        filled = {f"{WTP}.preferred": "first", f"{WTP}.amount": "2.00"}
        resolved = browser.post(url, {"step": "practice", **filled}).content.decode()
        assert "The price drawn is" in resolved
        assert "it does not count" in resolved
    page = browser.get(url).content.decode()
    session = KindRecord.objects.get(purpose="session")
    assert session.data["commitment"] in page
    assert session.secret not in page
    assert not Judgment.objects.exists()
    assert browser.post(url, {"step": "begin"}).headers["Location"] == reverse(
        "judge", args=[project.slug]
    )
    assert browser.get(url).status_code == 302
    assert 'id="answer"' in browser.get(reverse("judge", args=[project.slug])).content.decode()


def test_the_gate_cannot_be_skipped(browser: Client, project: Project, gate: KindRecord) -> None:
    url = reverse("gate", args=[project.slug, gate.pk])
    assert browser.post(url, {"step": "begin"}).status_code == 409
    browser.post(url, {"step": "practice", f"{WTP}.preferred": "equal"})
    gate.refresh_from_db()
    assert gate.closed_at is None
    assert "practised" not in gate.data


def test_a_session_shows_its_commitment_then_its_secret(
    owner: User, reviewer: User, annotator: User, browser: Client
) -> None:
    project = open_project(owner, reviewer, annotator, paid=True)
    for n in range(2):
        new_item(project, f"Question {n}?", texts=("<b>Four.</b>", "Five."))
        judge(project, annotator, {WTP: {"preferred": "first", "amount": "5.00"}})
    url = reverse("kind_session", args=[project.slug, WTP])
    record = KindRecord.objects.get()
    page = browser.get(url).content.decode()
    assert record.data["commitment"] in page
    assert record.secret not in page
    browser.post(url, {"session": record.pk})
    page = browser.get(url).content.decode()
    assert record.secret in page
    assert hashlib.sha256(bytes.fromhex(record.secret)).hexdigest() in page
    assert 'data-code="audit_passed"' in page
    assert "&lt;b&gt;Four.&lt;/b&gt;" in page  # bought for sure at the highest amount
    record.refresh_from_db()
    assert record.data["result"]["paid"]["keeps"] + " USD" in page


def test_a_session_of_somebody_else_is_not_ended(
    owner: User, reviewer: User, annotator: User, client_of: ClientOf
) -> None:
    project = open_project(owner, reviewer, annotator)
    new_item(project)
    judge(project, annotator, {WTP: {"preferred": "equal"}})
    record = KindRecord.objects.get()
    url = reverse("kind_session", args=[project.slug, WTP])
    assert client_of(reviewer).post(url, {"session": record.pk}).status_code == 404
    record.refresh_from_db()
    assert record.closed_at is None


def test_the_form_shows_the_rule_and_keeps_what_was_typed(
    owner: User, reviewer: User, annotator: User, browser: Client
) -> None:
    project = open_project(owner, reviewer, annotator, cap="4.00")
    new_item(project)
    url = reverse("judge", args=[project.slug])
    page = browser.get(url)
    assert "Hypothetical" in page.content.decode()
    commitment = KindRecord.objects.get().data["commitment"]
    assert commitment in page.content.decode()  # before anything is answered
    fields = {
        "assignment": page.context["assignment"].pk,
        "item": page.context["assignment"].item_id,
        "key": "one",
        f"{WTP}.preferred": "second",
        f"{WTP}.amount": "4.10",
    }
    refused = browser.post(url, fields)
    html = refused.content.decode()
    assert refused.status_code == 400
    assert "4.10 USD is above the highest amount, 4.00 USD." in html
    assert 'value="4.10"' in html
    assert browser.post(url, fields | {f"{WTP}.amount": "4.00"}).status_code == 302
    stored = Judgment.objects.get()
    assert stored.answer["preferred"] == "second"
    assert stored.outcome["at_cap"] is True
    assert stored.outcome["hypothetical"] is True
    assert stored.record is not None
    assert stored.record.data["commitment"] == commitment


@pytest.mark.parametrize("direction", ["ascending", "descending", "random"])
def test_a_price_list_is_shown_and_stored_in_one_order(
    owner: User, reviewer: User, annotator: User, browser: Client, direction: str
) -> None:
    project = open_project(
        owner, reviewer, annotator, mechanism="price_list", direction=direction, endowment="2.00"
    )
    for n in range(12):
        new_item(project, f"Question {n}?")
    url, orders = reverse("judge", args=[project.slug]), set()
    for n in range(12):
        page = browser.get(url)
        again = browser.get(url).content.decode()
        prices = _prices(page.content.decode())
        assert prices == _prices(again)
        answer = {
            "preferred": "first",
            "choices": [{"price": price, "pay": float(price) <= 1} for price in prices],
        }
        lease = page.context["assignment"]
        fields = {"assignment": lease.pk, "item": lease.item_id, "key": f"key-{n}"}
        browser.post(url, fields | {f"answers[{WTP}]": json.dumps(answer)})
        orders.add(tuple(prices))
    assert Judgment.objects.count() == 12
    lows = {order[0] for order in orders}
    assert (
        lows
        == {
            "ascending": {"0.20"},
            "descending": {"2.00"},
            "random": {"0.20", "2.00"},
        }[direction]
    )


def test_a_price_list_is_reopened_as_it_was_answered(
    owner: User, reviewer: User, annotator: User, browser: Client
) -> None:
    project = open_project(
        owner,
        reviewer,
        annotator,
        mechanism="price_list",
        direction="descending",
        prices=["1", "2"],
    )
    new_item(project)
    rows = [{"price": "2", "pay": False}, {"price": "1", "pay": True}]
    judge(project, annotator, {WTP: {"preferred": "second", "choices": rows}})
    html = browser.get(reverse("judge_last", args=[project.slug])).content.decode()
    assert _prices(html) == ["2", "1"]
    checked = [part for part in html.split("<input")[1:] if "checked" in part.split(">")[0]]
    said = [part.split('value="')[1].split('"')[0] for part in checked if f"{WTP}." in part]
    assert said == ["second", "false", "true"]


def _prices(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('data-price="')[1:]]


def test_the_report_and_its_ledger(
    owner: User, reviewer: User, annotator: User, client_of: ClientOf
) -> None:
    project = open_project(owner, reviewer, annotator)
    url = reverse("kind_report", args=[project.slug, WTP])
    assert "No answers yet" in client_of(owner).get(url).content.decode()
    for n in range(3):
        new_item(project, f"Question {n}?")
        judge(project, annotator, {WTP: {"preferred": "first", "amount": f"{n}.00"}})
    client_of(annotator).post(
        reverse("kind_session", args=[project.slug, WTP]),
        {"session": KindRecord.objects.get().pk},
    )
    html = client_of(owner).get(url).content.decode()
    assert "Hypothetical" in html
    assert "From all 3 answers." in html
    assert "check out" in html
    tabs = client_of(owner).get(url).context["links"]
    assert [tab["label"] for tab in tabs if tab["current"]] == ["Willingness to pay report"]
    unknown = reverse("kind_report", args=[project.slug, "pairwise"])
    assert client_of(owner).get(unknown).status_code == 404

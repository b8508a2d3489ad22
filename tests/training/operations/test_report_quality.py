"""The quality report: a crowd judges through the app's own door, and the report finds who does what."""

from __future__ import annotations

import json
import random

import pytest

from feedback import services
from feedback.models import Annotator, Item, Judgment, Project, Report, Role, Source, User
from feedback.selectors.votes import asked_judgments, votes
from tests.cast import judge, new_item
from tests.crowd import Crowd, crowd_of
from training.operations import report_quality
from training.services import run_here, start_quality_report

pytestmark = pytest.mark.django_db(transaction=True)


def reported(project: Project, owner: User) -> Report:
    job = run_here(start_quality_report(project, owner))
    assert job.state == "done", job.error
    return Report.objects.get(pk=job.result["report"])


@pytest.fixture
def crowd(project: Project) -> Crowd:
    """Forty items, six people: three good, one spammer, two who always take the left."""
    sorts = {"good-1": 0.9, "good-2": 0.9, "good-3": 0.9, "spam": 0.5, "left-1": -1, "left-2": -1}
    return crowd_of(project, sorts, items=40, overlap=6)


def test_the_report_finds_who_does_what(project: Project, owner: User, crowd: Crowd) -> None:
    data = reported(project, owner).data
    habits = data["habits"]
    for name in ("left-1", "left-2"):
        who = str(crowd.annotators[name].pk)
        assert habits[who]["first"]["low"] > 0.3
        assert habits[who]["streak_chance"] < 0.001
        assert data["weights"]["dawid_skene"][who] < 0.5
    for name in ("good-1", "good-2", "good-3"):
        who = str(crowd.annotators[name].pk)
        # Sides are drawn by lot: of 40, once in ten thousand runs a share is so far from a half.
        assert abs(habits[who]["first"]["value"]) < 0.31
        assert data["weights"]["dawid_skene"][who] > 1
        assert (
            data["weights"]["crowd_bt"][who]
            > data["weights"]["crowd_bt"][str(crowd.annotators["spam"].pk)]
        )
    (kind,) = data["kinds"]
    assert (kind["kind"], kind["level"], kind["judgments"], kind["read"]) == (
        "pairwise",
        "nominal",
        240,
        240,
    )
    assert kind["alpha"]["low"] < kind["alpha"]["value"] < kind["alpha"]["high"]
    assert kind["alpha"]["n"] == kind["shared"] == 40
    assert len(kind["pairs"]["cells"]) == 15
    assert sum(bar["count"] for bar in kind["consensus"]["bins"]) == 40
    assert [day["people"] for day in data["days"]] == [240]
    assert "good-1" not in json.dumps(data)  # names are looked up when they are shown


def test_nothing_to_say_is_a_report_too(project: Project, owner: User) -> None:
    data = reported(project, owner).data
    assert (data["kinds"], data["annotators"], data["weights"]["dawid_skene"]) == ([], [], {})
    new_item(project)
    judge(project, owner)
    (kind,) = reported(project, owner).data["kinds"]
    assert (kind["alpha"], kind["contested"], kind["shared"]) == (None, [], 0)


def test_judges_and_imports_are_set_against_people(
    project: Project, owner: User, crowd: Crowd
) -> None:
    chance = random.Random(0)
    for source in (Source.JUDGE, Source.IMPORT):
        machine = services.annotator_for(project, source, "like the crowd")
        for n, item in enumerate(Item.objects.order_by("pk")):
            right = crowd.truth[item.pk] if chance.random() < 0.9 else 1 - crowd.truth[item.pk]
            answer = {"pairwise": {"choice": ("first", "second")[right], "strength": 1}}
            services.submit_judgment(services.NewSubmission(item.pk, machine, answer, f"m{n}"))
    (kind,) = reported(project, owner).data["kinds"]
    assert {one["source"] for one in kind["machines"]} == {"judge", "import"}
    for one in kind["machines"]:
        assert one["figure"] == "kappa"
        assert one["low"] > 0.2
    assert len(kind["pairs"]["annotators"]) == 6  # people only


def test_what_does_not_count_is_left_out(project: Project, owner: User, crowd: Crowd) -> None:
    items = list(Item.objects.order_by("pk"))
    Item.objects.filter(pk=items[0].pk).update(gold={"answers": {}, "explanation": ""})
    Item.objects.filter(pk=items[1].pk).update(repeats=items[2])
    Item.objects.filter(pk=items[3].pk).update(external_id="use:7")
    assert asked_judgments(project).count() == 240 - 18
    Judgment.objects.filter(item=items[4]).update(erased_at="2026-01-01T00:00Z")
    assert reported(project, owner).data["kinds"][0]["judgments"] == 240 - 24


def test_many_answers_are_read_by_a_share_of_the_items(
    project: Project, owner: User, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_quality, "MOST_ANSWERS", 120)
    (kind,) = reported(project, owner).data["kinds"]
    assert kind["judgments"] == 240
    assert 0 < kind["read"] < 240
    assert kind["read"] == 6 * kind["items"]  # an item is read with all its answers
    read = {one.item for one in votes(project, "pairwise", 0.5)}
    assert read == {one.item for one in votes(project, "pairwise", 0.5)}


def test_one_report_at_a_time_and_ten_are_kept(project: Project, owner: User) -> None:
    first = start_quality_report(project, owner)
    assert start_quality_report(project, owner).pk == first.pk
    run_here(first)
    for _ in range(11):
        reported(project, owner)
    assert Report.objects.count() == 10


def test_a_member_without_answers_is_nobody_in_the_report(
    project: Project, owner: User, crowd: Crowd
) -> None:
    new = User.objects.create_user("new")
    services.add_member(project, new, Role.ANNOTATOR)
    idle = services.annotator_for_user(project, new)
    named = {row["annotator"] for row in reported(project, owner).data["annotators"]}
    assert idle.pk not in named
    assert named == set(Annotator.objects.exclude(pk=idle.pk).values_list("pk", flat=True))

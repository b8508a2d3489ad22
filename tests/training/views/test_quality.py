"""The pages about quality: without a report, with one, while one is made; and what annotators see."""

from __future__ import annotations

import pytest
from django.urls import reverse

from feedback import services
from feedback.models import Project, Report, Source, User
from feedback.services.reports import save_report
from tests.cast import ApiOf, ClientOf, judge, new_item
from tests.crowd import Crowd, crowd_of
from training.models import Job
from training.services import run_here, start_quality_report
from training.views.intervals import AGREEMENT, DIFFERENCE, drawn
from training.views.quality_rows import person_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crowd(project: Project) -> Crowd:
    sorts = {"good": 0.95, "fine": 0.9, "left": -1}
    return crowd_of(project, sorts, items=40, overlap=3)


def page(client_of: ClientOf, user: User, project: Project) -> str:
    response = client_of(user).get(reverse("quality", args=[project.slug]))
    assert response.status_code == 200
    return response.content.decode()


def test_without_a_report_the_page_offers_to_make_one(
    project: Project, owner: User, reviewer: User, client_of: ClientOf
) -> None:
    assert "No report yet" in page(client_of, owner, project)
    assert "Compute" in page(client_of, owner, project)
    assert "Compute" not in page(client_of, reviewer, project)


def test_a_report_is_started_once_and_shown_with_its_age(
    project: Project, owner: User, crowd: Crowd, client_of: ClientOf
) -> None:
    url = reverse("quality", args=[project.slug])
    for _ in range(2):
        assert client_of(owner).post(url).status_code == 302
    job = Job.objects.get(operation="report_quality")
    text = page(client_of, owner, project)
    assert "hx-get" in text
    assert "Compute" not in text
    assert run_here(job).state == "done"
    text = page(client_of, owner, project)
    assert "Recompute" in text
    assert 'hx-trigger="every 3s"' not in text
    assert text.count("prefers the left") == 1
    assert "Krippendorff" in text
    assert "Judgments a day" in text


def test_tiny_data_accuse_nobody(project: Project, owner: User, client_of: ClientOf) -> None:
    for n in range(6):
        new_item(project, f"Question {n}?")
        judge(project, owner)
    run_here(start_quality_report(project, owner))
    text = page(client_of, owner, project)
    assert "Agreement cannot be told" in text
    assert "badge warn" not in text


def test_a_failed_attempt_keeps_the_old_report(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    run_here(start_quality_report(project, owner))
    Job.objects.create(
        project=project, operation="report_quality", state="failed", error={"code": "crashed"}
    )
    text = page(client_of, owner, project)
    assert "The last attempt failed" in text
    assert "Recompute" in text


def test_annotators_see_their_own_figures_and_nobody_elses(
    project: Project, owner: User, crowd: Crowd, client_of: ClientOf, api_of: ApiOf
) -> None:
    run_here(start_quality_report(project, owner))
    left, good = crowd.annotators["left"], crowd.annotators["good"]
    own = client_of(left.user).get(reverse("annotator", args=[project.slug, left.pk]))
    assert own.status_code == 200
    assert "prefers the left" in own.content.decode()
    assert "good" not in own.content.decode()
    other = reverse("annotator", args=[project.slug, good.pk])
    assert client_of(left.user).get(other).status_code == 404
    assert client_of(owner).get(other).status_code == 200
    api = reverse("api-annotator-quality", args=[project.slug, left.pk])
    figures = api_of(left.user).get(api).json()["figures"]
    assert figures["habits"]["first"]["low"] > 0.3
    assert figures["judgments"] == 40
    assert api_of(good.user).get(api).status_code == 404


def test_a_machine_is_nobody_s_own(project: Project, annotator: User, client_of: ClientOf) -> None:
    machine = services.annotator_for(project, Source.JUDGE, "rule")
    url = reverse("annotator", args=[project.slug, machine.pk])
    assert client_of(annotator).get(url).status_code == 404


def test_the_report_over_rest(project: Project, owner: User, api_of: ApiOf) -> None:
    url = reverse("api-quality", args=[project.slug])
    assert api_of(owner).get(url).json() == {
        "created": None,
        "age_seconds": None,
        "report": None,
        "job": None,
    }
    started = api_of(owner).post(url)
    assert started.status_code == 202
    assert api_of(owner).post(url).json()["id"] == started.json()["id"]
    run_here(Job.objects.get(pk=started.json()["id"]))
    body = api_of(owner).get(url).json()
    assert body["age_seconds"] < 60
    assert body["report"]["kinds"] == []
    assert body["job"]["state"] == "done"


def test_words_stand_only_where_the_interval_excludes_chance(project: Project, owner: User) -> None:
    annotator = services.annotator_for_user(project, owner)
    name = str(annotator.pk)

    def remarks(low: float, high: float, chance: float = 1.0) -> list[str]:
        first = {"value": (low + high) / 2, "low": low, "high": high, "n": 9}
        habits = {"first": first, "longer": None, "seconds": None, "choices": 9}
        data = {
            "annotators": [],
            "kinds": [],
            "habits": {name: {**habits, "streak": 7, "streak_chance": chance}},
            "reliability": {"dawid_skene": {}, "crowd_bt": {}},
        }
        report: Report = save_report(project, "quality", data, None)
        return person_of(annotator, report).remarks

    assert remarks(-0.1, 0.4) == []
    assert remarks(0.02, 0.4) == []
    assert remarks(0.1, 0.4) == ["prefers the left"]
    assert remarks(-0.4, -0.1) == ["prefers the right"]
    assert remarks(-0.1, 0.4, chance=1e-5) == ["7 choices of one side in a row"]


def test_an_interval_is_drawn_within_its_line() -> None:
    found = drawn({"value": -0.9, "low": -1.0, "high": 0.5, "n": 3}, AGREEMENT)
    assert found is not None
    assert (found.at, found.start, found.length, found.chance) == (0, 0, 60, 20)
    assert not found.apart
    share = drawn({"value": 0.2, "low": 0.1, "high": 0.3, "n": 3}, DIFFERENCE)
    assert share is not None
    assert (share.value, share.at, share.apart) == ("+20 %", 70, True)
    assert drawn(None, AGREEMENT) is None
    nearly = drawn({"value": -0.001, "low": -0.3, "high": 0.3, "n": 3}, AGREEMENT)
    assert nearly is not None
    assert (nearly.value, nearly.low) == ("0.00", "\N{MINUS SIGN}0.30")

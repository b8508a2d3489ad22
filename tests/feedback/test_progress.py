"""Counts of large projects are stored, shown with their age, and made anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from feedback.models import Project, Report, User
from feedback.selectors import judging_progress, project_progress
from feedback.services import keep_progress, known_progress, progress, refresh_progress
from tests.cast import ClientOf, judge, new_item


@pytest.fixture
def large(project: Project, monkeypatch: Any) -> Project:
    """A project with two items, which is large from now on."""
    monkeypatch.setattr(progress, "LARGE", 2)
    new_item(project, "One?")
    new_item(project, "Two?")
    return project


def age(project: Project, by: timedelta) -> None:
    """Let what is stored be older."""
    Report.objects.filter(project=project).update(created=timezone.now() - by)


def test_a_small_project_is_counted_as_it_is(project: Project, annotator: User) -> None:
    new_item(project)
    assert known_progress(project).counted is None
    judge(project, annotator)
    assert known_progress(project).submissions == 1
    assert not Report.objects.exists()


def test_every_process_tells_the_same_of_a_small_one(project: Project, annotator: User) -> None:
    new_item(project)
    assert judging_progress(project).percent == 0
    judge(project, annotator)
    assert judging_progress(project).percent == 100


def test_a_large_one_is_counted_anew_when_something_was_stored(
    large: Project, annotator: User
) -> None:
    assert known_progress(large).items == 2
    judge(large, annotator)
    stored = project_progress(large)
    assert (stored.submissions, stored.counted is not None) == (0, True)
    assert judging_progress(large).given == 0
    assert refresh_progress() == 0, "counted a moment ago"
    age(large, progress.OFTEN + timedelta(seconds=1))
    assert refresh_progress() == 1
    assert project_progress(large).submissions == 1
    assert judging_progress(large).given == 1


def test_an_idle_project_is_seldom_counted(large: Project) -> None:
    keep_progress(large)
    for table in (large.items, large.prompts):
        table.update(created=timezone.now() - timedelta(days=1))
    age(large, progress.OFTEN + timedelta(seconds=1))
    assert refresh_progress() == 0
    age(large, progress.SELDOM + timedelta(seconds=1))
    assert refresh_progress() == 1


def test_a_project_that_is_small_again_is_counted_as_it_is(large: Project) -> None:
    keep_progress(large)
    large.items.update(withdrawn_at=timezone.now())
    keep_progress(large)
    assert project_progress(large).counted is None


def test_the_page_says_how_old_its_counts_are(
    large: Project, owner: User, client_of: ClientOf
) -> None:
    keep_progress(large)
    age(large, timedelta(minutes=7))
    page = client_of(owner).get(f"/projects/{large.slug}/").content.decode()
    assert "Counted 7\xa0minutes ago" in page

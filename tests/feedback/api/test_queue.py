"""The queue over REST: people, also those without an account, and gold."""

from __future__ import annotations

from feedback import services
from feedback.models import Annotator, Project, Source, User
from feedback.services.erasure import erase_annotator
from tests.cast import ApiOf, judge, new_item


def test_who_was_erased_stays_in_the_list(
    project: Project, owner: User, annotator: User, api_of: ApiOf
) -> None:
    new_item(project)
    judge(project, annotator)
    person = Annotator.objects.get(user=annotator)
    erase_annotator(person)
    api, url = api_of(owner), f"/api/v1/projects/{project.slug}/annotators/"
    (row,) = api.get(url).json()["results"]
    assert row["user"] is None
    assert f"erased-{person.pk}" in row["name"]
    changed = api.patch(f"{url}{person.pk}/", {"paused": True, "reason": "Gone."}, format="json")
    assert changed.status_code == 200, changed.content
    assert changed.json()["pause_reason"] == "Gone."


def test_imported_names_are_not_let_pass(project: Project, owner: User, api_of: ApiOf) -> None:
    imported = services.annotator_for(project, Source.IMPORT, "ann")
    url = f"/api/v1/projects/{project.slug}/annotators/{imported.pk}/"
    for said in ({"exam_passed": True}, {"paused": False}, {"paused": True}):
        refused = api_of(owner).patch(url, said, format="json")
        assert refused.json()["error"]["code"] == "not_a_person"
    unchanged = api_of(owner).patch(url, {}, format="json")
    assert (unchanged.status_code, unchanged.json()["user"]) == (200, None)

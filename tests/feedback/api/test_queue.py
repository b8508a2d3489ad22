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


def test_gold_is_told_after_the_answer_and_to_owners(
    project: Project, owner: User, annotator: User, api_of: ApiOf
) -> None:
    known = {"pairwise": {"choice": "second"}}
    golds = [services.mark_gold(new_item(project, f"{n}?"), known, "So.") for n in range(2)]
    services.update_queue(project, {"exam": {"items": 2, "share": 0}})
    api = api_of(annotator)
    for n, right in enumerate((False, True)):
        taken = api.post(f"/api/v1/projects/{project.slug}/next/").json()
        body = {
            "assignment": taken["assignment"]["id"],
            "key": f"k{n}",
            "answers": {"pairwise": {"choice": "second" if right else "first"}},
        }
        url = f"/api/v1/items/{taken['item']['id']}/judgments/"
        for status in (201, 200):
            stored = api.post(url, body, format="json")
            assert stored.status_code == status, stored.content
            told = stored.json()["gold"]
            assert (told["right"], told["explanation"]) == (right, "So.")
            assert told["expected"]["pairwise"]["choice"] == "second"
    url = f"/api/v1/items/{golds[0].pk}/gold/"
    assert api_of(owner).get(url).json()["answers"]["pairwise"]["choice"] == "second"
    assert api.get(url).status_code == 403
    ordinary = new_item(project, "else?")
    refused = api_of(owner).get(f"/api/v1/items/{ordinary.pk}/gold/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_gold")
    taken = api.post(f"/api/v1/projects/{project.slug}/next/").json()
    body = {"assignment": taken["assignment"]["id"], "key": "k", "answers": known}
    stored = api.post(f"/api/v1/items/{ordinary.pk}/judgments/", body, format="json")
    assert stored.json()["gold"] is None

"""Projects and members over REST."""

from __future__ import annotations

from feedback.models import Project, User
from tests.cast import ApiOf, new_item


def test_create_retrieve_and_change(owner: User, api_of: ApiOf) -> None:
    api = api_of(owner)
    made = api.post("/api/v1/projects/", {"name": "Short answers", "overlap": 2})
    assert made.status_code == 201, made.content
    assert made.json()["slug"] == "short-answers"
    settings = {"aspects": [], "both_bad": True, "reason": "optional"}
    assert made.json()["kinds"] == [{"kind": "pairwise", "version": 1, "settings": settings}]
    changed = api.patch("/api/v1/projects/short-answers/", {"kinds": ["thumbs"], "overlap": 3})
    assert changed.status_code == 200, changed.content
    read = api.get("/api/v1/projects/short-answers/").json()
    assert (read["overlap"], read["kinds"][0]["kind"]) == (3, "thumbs")
    assert "manage" in read["abilities"]
    assert api.patch("/api/v1/projects/short-answers/", {"kinds": read["kinds"]}).status_code == 200


def test_progress_is_for_those_who_may_see(
    project: Project, reviewer: User, annotator: User, api_of: ApiOf
) -> None:
    new_item(project)
    url = f"/api/v1/projects/{project.slug}/"
    assert api_of(reviewer).get(url).json()["progress"]["items"] == 1
    assert api_of(annotator).get(url).json()["progress"] is None


def test_what_does_not_fit_is_named(owner: User, api_of: ApiOf) -> None:
    api = api_of(owner)
    wrong: list[tuple[dict[str, object], str]] = [
        ({}, "name"),
        ({"name": "x", "overlap": 0}, "overlap"),
        ({"name": "x", "kinds": []}, "kinds"),
        ({"name": "x", "kinds": [3]}, "kinds.0"),
        ({"name": "x", "colour": "red"}, "colour"),
        ({"name": "x", "slug": "not a slug"}, "slug"),
    ]
    for body, where in wrong:
        error = api.post("/api/v1/projects/", body).json()["error"]
        assert error["code"] == "invalid_input", body
        assert error["details"][0]["where"] == where, body
    unknown = api.post("/api/v1/projects/", {"name": "x", "kinds": ["telepathy"]})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "unknown_kind")
    assert not Project.objects.exists()


def test_a_slug_is_taken_once(project: Project, owner: User, api_of: ApiOf) -> None:
    answer = api_of(owner).post("/api/v1/projects/", {"name": "Again", "slug": project.slug})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "slug_taken")


def test_members_come_and_go(project: Project, owner: User, stranger: User, api_of: ApiOf) -> None:
    api, url = api_of(owner), f"/api/v1/projects/{project.slug}/members/"
    assert api.post(url, {"user": stranger.username, "role": "annotator"}).status_code == 201
    names = {m["user"]: m["role"] for m in api.get(url).json()["results"]}
    assert names[stranger.username] == "annotator"
    assert api.delete(f"{url}{stranger.username}/").status_code == 204
    assert api_of(stranger).get(url).status_code == 404
    gone = api.delete(f"{url}{owner.username}/")
    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "last_owner")
    nobody = api.post(url, {"user": "nobody", "role": "owner"})
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "unknown_user")

"""Thumbs in use: shown once, reacted to, changed, taken back; over REST, and what the report makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from feedback import services
from feedback.evidence import Verdict
from feedback.models import Completion, Impression, Item, Judgment, Project, Prompt, User
from feedback.selectors import evidence_of, live_judgments, names_shown, shown_to
from feedback.selectors.reactions import impressions_by_label, reaction_of
from feedback.selectors.reports import report_of
from tests.cast import ApiOf, ClientOf, judge, lease, new_item


@pytest.fixture
def api(owner: User, api_of: ApiOf) -> Any:
    """A chat application: it has a token of the owner's."""
    return api_of(owner)


def show(api: Any, project: Project, **more: Any) -> Any:
    """An answer that was shown."""
    said = {"text": "Four.", "label": "model-a", "parameters": {"temperature": 0.5}}
    body = {"prompt": "Two and two?", "completion": said, "key": "s1", **more}
    return api.post(f"/api/v1/projects/{project.slug}/shown/", body)


def thumb(api: Any, completion: int, desirable: bool | None, **more: Any) -> Any:
    body = {"desirable": desirable, "key": f"k{Judgment.objects.count()}", **more}
    return api.post(f"/api/v1/completions/{completion}/thumbs/", body)


def shown(api: Any, project: Project, **more: Any) -> int:
    return int(show(api, project, **more).json()["completion"])


def verdicts(project: Project) -> list[tuple[str, bool]]:
    """(who, up) of the evidence."""
    found = [e for e in evidence_of(project) if isinstance(e, Verdict)]
    return [(e.context.annotator, e.desirable) for e in found]


def test_an_answer_is_stored_as_it_is_shown(project: Project, api: Any) -> None:
    """A repeat of the key changes nothing; another key is another showing."""
    made = show(api, project, viewer="v1")
    assert (made.status_code, made.json()["impressions"]) == (201, 1)
    again = show(api, project, viewer="v1")
    assert (again.status_code, again.json()) == (200, made.json())
    completion = Completion.objects.get()
    assert completion.origin == {"label": "model-a", "parameters": {"temperature": 0.5}}
    assert Prompt.objects.count() == 1
    assert Impression.objects.get().viewer == "v1"
    other = show(api, project, key="s2", completion={"text": "4", "label": "model-a"})
    assert other.json()["completion"] != completion.pk
    assert Prompt.objects.count() == 1


def test_an_answer_with_an_id_is_one_answer(project: Project, api: Any) -> None:
    first = shown(api, project, completion_id="m-7")
    again = show(api, project, completion_id="m-7", key="s2")
    assert (again.status_code, again.json()) == (200, {"completion": first, "impressions": 2})
    changed = {"text": "Five.", "label": "model-a"}
    refused = show(api, project, completion_id="m-7", key="s3", completion=changed)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "external_id_conflict")
    refused = show(api, project, completion=changed, key="s2")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "key_conflict")
    assert Impression.objects.count() == 2


def test_shown_again(project: Project, api: Any) -> None:
    completion = shown(api, project)
    url = f"/api/v1/completions/{completion}/shown/"
    for key, count in (("a", 2), ("a", 2), ("b", 3)):
        assert api.post(url, {"key": key, "viewer": "v"}).json()["impressions"] == count


def test_a_thumb_is_evidence_of_its_viewer(project: Project, api: Any) -> None:
    completion = shown(api, project, viewer="v1")
    told = thumb(api, completion, False, viewer="v1", tags=["wrong"], reason="Not so.")
    assert told.status_code == 200, told.content
    assert {**told.json(), "judgment": 0} == {
        "completion": completion,
        "annotator": "v1",
        "desirable": False,
        "tags": ["wrong"],
        "reason": "Not so.",
        "judgment": 0,
    }
    assert verdicts(project) == [("v1", False)]
    item = Item.objects.get()
    assert (item.places, [one["kind"] for one in item.kinds]) == (0, ["thumbs"])
    assert Impression.objects.count() == 1  # they had been shown it


def test_nobody_is_asked_about_a_reaction(project: Project, api: Any, annotator: User) -> None:
    thumb(api, shown(api, project), True)
    item = new_item(project)
    assert lease(project, annotator).item == item


def test_a_second_thumb_supersedes_whenever_it_comes(project: Project, api: Any) -> None:
    """There is no time of grace, and each viewer has one thumb."""
    services.update_project(project, grace_minutes=0)
    completion = shown(api, project)
    first = thumb(api, completion, True, viewer="v1").json()["judgment"]
    second = thumb(api, completion, False, viewer="v1").json()["judgment"]
    thumb(api, completion, True, viewer="v2")
    assert Judgment.objects.get(pk=second).supersedes_id == first
    assert verdicts(project) == [("v1", False), ("v2", True)]
    assert Item.objects.count() == 1


def test_an_equal_thumb_stores_nothing(project: Project, api: Any) -> None:
    completion = shown(api, project)
    first = thumb(api, completion, True, viewer="v1", key="a")
    for key in ("a", "b"):
        assert thumb(api, completion, True, viewer="v1", key=key).json() == first.json()
    other = thumb(api, completion, False, viewer="v1", key="a")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "key_conflict")
    assert Judgment.objects.count() == 1


@pytest.mark.parametrize("by", ["delete", "null"])
def test_a_thumb_is_taken_back_and_given_again(project: Project, api: Any, by: str) -> None:
    completion = shown(api, project)
    for n in range(2):
        thumb(api, completion, True, viewer="v1", key=f"up{n}")
        for _ in range(2):  # twice is as good as once
            if by == "delete":
                gone = api.delete(f"/api/v1/completions/{completion}/thumbs/?viewer=v1")
                assert gone.status_code == 204
            else:
                assert thumb(api, completion, None, viewer="v1").json()["desirable"] is None
        assert verdicts(project) == []
    assert Judgment.objects.count() == 2
    assert thumb(api, completion, False, viewer="v1", key="end").json()["desirable"] is False
    assert verdicts(project) == [("v1", False)]


def test_without_a_viewer_it_is_the_tokens_user(project: Project, api: Any, owner: User) -> None:
    completion = shown(api, project)
    thumb(api, completion, True)
    annotator = services.annotator_for_user(project, owner)
    reaction = reaction_of(Completion.objects.get(pk=completion), annotator)
    assert reaction is not None
    assert reaction.desirable


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"tags": ["no such tag"]}, "invalid_answer"),
        ({"tags": ["wrong"]}, "invalid_answer"),  # that is one of thumbs down
        ({"viewer": "v" * 201}, "invalid_input"),
        ({"viewer": "  "}, "invalid_viewer"),
        ({"key": ""}, "invalid_input"),
        ({"key": "k" * 101}, "invalid_input"),
        ({"reason": "x" * 10_001}, "invalid_input"),
        ({"nonsense": 1}, "invalid_input"),
        ({"desirable": "perhaps"}, "invalid_input"),
    ],
)
def test_a_wrong_thumb_leaves_nothing(
    project: Project, api: Any, more: dict[str, Any], code: str
) -> None:
    completion = shown(api, project)
    refused = (
        thumb(api, completion, True, **more)
        if "desirable" not in more
        else api.post(f"/api/v1/completions/{completion}/thumbs/", {"key": "k", **more})
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert not Item.objects.exists()
    assert not live_judgments().exists()


@pytest.mark.parametrize(
    "more",
    [
        {"messages": [{"role": "user", "content": "Both?"}]},
        {"completion": {"text": "Four."}},
        {"completion": {"text": " ", "label": "model-a"}},
        {"key": ""},
        {"prompt": ""},
    ],
)
def test_a_wrong_showing_leaves_nothing(project: Project, api: Any, more: dict[str, Any]) -> None:
    assert show(api, project, **more).status_code == 400
    assert not Completion.objects.exists()
    assert not Impression.objects.exists()


def test_an_unknown_completion_is_not_found(project: Project, api: Any) -> None:
    assert thumb(api, 999_999, True).json()["error"]["code"] == "no_completion"


def test_a_reason_is_not_demanded_of_users(project: Project, api: Any) -> None:
    services.update_project(
        project, kinds=[{"kind": "thumbs", "settings": {"reason": "required", "tags_up": ["fun"]}}]
    )
    assert thumb(api, shown(api, project), True, tags=["fun"]).status_code == 200


def test_the_project_can_be_of_images(project: Project, api: Any) -> None:
    media = {"type": "image", "url": "https://images.example/cat.png"}
    completion = shown(api, project, completion={"media": media, "label": "painter"})
    assert thumb(api, completion, True).status_code == 200
    (verdict,) = evidence_of(project)
    assert isinstance(verdict, Verdict)
    assert verdict.completion.media == media


def test_reactions_do_not_name_what_waits_to_be_judged_blind(
    project: Project, owner: User, reviewer: User, api: Any
) -> None:
    """The item of the reactions shows names as late as the blind one does, to each."""
    item = new_item(project, blind=True, overlap=2)
    completion = item.slots.all()[0].completion_id
    thumb(api, completion, True)
    reactions = Item.objects.exclude(pk=item.pk).get()
    assert not names_shown(reactions, owner)
    judge(project, owner)
    assert names_shown(reactions, owner)
    assert not names_shown(reactions, reviewer)
    given = live_judgments().filter(item=reactions)
    assert (shown_to(given, owner).count(), shown_to(given, reviewer).count()) == (1, 0)
    judge(project, reviewer)
    assert names_shown(reactions, reviewer)


def test_the_report_counts_by_label(
    project: Project, thumbs_project: Project, owner: User, annotator: User, api: Any
) -> None:
    good = shown(api, thumbs_project, viewer="v0")
    for n in range(1, 10):
        api.post(f"/api/v1/completions/{good}/shown/", {"key": f"x{n}", "viewer": f"v{n}"})
    for n in range(4):
        thumb(api, good, n > 0, viewer=f"v{n}", tags=["clear"] if n else ["wrong"])
    shown(api, thumbs_project, key="b", completion={"text": "Six.", "label": "model-b"})
    new_item(thumbs_project, texts=("Seven.",), labels=("model-a",))
    judge(thumbs_project, annotator)
    assert impressions_by_label(thumbs_project) == {"model-a": 10, "model-b": 1}
    assert impressions_by_label(project) == {}
    first, second = report_of(thumbs_project, "thumbs").figures["labels"]
    assert (first["label"], first["shown"], first["reactions"], first["rate"]) == (
        "model-a",
        10,
        4,
        0.4,
    )
    assert (first["in_use"]["up"], first["in_use"]["n"]) == (3, 4)
    assert first["in_use"]["low"] == pytest.approx(0.3006, abs=1e-3)
    assert first["in_use"]["high"] == pytest.approx(0.9544, abs=1e-3)
    assert (first["asked"]["up"], first["asked"]["n"]) == (1, 1)
    assert first["tags_up"] == [("clear", 3)]
    assert first["tags_down"] == [("wrong", 1)]
    assert (second["label"], second["rate"], second["in_use"]) == ("model-b", 0.0, None)


def test_the_report_is_a_page(
    thumbs_project: Project, owner: User, api: Any, client_of: ClientOf
) -> None:
    thumb(api, shown(api, thumbs_project, completion={"text": "x", "label": "<b>m</b>"}), True)
    url = reverse("kind_report", args=[thumbs_project.slug, "thumbs"])
    page = client_of(owner).get(url).content.decode()
    assert "&lt;b&gt;m&lt;/b&gt;" in page
    assert "100 %" in page


def test_a_viewer_called_like_a_member_is_told_apart(project: Project, annotator: User) -> None:
    viewer = services.viewer_named(project, annotator.username)
    member = services.annotator_for_user(project, annotator)
    assert (str(viewer), str(member)) == ("anna (viewer)", "anna")
    assert viewer.pseudonym == "anna"

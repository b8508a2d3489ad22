"""The owner's pages of the queue, and what an annotator sees of gold and pauses."""

from __future__ import annotations

from django.urls import reverse

from feedback import services
from feedback.models import Annotator, AnnotatorGroup, Item, Project, User
from tests.cast import ClientOf, judge, lease, new_item
from training.models import Job


def stored(item: Item) -> Item:
    """The item as it is now."""
    return Item.objects.get(pk=item.pk)


def test_settings_are_saved_and_another_order_starts_the_job(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    url = reverse("queue", args=[project.slug])
    said = {"order": "uncertain", "gold_rate": "0.1", "repeat_rate": "0", "exam_items": "5"}
    said["exam_share"] = "0.8"
    client = client_of(owner)
    assert client.post(url, said).status_code == 302
    project.refresh_from_db()
    assert project.queue["order"] == "uncertain"
    assert project.queue["exam"] == {"items": 5, "share": 0.8}
    assert (project.queue["daily_quota"], project.queue["ceiling"]) == (None, None)
    assert Job.objects.filter(operation="order_items").count() == 1
    assert client.post(url, said | {"exam_items": ""}).status_code == 302
    project.refresh_from_db()
    assert project.queue["exam"] is None
    assert Job.objects.filter(operation="order_items").count() == 1
    refused = client.post(url, said | {"gold_rate": "0.9"})
    assert refused.status_code == 400
    assert "0.5" in str(refused.context["form"].errors["gold_rate"])


def test_an_answer_becomes_gold_and_an_ordinary_one_again(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    item = new_item(project)
    submission = judge(project, owner).submission
    assert submission is not None
    client = client_of(owner)
    url = reverse("item_gold", args=[project.slug, item.pk])
    client.post(url, {"submission": submission.pk, "explanation": "See <b>page 2</b>."})
    gold = stored(item).gold
    assert gold is not None
    assert set(gold["answers"]) == {"pairwise"}
    page = client.get(reverse("item", args=[project.slug, item.pk])).content.decode()
    assert "See &lt;b&gt;page 2&lt;/b&gt;." in page
    client.post(url, {"submission": "", "explanation": "Else."})
    assert (stored(item).gold or {})["explanation"] == "Else."
    client.post(url, {"remove": "1"})
    assert stored(item).gold is None


def test_the_annotator_learns_what_was_expected(
    project: Project, annotator: User, client_of: ClientOf
) -> None:
    item = services.mark_gold(
        new_item(project), {"pairwise": {"choice": "second"}}, "Because <i>so</i>."
    )
    services.update_queue(project, {"exam": {"items": 1}})
    held = lease(project, annotator)
    said = {"item": item.pk, "assignment": held.pk, "key": "k", "pairwise.choice": "first"}
    response = client_of(annotator).post(
        reverse("judge", args=[project.slug]), said, headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert response.status_code == 200, page
    assert "Not as expected" in page
    assert "B, slightly better" in page
    assert "Because &lt;i&gt;so&lt;/i&gt;." in page


def test_a_warning_is_told_once_with_its_evidence(
    project: Project, owner: User, annotator: User, client_of: ClientOf
) -> None:
    for n in range(2):
        services.mark_gold(new_item(project, f"{n}?"), {"pairwise": {"choice": "second"}})
    services.update_queue(project, {"exam": {"items": 2, "share": 0}})
    client, url = client_of(annotator), reverse("judge", args=[project.slug])
    for _ in range(2):
        judge(project, annotator)
    new_item(project)
    person = services.annotator_for_user(project, annotator)
    assert person.exam_passed_at is not None
    own = reverse("annotator", args=[project.slug, person.pk])
    words = "0 of 2 answers to items with known answers were right"
    assert words not in client.get(url).content.decode()  # what was answered in the exam is past
    Annotator.objects.filter(pk=person.pk).update(excused_before=None)
    assert words in client.get(own).content.decode()
    page = client.get(url).content.decode()
    assert words in page
    assert "times as likely" in page
    assert words not in client.get(url).content.decode()
    assert "Warned." in client_of(owner).get(own).content.decode()
    services.pause_annotator(person, "Ask <b>me</b>.")
    told = client.get(own).content.decode()
    assert words not in told
    assert "Ask &lt;b&gt;me&lt;/b&gt;." in told


def test_people_are_paused_resumed_and_their_items_returned(
    project: Project, owner: User, annotator: User, client_of: ClientOf
) -> None:
    item = new_item(project)
    held = lease(project, annotator)
    client = client_of(owner)
    url = reverse("annotator_change", args=[project.slug, held.annotator_id])
    client.post(url, {"action": "return"})
    assert stored(item).places == 1
    refused = client.post(url, {"action": "pause", "reason": "a\0b"}, follow=True)
    assert "contains a NUL character" in refused.content.decode()
    client.post(url, {"action": "pause", "reason": "Call me <b>"})
    page = client_of(annotator).get(reverse("judge", args=[project.slug])).content.decode()
    assert "You are paused" in page
    assert "Call me &lt;b&gt;" in page
    page = client.get(reverse("annotators", args=[project.slug])).content.decode()
    assert "Call me &lt;b&gt;" in page
    client.post(url, {"action": "resume"})
    assert lease(project, annotator).item_id == item.pk


def test_a_groups_form_keeps_members_of_other_pages(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    first, *_ = [
        services.annotator_for_user(project, User.objects.create_user(f"p{n}")) for n in range(51)
    ]
    services.save_group(project, "Experts", [first])
    page = client_of(owner).get(reverse("annotators", args=[project.slug]))
    assert first.pk not in {person.annotator.pk for person in page.context["people"]}
    ((_, members, choices),) = page.context["groups"]
    assert members == {first.pk}
    assert (choices[0], len(choices)) == (first, 51)
    assert len(page.context["choices"]) == 50


def test_a_group_is_made_changed_used_and_deleted(
    project: Project, owner: User, annotator: User, client_of: ClientOf
) -> None:
    item = new_item(project)
    me = services.annotator_for_user(project, annotator)
    client, url = client_of(owner), reverse("group_save", args=[project.slug])
    client.post(url, {"name": "Experts", "annotators": [me.pk]})
    group = AnnotatorGroup.objects.get()
    assert list(group.annotators.all()) == [me]
    restrict = reverse("item_for", args=[project.slug, item.pk])
    client.post(restrict, {"group": group.pk, "only_for": "", "priority": "3"})
    assert (stored(item).group_id, stored(item).priority) == (group.pk, 3)
    client.post(url, {"group": group.pk, "delete": "1"})
    assert AnnotatorGroup.objects.count() == 1
    client.post(restrict, {"group": "", "only_for": me.pk, "priority": "x"})
    for unknown in ({"group": "zz"}, {"group": "0"}, {"only_for": "zz"}):
        page = client.post(restrict, unknown, follow=True).content.decode()
        assert "There is no such" in page
    assert stored(item).group_id == group.pk
    assert client.post(url, {"group": "zz", "name": "Others"}).status_code == 404
    assert AnnotatorGroup.objects.count() == 1
    client.post(restrict, {"group": "", "only_for": me.pk, "priority": "0"})
    assert (stored(item).group_id, stored(item).only_for_id) == (None, me.pk)
    client.post(url, {"group": group.pk, "delete": "1"})
    assert not AnnotatorGroup.objects.exists()

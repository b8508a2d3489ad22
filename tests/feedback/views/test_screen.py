"""What the judging screen shows beside the item: one's own keys, examples, model text as HTML, images."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from feedback.keys import ACTIONS
from feedback.models import Completion, Example, Project, User
from tests.cast import ClientOf, new_item


@pytest.fixture
def browser(client_of: ClientOf, owner: User) -> Client:
    return client_of(owner)


def judge(project: Project) -> str:
    return reverse("judge", args=[project.slug])


def test_own_keys_are_saved_shown_and_reset(browser: Client, project: Project, owner: User) -> None:
    new_item(project)
    url = reverse("account_keys")
    first = {one.name: one.key for one in ACTIONS}
    assert browser.post(url, first | {"skip": "Y", "submit": "F2"}).status_code == 302
    owner.refresh_from_db()
    assert owner.preferences["keys"] == {"skip": "y", "submit": "F2"}
    html = browser.get(judge(project)).content.decode()
    assert '<kbd aria-hidden="true">F2</kbd>' in html
    assert "&quot;F2&quot;: &quot;Enter&quot;" in html
    browser.post(url, {"reset": "1"})
    owner.refresh_from_db()
    assert owner.preferences["keys"] == {}


def test_a_taken_key_is_refused_and_everything_typed_kept(browser: Client, owner: User) -> None:
    first = {one.name: one.key for one in ACTIONS}
    response = browser.post(
        reverse("account_keys"), first | {"help": "j", "guidelines": "s", "skip": "s"}
    )
    html = response.content.decode()
    assert response.status_code == 400
    assert "key_taken" in html
    assert 'aria-describedby="problem-guidelines"' in html
    assert 'value="j"' in html
    owner.refresh_from_db()
    assert owner.preferences == {}


def test_an_example_stands_beside_the_guidelines(browser: Client, project: Project) -> None:
    item = new_item(project, "An **example**?")
    new_item(project, "Another?")
    url = reverse("example", args=[project.slug, item.pk])
    browser.post(url, {"note": "Look at *this*."})
    browser.post(url, {"note": "Look at *that*."})
    html = browser.get(judge(project)).content.decode()
    assert "Look at <em>that</em>." in html
    assert "An <strong>example</strong>?" in html
    browser.post(url, {"remove": "1"})
    assert not Example.objects.exists()


@pytest.mark.parametrize("note", ["", "  ", "x" * 10_001, "\x00"])
def test_an_example_needs_a_note(browser: Client, project: Project, note: str) -> None:
    url = reverse("example", args=[project.slug, new_item(project).pk])
    response = browser.post(url, {"note": note}, follow=True)
    assert "needs a note" in response.content.decode()
    assert not Example.objects.exists()


@pytest.mark.parametrize("markdown", [True, False])
def test_text_is_markdown_if_the_project_says_so(
    browser: Client, project: Project, markdown: bool
) -> None:
    project.markdown = markdown
    project.save()
    item = new_item(project, "**Why?**", texts=["*a* <script>", "b"])
    for url in (judge(project), reverse("item", args=[project.slug, item.pk])):
        html = browser.get(url).content.decode()
        assert ("<strong>Why?</strong>" in html) is markdown
        assert ("<em>a</em> &lt;script&gt;" in html) is markdown
        assert "*a* &lt;script&gt;" in html or markdown
        assert "<script>" not in html


def test_images_have_their_size_and_may_come_from_elsewhere(
    browser: Client, project: Project
) -> None:
    item = new_item(project)
    media = {"type": "image", "url": "https://images.example/a.png", "width": 64, "height": 48}
    Completion.objects.filter(slots__item=item, slots__index=0).update(media=media, text="")
    for url in (judge(project), reverse("item", args=[project.slug, item.pk])):
        html = browser.get(url).content.decode()
        assert 'src="https://images.example/a.png"' in html
        assert 'width="64"' in html
        assert 'height="48"' in html
        assert 'referrerpolicy="no-referrer"' in html
        assert "img-src 'self' data: blob: https:;" in html
    assert "https:;" not in browser.get(reverse("items", args=[project.slug])).content.decode()

"""What people and models wrote is shown as it is: escaped, with its whitespace, whatever it says."""

from __future__ import annotations

import pytest
from django.urls import reverse

from feedback import services
from feedback.models import Project, User
from tests.cast import ClientOf, judge, new_item

HOSTILE = "  <script>alert('x')</script>\n\t\"q\" & {{ 7 }} {% now %} \u202e\u0000".replace(
    "\x00", ""
)
ESCAPED = (
    "  &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;\n\t&quot;q&quot; &amp; {{ 7 }} {% now %} "
)


@pytest.mark.parametrize("view", ["judge", "item", "items"])
def test_texts_are_escaped_and_exact(
    view: str, project: Project, owner: User, annotator: User, client_of: ClientOf
) -> None:
    item = new_item(project, HOSTILE, texts=[HOSTILE, "b"], labels=["<i>m</i>", "m2"], overlap=3)
    texts = {"guidelines": HOSTILE, "name": "<u>name</u>", "description": HOSTILE}
    services.update_project(project, markdown=False, **texts)
    answers = {"pairwise": {"choice": "first", "reason": HOSTILE}}
    judge(project, annotator, answers)
    args = [project.slug, item.pk] if view == "item" else [project.slug]
    html = client_of(owner).get(reverse(view, args=args)).content.decode()
    for tag in ("<script>alert", "<i>m</i>", "<u>name</u>"):
        assert tag not in html
    assert ESCAPED in html if view == "items" else f'dir="auto">{ESCAPED}' in html


def test_hostile_names_in_lists(project: Project, owner: User, client_of: ClientOf) -> None:
    services.update_project(project, name="<u>name</u>", description=HOSTILE)
    for path in ("/", reverse("project_members", args=[project.slug])):
        html = client_of(owner).get(path).content.decode()
        assert "<u>name</u>" not in html and "&lt;u&gt;name&lt;/u&gt;" in html


def test_pages_have_no_inline_scripts_or_styles(
    project: Project, owner: User, client_of: ClientOf
) -> None:
    new_item(project)
    client = client_of(owner)
    for name in ("judge", "items", "project_members", "project_settings", "import"):
        html = client.get(reverse(name, args=[project.slug])).content.decode()
        assert "style=" not in html and "<style" not in html and "onclick" not in html
        assert "javascript:" not in html
        assert all("src=" in tag for tag in html.split("<script")[1:]), name
        assert "http://" not in html.replace("http://www.w3.org", "")

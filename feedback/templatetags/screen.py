"""Tags of pages that show what is judged: text as HTML, images, and the reader's own keys."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import TemplateDoesNotExist
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from feedback.keys import ACTIONS, shown_key, translation
from feedback.models import Completion, Judgment, Project
from feedback.rendering import to_html
from feedback.selectors import Question, ask_of, describe_judgment, stored_answer
from feedback.selectors.images import shown_media

register = template.Library()


@register.filter
def rendered(text: str, markdown: bool) -> SafeString:
    """Model text as HTML that can do no harm; as Markdown if the project says so."""
    return mark_safe(to_html(text, markdown=markdown))  # noqa: S308 sanitised there


@register.simple_tag
def media_of(completion: Completion, project: Project) -> dict[str, Any] | None:
    """The completion's image: its address, size and description; None where there is none."""
    return shown_media(project, completion.media)


@register.filter
def is_one(number: int) -> bool:
    """Whether there is just one."""
    return number == 1


@register.filter
def final(question: Question) -> bool:
    """Whether an answer cannot be changed once it is stored, because its outcome is shown then."""
    return any(asked.kind.is_final(asked.settings) for asked in question.kinds)


@register.simple_tag
def outcome(judgment: Judgment) -> str:
    """What its kind worked out of a stored answer, as its `outcome.html` shows it; empty without one."""
    ask = ask_of(judgment.item, judgment.kind)
    context = {
        "judgment": judgment,
        "answer": stored_answer(judgment),
        "ask": ask,
        "outcome": judgment.outcome,
        "in_words": describe_judgment(judgment),
    }
    try:
        return render_to_string(f"feedback/kinds/{judgment.kind}/outcome.html", context)
    except TemplateDoesNotExist:
        return ""


@register.simple_tag(takes_context=True)
def own_key(context: Context, key: object) -> str:
    """The reader's own key in the place of one of the first keys."""
    return shown_key(str(key), _stored(context))


@register.simple_tag(takes_context=True)
def key_translation(context: Context) -> dict[str, str]:
    """What the reader's keys mean, for scripts: pressed to canonical."""
    return translation(_stored(context))


@register.simple_tag
def key_actions() -> list[tuple[str, str]]:
    """Canonical key and label of what keys do around a kind's own form."""
    return [(one.key, one.label) for one in ACTIONS if not one.key.isdigit()]


def _stored(context: Context) -> dict[str, object] | None:
    request = context.get("request")
    user = getattr(request, "user", None)
    preferences = getattr(user, "preferences", None) or {}
    return preferences.get("keys") if isinstance(preferences, dict) else None

"""Text of models and people as HTML that can do no harm: Markdown, or the text as it is."""

from __future__ import annotations

from html import escape

from feedback.rendering.markdown import TooMuch, render
from feedback.rendering.sanitise import sanitise

LONGEST = 100_000  # characters of Markdown; longer texts are shown as they are


def to_html(text: str, *, markdown: bool) -> str:
    """Harmless HTML. Markdown that is too long, takes too long or shows nothing is shown as it is."""
    if markdown and len(text) <= LONGEST:
        try:
            return sanitise(render(text)) or as_it_is(text)
        except TooMuch:
            pass
    return as_it_is(text)


def as_it_is(text: str) -> str:
    """The text escaped; its class keeps line breaks and gives each line its own direction."""
    kept = escape(text).replace("\r", "&#13;")  # a parser of HTML would turn it into a line feed
    return f'<div class="plain" dir="auto">{kept}</div>' if text else ""

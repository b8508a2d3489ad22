"""Markdown to HTML within a time limit: CommonMark, tables, strikethrough, each line its own; no images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from feedback.rendering.highlight import highlighted

SECONDS = 0.5  # for one text; ordinary ones take a few milliseconds
SCHEMES = ("http://", "https://", "mailto:")
DEEPEST = (
    60  # blocks in blocks; the parser leaves out what lies deeper than its own limit, silently
)
DIRECTED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "th", "td"}


class TooMuch(Exception):
    """The text takes too long to read as Markdown."""


def render(text: str) -> str:
    """HTML that must still be sanitised. Raises TooMuch."""
    env: dict[str, float] = {"until": time.monotonic() + SECONDS}
    try:
        return str(_MARKDOWN.render(text, env))
    except RecursionError as error:
        raise TooMuch from error


class _Renderer(RendererHTML):
    """Code in colours; an image as a link, because nothing is fetched from where a model says."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A block of code with its language, if that is known."""
        _check(env)
        token = tokens[idx]
        language = token.info.strip().split(maxsplit=1)[0] if token.info.strip() else ""
        return f'<pre dir="ltr"><code>{highlighted(token.content, language)}</code></pre>\n'

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """A block of code without a language."""
        return f'<pre dir="ltr"><code>{escape(tokens[idx].content)}</code></pre>\n'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """A table in a box of its own, which scrolls where the table is too wide."""
        return '<div class="table-wrap"><table>'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """The end of the table and its box."""
        return "</table></div>"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Its description, leading to where it lies."""
        token = tokens[idx]
        source = escape(str(token.attrs.get("src", "")))
        words = escape(token.content) or "image"
        return f'<a href="{source}" class="image-link">{words}</a>'


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Whole addresses only: a relative one would lead into this product."""
        return url.lower().startswith(SCHEMES)


def _check(env: EnvType) -> None:
    if time.monotonic() > env["until"]:
        raise TooMuch


def _block_deadline(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    _check(state.env)
    if state.level > DEEPEST:
        raise TooMuch
    return False


def _inline_deadline(state: StateInline, silent: bool) -> bool:
    _check(state.env)
    return False


def _arrange(state: StateCore) -> None:
    """Each block finds its own direction; headings stay below those of the page; cells are aligned."""
    for token in state.tokens:
        if token.nesting == 1 and token.tag in DIRECTED:
            token.attrSet("dir", "auto")
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        if align := str(token.attrs.get("style", "")).removeprefix("text-align:"):
            token.attrs = {"dir": "auto", "class": f"align-{align}"}  # no style gets through


def _configured() -> MarkdownIt:
    markdown = _Markdown(
        "commonmark",
        {"html": False, "breaks": True, "maxNesting": DEEPEST + 20},
        renderer_cls=_Renderer,
    )
    markdown.enable(["table", "strikethrough"])
    markdown.block.ruler.before("table", "deadline", _block_deadline)
    markdown.inline.ruler.before("text", "deadline", _inline_deadline)
    markdown.core.ruler.push("arrange", _arrange)
    return markdown


_MARKDOWN = _configured()

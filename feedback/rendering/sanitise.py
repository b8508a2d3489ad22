"""The last word on HTML that came from Markdown: what is not on these lists does not get through."""

from __future__ import annotations

import nh3

from feedback.rendering.highlight import CLASSES

# fmt: off
TAGS = {
    "a", "blockquote", "br", "code", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}
# fmt: on
ALIGNED = {"th", "td"}
_DIRECTED = TAGS - {"a", "br", "code", "em", "hr", "s", "span", "strong", "tbody", "tr"}

_CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
    tag_attribute_values={tag: {"dir": {"auto", "ltr"}} for tag in _DIRECTED},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    allowed_classes={
        "a": {"image-link"},
        "div": {"table-wrap"},
        "span": set(CLASSES.values()),
        **{tag: {"align-left", "align-center", "align-right"} for tag in ALIGNED},
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)


def sanitise(html: str) -> str:
    """The HTML with nothing in it but text, its structure, and links that lead out."""
    return _CLEANER.clean(html)

"""Text as HTML: what Markdown becomes, what hostile text does not become, and how long it may take."""

from __future__ import annotations

import re
import time

import pytest

from feedback.rendering import to_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><style>*{display:none}</style></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:alert(1))",
    "[x](/projects/mine/members/remove/)",
    "[x](//evil.example)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '[x](https://e.example "onmouseover=alert(1)")',
    '![a" onerror="alert(1)](https://e.example/x.png)',
    "```html\n<script>alert(1)</script>\n```",
    '```"onload=alert(1)\nx\n```',
    "|a|\n|:-:|\n|<b style='position:fixed'>x</b>|",
    "[x]: javascript:alert(1)\n\n[x]",
    "<a href='https://e.example' style='position:fixed'>x</a>",
]
TAG = re.compile(r"<(/?)([a-z0-9]+)((?:\s+[a-z]+=\"[^\"]*\")*)\s*>")
ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
HARMLESS = {"dir", "class", "start", "href", "rel", "target"}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("markdown", [True, False])
def test_hostile_text_becomes_text(text: str, markdown: bool) -> None:
    html = to_html(text, markdown=markdown)
    left = TAG.sub("", html)
    assert "<" not in left, html
    for _, tag, attributes in TAG.findall(html):
        assert tag not in {"script", "img", "svg", "style", "iframe", "b"}
        for name, value in ATTRIBUTE.findall(attributes):
            assert name in HARMLESS, html
            assert name != "href" or value.startswith(("https://e.example", "mailto:")), html


def test_markdown() -> None:
    html = to_html(
        "# Top\n*a* **b** ~~c~~ `<d>`\n\n3. x\n\n> q\n\n| h |\n|--:|\n| v |\n\n<https://e.example/?a&b>",
        markdown=True,
    )
    for part in (
        '<h3 dir="auto">Top</h3>',
        "<em>a</em> <strong>b</strong> <s>c</s> <code>&lt;d&gt;</code>",
        '<ol start="3" dir="auto">',
        '<blockquote dir="auto">',
        '<div class="table-wrap"><table>',
        '<td dir="auto" class="align-right">v</td>',
        'href="https://e.example/?a&amp;b" target="_blank" rel="noopener noreferrer nofollow"',
    ):
        assert part in html


def test_images_are_links() -> None:
    html = to_html("![A *cat*](https://e.example/cat.png)", markdown=True)
    assert "<img" not in html
    assert 'href="https://e.example/cat.png"' in html
    assert "A *cat*</a>" in html


def test_code_has_colours_in_known_languages_only() -> None:
    known = to_html('```python\ndef f(): return "<x>"\n```', markdown=True)
    assert '<span class="tok-keyword">def</span>' in known
    assert '<span class="tok-string">"&lt;x&gt;"</span>' in known
    assert "<span" not in to_html("```brainfuck\n+++\n```", markdown=True)


def test_the_text_as_it_is() -> None:
    html = to_html("*a*\r\n  <b>", markdown=False)
    assert html == '<div class="plain" dir="auto">*a*&#13;\n  &lt;b&gt;</div>'
    assert to_html("", markdown=True) == to_html("", markdown=False) == ""


@pytest.mark.parametrize(
    "text",
    ["> " * 100 + "deep", "- " * 100 + "deep", "[deep]: https://e.example", "x" * 200_000 + "deep"],
)
def test_nothing_is_left_out(text: str) -> None:
    assert "deep" in to_html(text, markdown=True)


@pytest.mark.parametrize(
    "text",
    [
        "word " * 40_000,
        "a\n\n" * 30_000,
        ">" * 10_000,
        "[" * 10_000,
        "![" * 40_000,
        "[a](" * 20_000,
        "*a **b " * 12_000,
        "_a" * 45_000,
        "[a\n" * 20_000,
        "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + "|x\n" * 20_000,
        "- " * 40_000,
        "".join(" " * n + "- a\n" for n in range(400)),
        "```python\n" + "'" * 19_000,
        "```html\n" + "<a " * 6_000,
    ],
    ids=range(14),
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    html = to_html(text, markdown=True)
    assert html
    assert time.process_time() - begun < 2

"""Code in colours: Pygments' tokens as a few classes of our own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from html import escape
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

LONGEST = 20_000  # characters of one block; longer ones stay without colours
# Of this thread, for one block: how busy the machine is must not change what is shown.
SECONDS = 0.1
CLASSES = {
    Comment: "tok-comment",
    Keyword: "tok-keyword",
    Operator.Word: "tok-keyword",
    String: "tok-string",
    Number: "tok-number",
    Name.Function: "tok-name",
    Name.Class: "tok-name",
    Name.Tag: "tok-name",
    Name.Decorator: "tok-meta",
    Name.Builtin: "tok-builtin",
    Name.Attribute: "tok-builtin",
    Generic.Deleted: "tok-deleted",
    Generic.Inserted: "tok-inserted",
    Generic.Heading: "tok-name",
}
# Those that people paste. Others stay plain: a lexer nobody reads may take for ever on hostile text.
# fmt: off
LANGUAGES = {
    "bash", "c", "c++", "cpp", "cs", "csharp", "css", "diff", "docker", "dockerfile", "go", "html", "ini",
    "java", "javascript", "js", "json", "julia", "kotlin", "kt", "lua", "makefile", "perl", "php",
    "powershell", "ps1", "py", "python", "r", "rb", "ruby", "rs", "rust", "scala", "sh", "shell", "sql",
    "swift", "tex", "toml", "ts", "typescript", "xml", "yaml", "yml", "zsh",
}
# fmt: on


def highlighted(code: str, language: str) -> str:
    """The code escaped, with `<span class="tok-...">` around what its language knows."""
    name = language.lower()
    if name not in LANGUAGES or len(code) > LONGEST:
        return escape(code)
    lexer, parts = _lexer(name), list[str]()
    until = time.thread_time() + SECONDS
    for css, tokens in groupby(lexer.get_tokens(code), _class):
        text = escape("".join(text for _, text in tokens))
        parts.append(f'<span class="{css}">{text}</span>' if css else text)
        if time.thread_time() > until:
            return escape(code)
    return "".join(parts)


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


def _class(token: tuple[_TokenType, str]) -> str:
    return next((CLASSES[kind] for kind in _parents(token[0]) if kind in CLASSES), "")


def _parents(kind: _TokenType | None) -> Iterator[_TokenType]:
    while kind is not None:
        yield kind
        kind = kind.parent

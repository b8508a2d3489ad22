"""The repository's own files, for tests of its shape."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from webapp.env import ROOT

NOT_OURS = {".venv", ".git", "var", "node_modules", "__pycache__"}
PACKAGES = ("feedback", "training", "webapp")
MAP = re.compile(r"<!-- map -->\n.*?<!-- /map -->", re.DOTALL)


def files(*suffixes: str, under: str = ".") -> Iterator[Path]:
    """Yield the repository's files with these endings (all if none), without what is generated."""
    for path in sorted((ROOT / under).rglob("*")):
        parts = path.relative_to(ROOT).parts
        if NOT_OURS & set(parts) or any(part.endswith("_cache") for part in parts):
            continue
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def shown(path: Path) -> str:
    """Return the path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


def docstring(path: Path) -> str:
    """Return the first line of a module's docstring, or nothing."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def code_map() -> str:
    """Return the map of the code as the README shows it, made of the modules' first lines."""
    lines = []
    for package in PACKAGES:
        entries = {f"{package}/": ROOT / package / "__init__.py"}
        for path in sorted((ROOT / package).iterdir()):
            if path.suffix == ".py" and path.stem not in {"__init__", "apps", "admin"}:
                entries[f"{package}/{path.name}"] = path
            elif (path / "__init__.py").is_file() and path.name != "migrations":
                entries[f"{package}/{path.name}/"] = path / "__init__.py"
        lines += ["", f"| `{package}/` | {docstring(entries.pop(f'{package}/'))} |", "|---|---|"]
        lines += [f"| `{name}` | {docstring(path)} |" for name, path in entries.items()]
    return "\n".join(lines).strip()


def with_map(readme: str) -> str:
    """Return the README with the map as it should be."""
    return MAP.sub(lambda _: f"<!-- map -->\n{code_map()}\n<!-- /map -->", readme)


if __name__ == "__main__":
    README = ROOT / "README.md"
    README.write_text(with_map(README.read_text(encoding="utf-8")), encoding="utf-8")

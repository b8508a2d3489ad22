"""The shape of the code: layers, budgets, first lines, migrations, what the web process loads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.architecture.tree import MAP, PACKAGES, docstring, files, shown, with_map
from webapp.env import ROOT

BUDGETS = {".py": 300, ".js": 300, ".html": 120}
WEB = """
import django, sys
django.setup()
import webapp.urls, webapp.wsgi
print(sorted({"torch", "transformers", "trl", "peft", "accelerate", "datasets"} & set(sys.modules)))
"""
# Written in two parts, so that this file does not find itself.
ELSEWHERE = re.compile(r"(?<![\w.])/wo" + r"rk(?!\w)|\.\./sha" + "red")


def budget(path: Path) -> int:
    """Return the most lines that a file may have; tests tell longer stories than code."""
    return 400 if shown(path).startswith("tests/") else BUDGETS[path.suffix]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )


def test_import_contracts_hold() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_web_process_loads_no_model_library() -> None:
    done = run(sys.executable, "-c", WEB)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.django_db
def test_migrations_are_in_step() -> None:
    call_command("makemigrations", "--check", "--dry-run")


def test_files_keep_their_budgets() -> None:
    long = {
        shown(path): lines
        for path in files(*BUDGETS)
        if "migrations" not in path.parts
        and (lines := path.read_text(encoding="utf-8").count("\n")) > budget(path)
    }
    assert long == {}


def test_modules_say_what_they_are_for() -> None:
    silent = [
        shown(path)
        for package in (*PACKAGES, "benchmarks", "tests")
        for path in files(".py", under=package)
        if "migrations" not in path.parts and not docstring(path)
    ]
    assert silent == []


def test_the_readme_maps_the_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(MAP.findall(readme)) == 1
    assert with_map(readme) == readme, "mend it with: .venv/bin/python -m tests.architecture.tree"


def test_the_readme_names_every_setting() -> None:
    source = "".join((ROOT / "webapp" / f"{name}.py").read_text() for name in ("settings", "env"))
    names = set(re.findall(r"env_(?:bool|int|list|str|secret)\(\s*\"([A-Z0-9_]+)\"", source))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(names) > 15
    assert {name for name in names if f"`{name}`" not in readme} == set()


def test_no_asset_of_others_is_copied() -> None:
    copied = [
        shown(path)
        for path in files()
        if re.search(r"\.min\.|\.(woff2?|ttf|otf|eot|map)$", path.name)
        or (path.suffix in {".js", ".css"} and "/*!" in path.read_text(encoding="utf-8"))
    ]
    assert copied == []


def test_nothing_points_outside_the_repository() -> None:
    texts = {".py", ".md", ".toml", ".txt", ".html", ".js", ".css", ".yml", ".yaml", ".sh", ""}
    outside = [
        f"{shown(path)}: {line.strip()}"
        for path in files()
        if path.suffix in texts and path.name != ".coverage"
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if ELSEWHERE.search(line)
    ]
    assert outside == []

"""Every catalogue lists exactly the modules that lie beside it."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.architecture.tree import PACKAGES, files, shown
from webapp.env import ROOT

RECIPE_SUPPORT = {
    f"{shared}_support" for shared in ("preference", "reward", "sample", "text", "trl")
}

# Package, its catalogue, and the modules in it that are not entries.
CATALOGUES = [
    ("feedback.kinds", "KINDS", {"base"}),
    ("feedback.exports", "EXPORTS", {"base"}),
    ("feedback.imports", "FORMATS", {"base", "mapping"}),
    ("feedback.ordering", "ORDERINGS", {"base"}),
    ("training.recipes", "RECIPES", {"base", *RECIPE_SUPPORT}),
    ("training.sampling", "POLICIES", {"base", "embedder"}),
    ("training.operations", "OPERATIONS", {"base"}),
]


@pytest.mark.parametrize(("package", "catalogue", "others"), CATALOGUES)
def test_catalogue_equals_files(package: str, catalogue: str, others: set[str]) -> None:
    folder = ROOT.joinpath(*package.split("."))
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in folder.glob("*/__init__.py")}
    entries = getattr(import_module(package), catalogue)
    assert set(entries) == modules - others
    for key, entry in entries.items():
        assert getattr(entry, "name", key) == key


def test_every_plug_in_package_is_listed_here() -> None:
    found = {
        shown(path.parent).replace("/", ".")
        for package in PACKAGES
        for path in files(".py", under=package)
        if path.name == "base.py" and path.parent.name != "api"
    }
    assert found == {package for package, _, _ in CATALOGUES}

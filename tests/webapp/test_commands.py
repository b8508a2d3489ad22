"""The commands: a token alone on standard output, and imports from the command line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from rest_framework.test import APIClient

from feedback.models import Item, Judgment, Project, User
from training.models import Job

MAPPING = {
    "prompt": "question",
    "completions": [{"text": "a", "label": "la"}, {"text": "b", "label": "lb"}],
    "kinds": [{"kind": "pairwise"}],
    "judgments": [
        {
            "kind": "pairwise",
            "annotator": "ann",
            "answer": {
                "choice": {"column": "best", "values": {"1": "first", "2": "second", "0": "tie"}}
            },
        }
    ],
}


def run(name: str, /, *args: Any, **options: Any) -> tuple[str, str]:
    """What the command wrote to standard output and standard error."""
    out, err = StringIO(), StringIO()
    call_command(name, *args, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file of four rows, one of them bad, and its mapping."""
    row = {"question": "Two and two?", "a": "4", "b": "5", "la": "x", "lb": "y", "best": 1}
    rows = [row, {**row, "question": "Three?", "best": 0}, {**row, "a": ""}, {**row, "b": "6"}]
    data, mapping = tmp_path / "rows.jsonl", tmp_path / "mapping.json"
    data.write_text("".join(json.dumps(r) + "\n" for r in rows))
    mapping.write_text(json.dumps(MAPPING))
    return data, mapping


def test_a_token_stands_alone_and_works(owner: User) -> None:
    out, err = run("create_token", owner.username, name="script")
    token = out.removesuffix("\n")
    assert "\n" not in token
    assert " " not in token
    assert err == ""
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("/api/v1/projects/").status_code == 200


def test_no_token_for_nobody_or_the_inactive(owner: User) -> None:
    with pytest.raises(CommandError, match="no user 'nobody'"):
        run("create_token", "nobody")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="not active"):
        run("create_token", owner.username)


def test_an_import_counts_and_names_what_it_refused(
    project: Project, owner: User, files: tuple[Path, Path]
) -> None:
    data, mapping = files
    out, _ = run("import", project.slug, data, mapping=mapping)
    lines = out.splitlines()
    assert lines[:6] == [
        "rows: 4",
        "created: 3",
        "same: 0",
        "judgments: 3",
        "judgments_same: 0",
        "refused: 1",
    ]
    assert lines[6].startswith("row 3: empty_completion: ")
    assert len(lines) == 7
    assert (Item.objects.count(), Judgment.objects.count()) == (3, 3)
    assert Job.objects.get().owner == owner
    out, _ = run("import", project.slug, data, mapping=mapping)
    assert out.splitlines()[1:5] == ["created: 0", "same: 3", "judgments: 0", "judgments_same: 3"]
    assert (Item.objects.count(), Judgment.objects.count()) == (3, 3)


@pytest.mark.parametrize(
    ("content", "mapping", "said"),
    [
        ("[", MAPPING, "cannot be read"),
        ('{"question": "q"}\n', {**MAPPING, "prompt": "nope"}, "nope"),
        ('{"question": "q"}\n', {"prompts": "question"}, "prompts"),
    ],
)
def test_a_file_that_fails_as_a_whole(
    project: Project, tmp_path: Path, content: str, mapping: dict[str, Any], said: str
) -> None:
    data, mapping_file = tmp_path / "rows.json", tmp_path / "mapping.json"
    data.write_text(content)
    mapping_file.write_text(json.dumps(mapping))
    with pytest.raises(CommandError, match=said):
        run("import", project.slug, data, mapping=mapping_file)
    assert not Item.objects.exists()


def test_arguments_that_name_nothing(
    project: Project, files: tuple[Path, Path], tmp_path: Path
) -> None:
    data, mapping = files
    missing = tmp_path / "missing"
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    wrong: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        (("nowhere", data), {"mapping": mapping}, "no project"),
        ((project.slug, missing), {"mapping": mapping}, "No such file"),
        ((project.slug, data), {"mapping": missing}, "No such file"),
        ((project.slug, data), {"mapping": broken}, "not JSON"),
        ((project.slug, data), {"mapping": mapping, "user": "nobody"}, "no user"),
    ]
    for args, options, said in wrong:
        with pytest.raises(CommandError, match=said):
            run("import", *args, **options)
    assert not Job.objects.exists()


def test_an_import_can_be_left_to_a_worker(project: Project, files: tuple[Path, Path]) -> None:
    data, mapping = files
    out, _ = run("import", project.slug, data, mapping=mapping, no_wait=True)
    job = Job.objects.get()
    assert (out, job.state) == (f"{job.pk}\n", "queued")

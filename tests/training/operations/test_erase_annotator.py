"""Erasing an annotator: the files and tables are read back, and nothing of the person is left in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from feedback import services
from feedback.assignment import broken_items
from feedback.models import Annotator, Draft, Impression, Judgment, Project, User
from feedback.selectors.annotators import persons
from feedback.selectors.personal import personal_lines
from feedback.selectors.progress import count_progress
from feedback.services.decisions import decide
from feedback.services.reactions import show_again
from tests.cast import ApiOf, ClientOf, freeze, judge, lease, new_item
from training.artefacts import tree_exists
from training.models import Job, Snapshot
from training.operations import erase_annotator as erasing
from training.registry import cached_tree
from training.selectors import snapshot_evidence
from training.services import run_here, start_erasure, start_snapshot
from training.snapshots import read_evidence, read_manifest

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Because my neighbour says so."


@pytest.fixture
def someone(project: Project, owner: User, annotator: User) -> Annotator:
    """Judged two items of three with a reason, holds the third, and has typed a draft."""
    for n in range(3):
        new_item(project, f"Question {n}?", overlap=2)
    for _ in range(2):
        judge(project, annotator, {"pairwise": {"choice": "second", "reason": SECRET}})
    for _ in range(3):
        judge(project, owner)
    held = lease(project, annotator)
    Draft.objects.create(item=held.item, annotator=held.annotator, fields={"reason": SECRET})
    return held.annotator


def erased(annotator: Annotator, owner: User) -> Job:
    job = run_here(start_erasure(annotator, owner))
    assert job.state == "done", job.error
    return job


def test_the_database_forgets(project: Project, owner: User, someone: Annotator) -> None:
    job = erased(someone, owner)
    assert job.result == {"judgments": 2, "snapshots": 0}
    someone.refresh_from_db()
    assert (someone.user, someone.name) == (None, f"erased-{someone.pk}")
    for judgment in Judgment.objects.filter(annotator=someone):
        assert judgment.erased_at is not None
        assert (judgment.answer, judgment.outcome) == ({}, {})
    assert not Draft.objects.exists()
    assert not someone.assignments.filter(state="open").exists()
    assert erased(someone, owner).result["judgments"] == 2  # again: harmless


def test_somebody_else_is_asked_instead(project: Project, owner: User, someone: Annotator) -> None:
    """Counts are without what was erased; what only this person was asked waits for nobody."""
    mine, theirs = (new_item(project, f"Only {n}?") for n in range(2))
    for item in (mine, theirs):
        services.change_item(item, {"only_for": someone})
    assert someone.user is not None
    for _ in range(2):  # the one that was held, and the first of these
        judge(project, someone.user)
    erased(someone, owner)
    erased(someone, owner)
    progress = count_progress(project)
    assert progress.people == {"items": 5, "wanted": 6, "given": 3}
    assert [person.answered for person in persons([someone])] == [0]
    for item in (mine, theirs):
        item.refresh_from_db()
        assert (item.overlap, item.places) == (0, 0)
    assert not broken_items(project.pk).exists()
    new = User.objects.create_user("new")
    for _ in range(3):
        judge(project, new)
    assert not broken_items(project.pk).exists()


def test_snapshots_lose_the_lines_and_say_so(
    project: Project, owner: User, someone: Annotator, client_of: ClientOf
) -> None:
    snapshot = freeze(project, owner)
    before = {one.context.judgment for one in snapshot_evidence(snapshot)}
    old, digest = snapshot.artefact, snapshot.digest
    folder = cached_tree(old)
    assert SECRET not in (folder / "evidence.jsonl").read_text()  # reasons are not evidence
    pseudonym = someone.pseudonym
    assert pseudonym in (folder / "evidence.jsonl").read_text()
    mine = set(Judgment.objects.filter(annotator=someone).values_list("pk", flat=True))
    assert erased(someone, owner).result == {"judgments": 2, "snapshots": 1}

    snapshot.refresh_from_db()
    folder = cached_tree(snapshot.artefact)
    manifest = read_manifest(folder)
    assert {r.context.judgment for _, r in read_evidence(folder, verify=True)} == before - mine
    (erasure,) = manifest.erasures
    assert (erasure.digest, erasure.lines) == (digest, 2)
    assert manifest.digest != digest
    assert snapshot.counts["erased"] == 2
    address = reverse("snapshot", args=[project.slug, snapshot.pk])
    assert "2 lines of people who were erased" in " ".join(
        client_of(owner).get(address).content.decode().split()
    )
    assert snapshot.digest == digest  # by which checkpoints know it
    assert snapshot.counts["comparison"] == manifest.counts["comparison"] == 3
    assert set(manifest.annotators) == {str(services.annotator_for_user(project, owner).pseudonym)}
    assert left_in(Path(settings.DATA_DIR), pseudonym, project) == []


def left_in(folder: Path, pseudonym: str, project: Project) -> list[Path]:
    """Files about this project's snapshots that still name the annotator, wherever they lie."""
    jobs = project.jobs.filter(operation="freeze_snapshot").values_list("pk", flat=True)
    places = [folder / "runs" / str(pk) for pk in jobs]
    places += [path for path in folder.rglob(f"snapshots/{project.pk}") if path.is_dir()]
    files = [file for place in places for file in place.rglob("*") if file.is_file()]
    assert files
    return [file for file in files if pseudonym in file.read_text(errors="replace")]


def test_a_snapshot_without_the_person_keeps_its_bytes(
    project: Project, owner: User, someone: Annotator
) -> None:
    Judgment.objects.filter(annotator=someone).update(withdrawn_at="2026-01-01T00:00Z")
    snapshot = freeze(project, owner)
    bytes_before = (cached_tree(snapshot.artefact) / "manifest.json").read_bytes()
    assert erased(someone, owner).result["snapshots"] == 0
    snapshot.refresh_from_db()
    assert (cached_tree(snapshot.artefact) / "manifest.json").read_bytes() == bytes_before


def test_an_interrupted_erasing_goes_on(
    project: Project, owner: User, someone: Annotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = freeze(project, owner)
    old = snapshot.artefact

    def killed(prefix: str) -> None:
        raise OSError(f"no more power while {prefix} is removed")

    with monkeypatch.context() as broken:
        broken.setattr(erasing, "remove_tree", killed)
        job = run_here(start_erasure(someone, owner))
        assert job.state == "failed"
    assert erased(someone, owner).state == "done"
    snapshot.refresh_from_db()
    assert snapshot.artefact != old
    assert not tree_exists(old)
    assert len(list(snapshot_evidence(snapshot))) == 3


def test_a_later_snapshot_is_another(project: Project, owner: User, someone: Annotator) -> None:
    first = freeze(project, owner)
    erased(someone, owner)
    second = Snapshot.objects.get(
        pk=run_here(start_snapshot(project, owner, {})).result["snapshot"]
    )
    assert second.pk != first.pk
    first.refresh_from_db()
    same = [[r.context.judgment for r in snapshot_evidence(s)] for s in (first, second)]
    assert same[0] == same[1]
    assert erased(someone, owner).result["snapshots"] == 0
    assert len(list(snapshot_evidence(second))) == 3  # the first one's new digest is not its own


def test_everything_can_be_taken_away(
    project: Project, owner: User, annotator: User, someone: Annotator, api_of: ApiOf
) -> None:
    url = reverse("api-annotator-data", args=[project.slug, someone.pk])
    body = b"".join(api_of(annotator).get(url).streaming_content)  # type: ignore[attr-defined]
    lines = [json.loads(line) for line in body.splitlines()]
    counts = {name: sum(line["record"] == name for line in lines) for name in ("judgment", "draft")}
    assert counts == {"judgment": 2, "draft": 1}
    assert sum(SECRET in json.dumps(line) for line in lines) == 3
    assert [line["record"] for line in lines][:2] == ["annotator", "assignment"]
    assert api_of(owner).delete(url).status_code == 202
    run_here(Job.objects.get(operation="erase_annotator"))
    body = b"".join(api_of(owner).get(url).streaming_content)  # type: ignore[attr-defined]
    assert SECRET not in body.decode()
    assert "anna" not in body.decode()


def test_everything_is_what_is_stored(
    project: Project, owner: User, reviewer: User, someone: Annotator
) -> None:
    item = services.mark_gold(new_item(project, "Gold?"), {"pairwise": {"choice": "tie"}})
    services.update_queue(project, {"exam": {"items": 1}})
    project.refresh_from_db()
    judge(project, reviewer)
    me = services.annotator_for_user(project, reviewer)
    services.save_group(project, "Experts", [me])
    services.pause_annotator(me, "Please call me.")
    chosen = Judgment.objects.filter(annotator=someone)[0]
    decide(chosen.item, chosen.pk, reviewer)
    show_again(item.slots.all()[0].completion, key="k", viewer=me.pseudonym)
    me.refresh_from_db()
    lines = {line["record"]: line for line in personal_lines(me)}
    first = lines["annotator"]
    assert (first["groups"], first["pause_reason"]) == (["Experts"], "Please call me.")
    assert (first["paused_at"], first["exam_passed_at"]) == (me.paused_at, me.exam_passed_at)
    assert (lines["submission"]["gold_right"], lines["submission"]["amends"]) == (False, None)
    assert lines["decision"]["judgment"] == chosen.pk
    assert lines["impression"]["key"] == "k"
    erased(me, owner)
    me.refresh_from_db()
    assert not {"decision", "impression"} & {line["record"] for line in personal_lines(me)}
    assert Impression.objects.get().viewer == ""


def test_the_page_wants_the_box_ticked(
    project: Project, owner: User, someone: Annotator, client_of: ClientOf
) -> None:
    url = reverse("annotator_erase", args=[project.slug, someone.pk])
    client_of(owner).post(url)
    assert not Job.objects.filter(operation="erase_annotator").exists()
    client_of(owner).post(url, {"sure": "1"})
    run_here(Job.objects.get(operation="erase_annotator"))
    for name, args in (("items", []), ("quality", []), ("annotator", [someone.pk])):
        page = client_of(owner).get(reverse(name, args=[project.slug, *args]))
        assert page.status_code == 200
        assert "anna" not in page.content.decode().replace("annotator", "")

"""Weights in snapshots: lines and manifest carry them, and they change nothing that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feedback.errors import Conflict
from feedback.models import Project, Submission, User
from feedback.selectors import evidence_of
from feedback.selectors.quality import annotator_weights
from tests.cast import judge, new_item
from tests.crowd import crowd_of
from training.models import Snapshot
from training.selectors import snapshot_evidence
from training.services import run_here, start_quality_report, start_snapshot
from training.snapshots import (
    SnapshotOptions,
    read_evidence,
    read_manifest,
    weighted,
    write_snapshot,
)
from training.snapshots.read import digest_of
from training.snapshots.weights import UNKNOWN

pytestmark = pytest.mark.django_db(transaction=True)


def frozen(project: Project, owner: User, **options: object) -> Snapshot:
    job = run_here(start_snapshot(project, owner, options))
    assert job.state == "done", job.error
    return Snapshot.objects.get(pk=job.result["snapshot"])


def test_without_weights_the_digest_is_what_it_was(make: Any, tmp_path: Path) -> None:
    options = SnapshotOptions(held_out=0.2)
    plain = write_snapshot(tmp_path, [make.comparison(n) for n in range(5)], options)
    before = {"held_out": 0.2, "kinds": None, "tags": None, "sources": None}
    assert plain.weights is None
    assert plain.options == before
    assert plain.digest == digest_of(tmp_path, before)


def test_a_snapshot_is_weighed_by_the_newest_report(project: Project, owner: User) -> None:
    crowd = crowd_of(project, {"good": 0.95, "fair": 0.9, "left": -1}, items=30, overlap=3)
    run_here(start_quality_report(project, owner))
    snapshot = frozen(project, owner, weights="dawid_skene")
    weights = {
        record.context.annotator: record.context.weight for record in snapshot_evidence(snapshot)
    }
    pseudonym = {name: one.pseudonym for name, one in crowd.annotators.items()}
    assert weights[pseudonym["good"]] > 1
    assert weights[pseudonym["left"]] < 0.5
    plain = frozen(project, owner)
    assert plain.digest != snapshot.digest
    assert {record.context.weight for record in snapshot_evidence(plain)} == {1.0}
    assert "weights" not in plain.options or plain.options["weights"] == "none"


def test_without_a_report_there_are_no_weights(project: Project, owner: User) -> None:
    new_item(project)
    judge(project, owner)
    job = run_here(start_snapshot(project, owner, {"weights": "crowd_bt"}))
    assert job.state == "failed"
    assert job.error["code"] == "no_quality_report"
    with pytest.raises(Conflict):
        annotator_weights(project, "dawid_skene")


def test_gold_weighs_by_right_answers(project: Project, owner: User, annotator: User) -> None:
    for n in range(4):
        new_item(project, f"Question {n}?", overlap=2)
        judge(project, owner)
        judge(project, annotator)
    people = Submission.objects.filter(annotator__user=owner)
    people.update(gold_right=True)
    Submission.objects.filter(annotator__user=annotator).update(gold_right=False)
    weights = annotator_weights(project, "gold")
    mine = people[0].annotator
    theirs = Submission.objects.filter(annotator__user=annotator)[0].annotator
    assert weights[mine.pseudonym] == pytest.approx(2.0794, abs=1e-3)  # log (4 + 4) / 1
    assert weights[theirs.pseudonym] == 0


def test_an_annotator_unknown_to_the_report_counts_as_the_prior(
    project: Project, owner: User, tmp_path: Path
) -> None:
    crowd_of(project, {"one": 0.9}, items=2, overlap=1)
    options = SnapshotOptions(weights="gold")
    known = {"somebody": 2.0}
    manifest = write_snapshot(tmp_path, weighted(evidence_of(project), known), options, known)
    assert set(manifest.weights or {}) == set(manifest.annotators)
    assert list((manifest.weights or {}).values()) == [UNKNOWN]
    assert read_manifest(tmp_path) == manifest
    assert [r.context.weight for _, r in read_evidence(tmp_path, verify=True)] == [UNKNOWN] * 2

"""The cast of the tests: people in their roles, two projects, and clients that speak for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from feedback import services
from feedback.assignment import next_assignment
from feedback.models import Assignment, Item, Project, Role, User
from training.models import Checkpoint, Job, Policy, Snapshot
from training.services import run_next, start_snapshot

ClientOf = Callable[[User | None], Client]
ApiOf = Callable[[User | None], APIClient]


@pytest.fixture
def owner(db: None) -> User:
    """Owns both projects."""
    return User.objects.create_user("olive")


@pytest.fixture
def reviewer(db: None) -> User:
    """Reviews in both projects: judges and sees everything."""
    return User.objects.create_user("rita")


@pytest.fixture
def annotator(db: None) -> User:
    """Judges in both projects and sees nothing else."""
    return User.objects.create_user("anna")


@pytest.fixture
def stranger(db: None) -> User:
    """Logged in, but a member of neither project."""
    return User.objects.create_user("sam")


@pytest.fixture
def staff(db: None) -> User:
    """Staff, who may do everything everywhere."""
    return User.objects.create_user("stan", is_staff=True, is_superuser=True)


@pytest.fixture
def project(owner: User, reviewer: User, annotator: User) -> Project:
    """Asks pairwise, one judgment an item; has no content yet."""
    return new_project(owner, reviewer, annotator, name="Answers", kinds=["pairwise"])


@pytest.fixture
def thumbs_project(owner: User, reviewer: User, annotator: User) -> Project:
    """Asks thumbs, one judgment an item; has no content yet."""
    return new_project(owner, reviewer, annotator, name="Thumbs", kinds=["thumbs"])


@pytest.fixture
def client_of() -> ClientOf:
    """A browser in which the user (or nobody) is logged in."""

    def logged_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return logged_in


@pytest.fixture
def api_of() -> ApiOf:
    """A REST client with a token of the user, or without one."""

    def with_token(user: User | None) -> APIClient:
        client = APIClient(raise_request_exception=False)
        if user is not None:
            token = services.create_token(user)
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return with_token


def new_project(owner: User, reviewer: User, annotator: User, **fields: Any) -> Project:
    """A project with one member in each role."""
    project = services.create_project(owner=owner, **fields)
    services.add_member(project, reviewer, Role.REVIEWER)
    services.add_member(project, annotator, Role.ANNOTATOR)
    return project


def new_item(
    project: Project,
    question: str = "What is two and two?",
    texts: Sequence[str] = ("Four.", "Five."),
    labels: Sequence[str] = ("model-a", "model-b"),
    **options: Any,
) -> Item:
    """An item that asks the project's kinds about the texts; options are those of `add_items`."""
    completions = [
        services.NewCompletion(text, {"label": label})
        for text, label in zip(texts, labels, strict=False)
    ]
    new = services.NewItem(
        messages=[{"role": "user", "content": question}],
        completions=completions,
        kinds=project.kinds,
    )
    (outcome,) = services.add_items(project, [new], **options)
    assert outcome.item is not None, outcome.error
    return outcome.item


def lease(project: Project, user: User) -> Assignment:
    """The user's next assignment, which there must be."""
    assignment = next_assignment(services.annotator_for_user(project, user))
    assert isinstance(assignment, Assignment), assignment
    return assignment


def judge(
    project: Project, user: User, answers: Mapping[str, Mapping[str, Any]] | None = None
) -> services.SubmissionOutcome:
    """The user takes the next item and answers it: `first`, or thumbs up, unless told otherwise."""
    assignment = lease(project, user)
    return services.submit_judgment(
        services.NewSubmission(
            item_id=assignment.item_id,
            annotator=assignment.annotator,
            answers=answers or usual_answers(assignment.item),
            key=f"test-{assignment.pk}",
            assignment_id=assignment.pk,
        )
    )


def usual_answers(item: Item) -> dict[str, dict[str, Any]]:
    """An answer that fits each kind of the item, with default settings or like them."""
    texts = [slot.completion.text for slot in item.slots.order_by("index")]
    return {
        asked["kind"]: usual_answer(asked["kind"], texts, asked["settings"]) for asked in item.kinds
    }


def usual_answer(kind: str, texts: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """An answer of that kind about these texts."""
    aspects = settings.get("aspects", ()) if kind == "rating" else ()
    scales = {aspect["name"]: aspect["high"] for aspect in aspects}
    fitting: dict[str, dict[str, Any]] = {
        "pairwise": {"choice": "first", "strength": 2},
        "ranking": {"ranks": [n + 1 for n in range(len(texts))]},
        "thumbs": {"thumbs": _each(texts, desirable=True)},
        "willingness_to_pay": {"preferred": "first", "amount": "1.00"},
        "rating": {"ratings": _each(texts, scores=scales)},
        "critique": {"critiques": _each(texts, text="It could say more.", rewrite="Much better.")},
        "correction": {"corrections": _each(texts, text="Quite right.")},
        "demonstration": {"text": "Written by hand."},
    }
    return fitting[kind]


def _each(texts: Sequence[str], **fields: Any) -> list[dict[str, Any]]:
    return [{"completion": n, **fields} for n in range(len(texts))]


def model_files(directory: Path) -> str:
    """The files that every model has, of a model without weights; nothing loads them before a job runs."""
    (directory / "config.json").write_text('{"model_type": "gpt2"}')
    (directory / "tokenizer.json").write_text("{}")
    (directory / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    return str(directory)


def freeze(project: Project, user: User) -> Snapshot:
    """A snapshot of what has been judged, frozen by the job that always does it."""
    job = start_snapshot(project, user, {})
    ran = run_next("default", "test")
    assert ran is not None
    assert ran.pk == job.pk
    assert ran.state == "done", ran.error
    return Snapshot.objects.get(pk=ran.result["snapshot"])


def new_checkpoint(snapshot: Snapshot, user: User) -> Checkpoint:
    """A checkpoint's row with its job and policies; there are no weights behind it."""
    project = snapshot.project
    base = Policy.objects.create(project=project, name="base", location="/nowhere")
    made = Policy.objects.create(project=project, name="made", location="/nowhere", parent=base)
    job = Job.objects.create(
        project=project, owner=user, operation="train_model", queue="gpu", state="done"
    )
    return Checkpoint.objects.create(
        project=project,
        job=job,
        snapshot=snapshot,
        base=base,
        policy=made,
        name="made",
        recipe="dpo",
        produces="policy",
        config={},
        artefact="checkpoints/none",
    )

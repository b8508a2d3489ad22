"""The project page: each role's part of it, and the step that comes next at each turn of the loop."""

from __future__ import annotations

from django.urls import reverse

from feedback.models import Project, User
from tests.cast import ClientOf, freeze, judge, new_checkpoint, new_item
from training.models import Job


def page(client_of: ClientOf, user: User, project: Project) -> str:
    """The project page's text."""
    response = client_of(user).get(reverse("project", args=[project.slug]))
    assert response.status_code == 200
    return str(response.content.decode())


def step(client_of: ClientOf, user: User, project: Project) -> str:
    """What the page suggests: the part that begins with "Next"."""
    _, found, rest = page(client_of, user, project).partition("<strong>Next:</strong>")
    return rest.split("</section>")[0] if found else ""


def test_the_next_step_follows_the_loop(project: Project, owner: User, client_of: ClientOf) -> None:
    """Import, judge, freeze, judge more, train, watch, train a policy, sample."""
    slug = project.slug
    assert reverse("import", args=[slug]) in step(client_of, owner, project)
    for n in range(20):
        new_item(project, f"{n}?")
    assert "20 judgments are wanted." in step(client_of, owner, project)
    judge(project, owner)
    assert reverse("snapshots", args=[slug]) in step(client_of, owner, project)
    freeze(project, owner)
    assert "too little evidence" in step(client_of, owner, project)
    for _ in range(19):
        judge(project, owner)
    snapshot = freeze(project, owner)
    assert reverse("snapshot", args=[slug, snapshot.pk]) in step(client_of, owner, project)
    job = Job.objects.create(project=project, owner=owner, operation="train_model", title="DPO")
    assert reverse("job", args=[job.pk]) in step(client_of, owner, project)
    Job.objects.filter(pk=job.pk).update(state="done")
    made = new_checkpoint(snapshot, owner)
    assert f"first={made.policy_id}&amp;second={made.base_id}" in step(client_of, owner, project)
    type(made).objects.update(policy=None)
    assert "Train a policy on it too." in step(client_of, owner, project)


def test_an_annotator_sees_what_to_judge_and_nothing_else(
    project: Project, owner: User, annotator: User, client_of: ClientOf
) -> None:
    """No jobs, snapshots, exports; the step is judging while there is something to judge."""
    assert step(client_of, annotator, project) == ""
    new_item(project)
    new_item(project, "And three?")
    judge(project, owner)
    Job.objects.create(project=project, owner=owner, operation="train_model", title="DPO")
    text = page(client_of, annotator, project)
    assert "1 judgment is wanted." in text
    assert reverse("judge", args=[project.slug]) in text
    for name in ("snapshots", "import", "sampling", "project_export"):
        assert reverse(name, args=[project.slug]) not in text


def test_progress_is_counted(project: Project, owner: User, client_of: ClientOf) -> None:
    """Items, places that are free, judgments by kind."""
    new_item(project)
    new_item(project, "And three?")
    judge(project, owner)
    text = "".join(page(client_of, owner, project).split())
    for part in ("<dt>Items</dt><dd>2</dd>", "<dt>Judgmentswanted</dt><dd>1</dd>"):
        assert part in text
    assert "<dt>Pairwisejudgments</dt><dd>1</dd>" in text


def test_a_reviewer_is_not_offered_what_only_owners_do(
    project: Project, owner: User, reviewer: User, client_of: ClientOf
) -> None:
    """They sample, and see the rest."""
    new_item(project)
    judge(project, owner)
    freeze(project, owner)
    text = page(client_of, reviewer, project)
    assert reverse("sampling", args=[project.slug]) in text
    assert reverse("import", args=[project.slug]) not in text
    assert reverse("project_export", args=[project.slug]) not in text

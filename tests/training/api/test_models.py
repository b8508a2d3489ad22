"""Training, jobs, checkpoints, policies and samples over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from feedback.models import Project, Prompt, User
from tests.cast import ApiOf, freeze, judge, model_files, new_checkpoint, new_item
from training.models import Job, Metric, Policy, Snapshot
from training.progress import LOG
from training.services import run_directory


@pytest.fixture
def api(owner: User, api_of: ApiOf) -> APIClient:
    """The owner's program."""
    return api_of(owner)


@pytest.fixture
def snapshot(project: Project, owner: User) -> Snapshot:
    """Frozen evidence of enough comparisons to train on."""
    for n in range(40):
        new_item(project, f"How many are {n}?")
        judge(project, owner)
    return freeze(project, owner)


@pytest.fixture
def base(project: Project, tmp_path: Any) -> Policy:
    """A local policy that passes for a model until somebody loads it."""
    return Policy.objects.create(project=project, name="tiny", location=model_files(tmp_path))


def train(api: APIClient, snapshot: Snapshot, **body: Any) -> Any:
    """Ask for a training."""
    return api.post(f"/api/v1/snapshots/{snapshot.pk}/train/", {"recipe": "dpo", **body})


def test_a_training_is_a_job(api: APIClient, snapshot: Snapshot, base: Policy) -> None:
    answer = train(api, snapshot, base=base.pk, config={"beta": 0.2})
    assert answer.status_code == 202, answer.content
    job = answer.json()
    assert (job["operation"], job["queue"], job["state"]) == ("train_model", "gpu", "queued")
    assert job["params"]["config"]["beta"] == 0.2
    cancelled = api.post(f"/api/v1/jobs/{job['id']}/cancel/")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    again = api.post(f"/api/v1/jobs/{job['id']}/cancel/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "job_over")
    resumed = api.post(f"/api/v1/jobs/{job['id']}/resume/")
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    again = api.post(f"/api/v1/jobs/{job['id']}/resume/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "job_not_resumable")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"recipe": "alchemy"}, 400, "unknown_recipe"),
        ({"config": {"beta": -1}}, 400, "invalid_config"),
        ({"config": {"gamma": 1}}, 400, "invalid_config"),
        ({"base": "/no/such/model"}, 400, "base_model_not_found"),
        ({"base": 999_999}, 404, "unknown_policy"),
        ({"base": [1]}, 400, "invalid_input"),
        ({"config": []}, 400, "invalid_input"),
        ({"recipe": None}, 400, "invalid_input"),
    ],
)
def test_a_wrong_training_is_refused_at_once(
    api: APIClient,
    snapshot: Snapshot,
    base: Policy,
    body: dict[str, Any],
    status: int,
    code: str,
) -> None:
    before = Job.objects.count(), Policy.objects.count()
    answer = train(api, snapshot, **{"base": base.pk, **body})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert (Job.objects.count(), Policy.objects.count()) == before


def test_too_little_evidence_is_said_in_sentences(
    project: Project, owner: User, api: APIClient, base: Policy
) -> None:
    new_item(project)
    judge(project, owner)
    answer = train(api, freeze(project, owner), base=base.pk)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "too_little_evidence")
    assert error["details"][0]["message"]
    assert error["hint"]


def test_jobs_are_listed_and_filtered(
    project: Project, api: APIClient, owner: User, annotator: User, api_of: ApiOf
) -> None:
    for state in ("queued", "failed"):
        Job.objects.create(project=project, owner=owner, operation="import_content", state=state)
    Job.objects.create(operation="build_starter")

    def count(query: str, by: APIClient = api) -> int:
        return len(by.get(f"/api/v1/jobs/?{query}").json()["results"])

    assert (count(""), count("state=failed"), count("operation=train_model")) == (2, 1, 0)
    assert (count(f"project={project.slug}"), count("owner=nobody")) == (2, 0)
    assert count("", api_of(annotator)) == 0
    wrong = api.get("/api/v1/jobs/?state=sleeping")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "invalid_input")


def test_metrics_and_log(
    project: Project, api: APIClient, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    job = Job.objects.create(project=project, operation="train_model")
    for step in (3, 1, 2):
        Metric.objects.create(job=job, step=step, values={"loss": 1 / step, "margin": None})
    url = f"/api/v1/jobs/{job.pk}/metrics/"
    assert [m["step"] for m in api.get(url).json()["results"]] == [1, 2, 3]
    assert [m["step"] for m in api.get(f"{url}?after=1").json()["results"]] == [2, 3]
    page = api.get(f"{url}?page_size=2").json()
    assert [m["step"] for m in api.get(page["next"]).json()["results"]] == [3]
    assert api.get(f"{url}?after=x").json()["error"]["code"] == "invalid_input"
    log = run_directory(job) / LOG
    log.parent.mkdir(parents=True)
    log.write_text("step 1\nstep 2\n")
    assert api.get(f"/api/v1/jobs/{job.pk}/log/").json() == {"log": "step 1\nstep 2\n"}


def test_checkpoints_tell_their_lineage(api: APIClient, snapshot: Snapshot, owner: User) -> None:
    checkpoint = new_checkpoint(snapshot, owner)
    told = api.get(f"/api/v1/checkpoints/{checkpoint.pk}/").json()
    assert told["snapshot_digest"] == snapshot.digest
    assert (told["base"], told["policy"]) == (checkpoint.base_id, checkpoint.policy_id)
    listed = api.get(f"/api/v1/projects/{snapshot.project.slug}/checkpoints/").json()["results"]
    assert [c["id"] for c in listed] == [checkpoint.pk]
    policies = api.get(f"/api/v1/projects/{snapshot.project.slug}/policies/").json()["results"]
    assert {p["id"]: p["checkpoint"] for p in policies}[checkpoint.policy_id] == checkpoint.pk


def test_policies_are_added(project: Project, api: APIClient) -> None:
    url = f"/api/v1/projects/{project.slug}/policies/"
    server = {"kind": "openai", "location": "http://localhost:9/v1", "settings": {"model": "m"}}
    made = api.post(url, {"name": "remote", **server})
    assert made.status_code == 201, made.content
    again = api.post(url, {"name": "remote", **server})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "policy_name_taken")
    for body, code in (
        ({"location": "/no/such/model"}, "base_model_not_found"),
        ({"kind": "openai", "location": "ftp://x"}, "invalid_policy"),
        ({"kind": "scripted", "location": "x"}, "invalid_input"),
        ({**server, "settings": {"api_key": "secret"}}, "invalid_input"),
    ):
        answer = api.post(url, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert Policy.objects.count() == 1


def test_reward_models_and_broken_directories_are_no_policies(
    project: Project, snapshot: Snapshot, api: APIClient, tmp_path: Path
) -> None:
    """Neither added, nor left behind by a training that was refused."""
    url = f"/api/v1/projects/{project.slug}/policies/"
    config = Path(model_files(tmp_path)) / "config.json"
    before = Policy.objects.count()
    classifies = '{"model_type": "gpt2", "architectures": ["GPT2ForSequenceClassification"]}'
    for said, code in ((classifies, "wrong_model"), ("[]", "base_model_not_found")):
        config.write_text(said)
        for answer in (
            api.post(url, {"location": str(tmp_path)}),
            train(api, snapshot, base=str(tmp_path)),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert Policy.objects.count() == before


def test_samples_are_a_job(project: Project, api: APIClient, base: Policy) -> None:
    url = f"/api/v1/projects/{project.slug}/samples/"
    prompt = new_item(project).prompt
    body = {"policies": [base.pk], "prompts": [prompt.pk], "kinds": ["pairwise"]}
    answer = api.post(url, {**body, "sampling": {"n": 2, "temperature": 0.7}})
    assert answer.status_code == 202, answer.content
    params = answer.json()["params"]
    assert (params["prompts"], params["sampling"]["n"]) == ([prompt.pk], 2)
    typed = api.post(url, {"policies": [base.pk], "prompt": "A new one?"})
    assert typed.status_code == 202, typed.content
    assert Prompt.objects.count() == 2
    assert api.get(url).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"policies": []}, 400, "invalid_input"),
        ({"policies": [999_999]}, 404, "unknown_policy"),
        ({"prompts": [999_999]}, 404, "unknown_prompt"),
        ({"sampling": {"temperature": 9}}, 400, "invalid_sampling_parameters"),
        ({"sampling": {"heat": 1}}, 400, "invalid_sampling_parameters"),
        ({"kinds": ["telepathy"]}, 400, "unknown_kind"),
        ({"prompt": "x", "prompts": [1]}, 400, "invalid_input"),
        ({"prompt": "New?", "sampling": {"n": 0}}, 400, "invalid_sampling_parameters"),
    ],
)
def test_a_wrong_sampling_leaves_nothing(
    project: Project, api: APIClient, base: Policy, body: dict[str, Any], status: int, code: str
) -> None:
    answer = api.post(f"/api/v1/projects/{project.slug}/samples/", {"policies": [base.pk], **body})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert not Job.objects.exists()
    assert not Prompt.objects.exists()


def test_another_order_starts_its_job(project: Project, api: APIClient) -> None:
    url = f"/api/v1/projects/{project.slug}/queue/"
    jobs = Job.objects.filter(operation="order_items")
    assert api.put(url, {"gold_rate": 0.1}, format="json").status_code == 200
    assert not jobs.exists()
    said = api.put(url, {"order": "uncertain", "ceiling": 3}, format="json").json()
    assert (said["order"], said["ceiling"], said["gold_rate"]) == ("uncertain", 3, 0)
    assert jobs.count() == 1
    assert api.get(url).json() == said

"""What a first start adds: an owner, the base policy, and a demo project to try things on."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from feedback.errors import TouchstoneError
from feedback.models import Project, User
from feedback.services import add_prompt, create_project
from training.models import Job, JobState, Policy
from training.registry import STARTER, ensure_base_policy
from training.services import queue_job, run_here, start_sampling
from training.starter.corpus import prompts
from training.starter.utility import utility
from webapp.simulation import Taste, judge_all, simulated_annotators

OWNER = "owner"
PASSWORD_FILE = "owner_password"  # noqa: S105 a file's name
DEMO = "demo"
DEMO_PROMPTS, DEMO_OPEN = 300, 30
SEED = 2024

Say = Callable[[str], object]


def prepare(say: Say = print) -> str:
    """Create what is missing, quickly when nothing is, and return how to log in."""
    owner = ensure_owner()
    problem = _base_problem(say)
    if problem:
        say(f"The base policy is not there: {problem}")
    elif not Project.objects.exists() and settings.BASE_MODEL == STARTER:
        seed_demo(owner, say)
    return how_to_log_in()


def ensure_owner() -> User:
    """The first account; its password is made here once and kept for its owner alone to read."""
    owner = User.objects.filter(username=OWNER).first()
    if owner is not None or User.objects.filter(is_staff=True).exists():
        return owner or User.objects.filter(is_staff=True).order_by("pk")[0]
    password = secrets.token_urlsafe(9)
    kept = os.open(_password_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(kept, "w") as file:
        file.write(password + "\n")
    return User.objects.create_superuser(OWNER, password=password)


def how_to_log_in() -> str:
    """The name and the first password, while the file with it is kept."""
    file = _password_file()
    if not file.exists():
        return "Log in with your account."
    owner = User.objects.filter(username=OWNER).first()
    password = file.read_text().strip()
    if owner is None or not owner.check_password(password):
        file.unlink()  # the password was changed since, so this one would mislead
        return "Log in with your account."
    return f"Log in as {OWNER} with the password {password} (kept in {file})."


def ensure_base(say: Say) -> Job | None:
    """The policy that new projects start from; building the starter is a job, returned when it ran."""
    if settings.BASE_MODEL != STARTER:
        ensure_base_policy(settings.BASE_MODEL)
        return None
    if Policy.objects.filter(project=None, name=STARTER).exists():
        return None
    say("Building the starter policy: one to three minutes, this once ...")
    job = queue_job("build_starter", {}, project=None, owner=None)
    return run_here(job)


def _base_problem(say: Say) -> str:
    """Why there is no base policy, or nothing; the product runs without one."""
    try:
        job = ensure_base(say)
    except TouchstoneError as error:
        return f"{error.message} {error.hint}"
    if job is None or job.state == JobState.DONE:
        return ""
    return f"{job.error.get('message')} {job.error.get('hint')}"


def seed_demo(owner: User, say: Say) -> None:
    """A project with samples of the starter policy: most judged by simulated people, some left open."""
    say("Seeding the demo project ...")
    project = create_project(
        owner=owner,
        name="Demo",
        slug=DEMO,
        description="Short answers of the starter policy. Simulated people judged most of them.",
        guidelines=(
            "Prefer the answer that is on the topic and answers the question. A reason or an example is"
            " good; rambling, hedging, rudeness and broken sentences are bad."
        ),
    )
    rng = random.Random(SEED)  # noqa: S311 no secret
    for asked in rng.sample(prompts(), DEMO_PROMPTS):
        add_prompt(project, [{"role": "user", "content": asked.text}], tags=[asked.kind])
    starter = ensure_base_policy(STARTER)
    job = start_sampling(
        project,
        owner,
        policies=[starter],
        sampling={"n": 4, "max_new_tokens": 100, "seed": SEED},
        kinds=["pairwise"],
    )
    if run_here(job).state != JobState.DONE:
        say(f"The demo project stays empty: {job.error.get('message')}")
        return
    people = simulated_annotators(project, ["simulated-1", "simulated-2", "simulated-3"])
    judge_all(people, Taste(utility).judge(rng), most=job.result["items"] - DEMO_OPEN)


def _password_file() -> Path:
    return Path(settings.DATA_DIR) / PASSWORD_FILE

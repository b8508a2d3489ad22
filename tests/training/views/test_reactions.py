"""Thumbs on samples: painted once, reacted to, changed and taken back, without telling names."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from feedback import services
from feedback.models import Completion, Impression, Item, Project, User
from feedback.selectors import live_judgments, names_shown
from feedback.selectors.reactions import Reaction, reaction_of
from tests.cast import ClientOf, judge
from training.models import Policy
from training.samples import store_samples
from training.sampling.base import Sample
from training.services import judge_blind


@pytest.fixture
def samples(project: Project) -> list[Completion]:
    """A sample of each of two policies."""
    prompt = project.prompts.create(messages=[{"role": "user", "content": "Hm?"}], digest="d")
    found = []
    for name in ("parent-policy", "child-policy"):
        policy = Policy.objects.create(project=project, name=name, kind="scripted", location="")
        found += store_samples(prompt, policy, [Sample(f"By {name[0]}.", -1.0, 3, "stop")], {}, 0)
    return found


@pytest.fixture
def client(owner: User, client_of: ClientOf) -> Client:
    return client_of(owner)


def post(client: Client, view: str, sample: Completion, **posted: Any) -> Any:
    slug = sample.prompt.project.slug
    return client.post(reverse(view, args=[slug, sample.pk]), posted)


def stored(sample: Completion, user: User) -> Reaction | None:
    return reaction_of(sample, services.annotator_for_user(sample.prompt.project, user))


def test_a_painted_sample_counts_once_for_each_viewer(
    samples: list[Completion], client: Client, reviewer: User, client_of: ClientOf
) -> None:
    for _ in range(2):
        assert post(client, "sampling_shown", samples[0]).status_code == 200
    assert Impression.objects.count() == 1
    post(client_of(reviewer), "sampling_shown", samples[0])
    assert Impression.objects.filter(completion=samples[0]).count() == 2
    assert not Item.objects.exists()


def test_a_thumb_is_stored_shown_and_changed(
    samples: list[Completion], client: Client, owner: User
) -> None:
    post(client, "sampling_shown", samples[0])
    page = post(client, "sampling_thumb", samples[0], desirable="false").content.decode()
    assert page.count('aria-pressed="true"') == 1
    assert "off the point" in page  # a tag of thumbs down
    told = {"desirable": "false", "tags": ["wrong", "unclear"], "reason": " No. "}
    page = post(client, "sampling_thumb", samples[0], **told).content.decode()
    assert page.count("checked") == 2
    reaction = stored(samples[0], owner)
    assert reaction is not None
    assert (reaction.desirable, reaction.tags, reaction.reason) == (
        False,
        ("wrong", "unclear"),
        "No.",
    )
    told["desirable"] = "true"  # the tags were those of the other thumb
    post(client, "sampling_thumb", samples[0], **told)
    reaction = stored(samples[0], owner)
    assert reaction is not None
    assert (reaction.desirable, reaction.tags, reaction.reason) == (True, (), "")
    again = post(client, "sampling_shown", samples[0]).content.decode()
    assert again.count('aria-pressed="true"') == 1
    assert live_judgments().count() == 1
    assert Impression.objects.count() == 1


def test_a_thumb_is_taken_back(samples: list[Completion], client: Client, owner: User) -> None:
    post(client, "sampling_thumb", samples[0], desirable="true")
    page = post(client, "sampling_thumb", samples[0], desirable="").content.decode()
    assert "Taken back" in page
    assert stored(samples[0], owner) is None


def test_what_is_refused_is_said_and_nothing_changes(
    samples: list[Completion], client: Client, owner: User
) -> None:
    post(client, "sampling_thumb", samples[0], desirable="true")
    wrong = post(client, "sampling_thumb", samples[0], desirable="true", tags=["no such"])
    assert wrong.status_code == 400
    assert "no such" in wrong.content.decode()
    reaction = stored(samples[0], owner)
    assert reaction is not None
    assert reaction.tags == ()


def test_a_sample_is_of_its_project(
    samples: list[Completion], thumbs_project: Project, client: Client
) -> None:
    for view in ("sampling_shown", "sampling_thumb"):
        url = reverse(view, args=[thumbs_project.slug, samples[0].pk])
        assert client.post(url, {"desirable": "true"}).status_code == 404


def test_a_blind_sample_stays_blind(
    samples: list[Completion], project: Project, client: Client, owner: User
) -> None:
    """Neither the answer nor the item of the reaction names the policy before the pair is judged."""
    said = post(client, "sampling_shown", samples[0], blind="1").content.decode()
    said += post(client, "sampling_thumb", samples[0], blind="1", desirable="true").content.decode()
    assert "policy" not in said
    reactions = Item.objects.get()
    assert reactions.blind
    judge_blind(project, [sample.pk for sample in samples], ["pairwise"])
    page = client.get(reverse("item", args=[project.slug, reactions.pk])).content.decode()
    assert "parent-policy" not in page
    judge(project, owner)
    assert names_shown(reactions, owner)

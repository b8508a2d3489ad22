"""The sampling page: a prompt is sent to the sampler, its stream relayed, its samples judged blind."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from django.urls import reverse

from feedback.models import Project, User
from tests.cast import ClientOf, lease, new_item
from training import streams
from training.models import Policy
from training.samples import store_samples
from training.sampling.base import Sample
from training.views.sampling import pair_kinds

HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def policies(project: Project) -> tuple[Policy, Policy]:
    """Two scripted policies of the project."""
    answers = {"settings": {"answers": ["Four."]}, "kind": "scripted", "location": ""}
    return (
        Policy.objects.create(project=project, name="parent", **answers),
        Policy.objects.create(project=project, name="child", **answers),
    )


@pytest.fixture
def sampler() -> Any:
    """What the sampler says of itself, and an empty list of requests; both gone afterwards."""
    streams.client().delete(streams.REQUESTS)
    streams.client().set(streams.ALIVE, "1", ex=30)
    yield streams
    streams.client().delete(streams.ALIVE, streams.REQUESTS)


def sent(policies: tuple[Policy, ...], **fields: Any) -> dict[str, Any]:
    """The form as the page sends it."""
    chosen = dict(zip(("first", "second"), (str(p.pk) for p in policies), strict=False))
    body = {"prompt": "What is two and two?", "temperature": "0.7", "top_p": "0.9"}
    return {**body, "max_new_tokens": "32", "seed": "5", "n": "2", **chosen, **fields}


def test_the_page_opens_with_both_policies_chosen(
    project: Project, policies: tuple[Policy, Policy], owner: User, client_of: ClientOf
) -> None:
    """As the link from a checkpoint asks."""
    parent, child = policies
    query: dict[str, Any] = {"first": child.pk, "second": parent.pk, "blind": "on"}
    url = reverse("sampling", args=[project.slug])
    page = client_of(owner).get(url, query).content.decode()
    assert page.count(f'<option value="{child.pk}" selected>child</option>') == 1
    assert page.count(f'<option value="{parent.pk}" selected>parent</option>') == 1


def test_a_prompt_goes_to_the_sampler(
    sampler: Any, project: Project, policies: Any, owner: User, client_of: ClientOf
) -> None:
    """The request carries what was typed; the answer has a card for each sample to come."""
    url = reverse("sampling", args=[project.slug])
    form = sent(policies, system="Be brief.")
    response = client_of(owner).post(url, form, **HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    request = streams.take_request(seconds=1)
    assert request is not None
    assert request["policies"] == [p.pk for p in policies]
    assert request["params"] == {
        "temperature": 0.7,
        "top_p": 0.9,
        "max_new_tokens": 32,
        "seed": 5,
        "n": 2,
    }
    prompt = project.prompts.get(pk=request["prompt"])
    assert [m["role"] for m in prompt.messages] == ["system", "user"]
    assert reverse("sampling_stream", args=[project.slug, request["id"]]) in page
    assert page.count("data-index=") == 4
    assert page.count("data-side=") == 2
    assert "parent" in page


def test_blind_hides_names_and_sides(
    sampler: Any, project: Project, policies: Any, owner: User, client_of: ClientOf
) -> None:
    """A and B; which policy is which changes from one time to the next."""
    url = reverse("sampling", args=[project.slug])
    orders = set()
    for _ in range(20):
        page = client_of(owner).post(url, sent(policies, blind="on"), **HTMX).content.decode()
        orders.add(page.index('data-side="0"') < page.index('data-side="1"'))
        assert page.count("data-name hidden") == 2
    assert orders == {True, False}
    alone = client_of(owner).post(url, sent(policies[:1], blind="on"), **HTMX).content.decode()
    assert "data-name" not in alone


def test_no_sampler_is_said_clearly(
    project: Project, policies: Any, owner: User, client_of: ClientOf
) -> None:
    """With and without scripts, and what was typed stays."""
    streams.client().delete(streams.ALIVE)
    url = reverse("sampling", args=[project.slug])
    for extra in (HTMX, {}):
        response = client_of(owner).post(url, sent(policies), **extra)
        page = response.content.decode()
        assert response.status_code == 503
        assert "The sampler is not running" in page
        assert "sampler_not_running" in page
    assert "What is two and two?" in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prompt": ""}, "Prompt: This field is required."),
        ({"prompt": "   "}, "empty_prompt"),
        ({"temperature": "9"}, "Temperature: "),
        ({"n": "65"}, "Samples each: "),
        ({"first": "0"}, "Policy: "),
    ],
)
def test_what_does_not_fit_is_said(
    fields: dict[str, str],
    message: str,
    sampler: Any,
    project: Project,
    policies: Any,
    owner: User,
    client_of: ClientOf,
) -> None:
    """Nothing is asked of the sampler."""
    url = reverse("sampling", args=[project.slug])
    response = client_of(owner).post(url, sent(policies, **fields), **HTMX)
    assert response.status_code == 400
    assert message in response.content.decode()
    assert streams.client().llen(streams.REQUESTS) == 0


def relayed(client_of: ClientOf, owner: User, project: Project, name: str, **headers: str) -> Any:
    """The stream as the browser gets it."""
    return client_of(owner).get(
        reverse("sampling_stream", args=[project.slug, name]),
        headers=headers,
    )


def events(body: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(id, name, data) of each event in a stream of server-sent events."""
    found = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if "event" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


def test_the_stream_is_relayed_as_it_comes(
    sampler: Any, project: Project, owner: User, client_of: ClientOf
) -> None:
    """Events pass through while they are written, and the stream ends with `over`."""
    name = streams.send_request(owner.pk, {})
    said = [
        ("token", {"side": 0, "index": 0, "text": "Fo\nur"}),
        ("error", {"side": 1, "code": "gone", "message": "No model."}),
        ("done", {"side": 0, "index": 0, "text": "Fo\nur", "completion": 7}),
        ("over", {}),
    ]
    response = relayed(client_of, owner, project, name)
    assert response["Content-Type"] == "text/event-stream"
    assert response["X-Accel-Buffering"] == "no"
    assert response["Cache-Control"] == "no-cache"

    def speak() -> None:
        for event, data in said:
            time.sleep(0.05)
            streams.publish(name, event, data)

    speaker = threading.Thread(target=speak)
    speaker.start()
    body = b"".join(response.streaming_content).decode()
    speaker.join()
    assert [(event, data) for _, event, data in events(body)] == said


def test_a_reader_goes_on_where_it_was(
    sampler: Any, project: Project, owner: User, client_of: ClientOf
) -> None:
    """Last-Event-ID is honoured; a nonsensical one reads from the start."""
    name = streams.send_request(owner.pk, {})
    for text in ("a", "b"):
        streams.publish(name, "token", {"text": text})
    streams.publish(name, "over", {})
    whole = events(b"".join(relayed(client_of, owner, project, name).streaming_content).decode())
    assert [event for _, event, _ in whole] == ["token", "token", "over"]
    headers = {"Last-Event-ID": whole[0][0]}
    rest = relayed(client_of, owner, project, name, **headers)
    assert events(b"".join(rest.streaming_content).decode()) == whole[1:]
    odd = relayed(client_of, owner, project, name, **{"Last-Event-ID": "nonsense"})
    assert events(b"".join(odd.streaming_content).decode()) == whole


def test_quiet_streams_are_kept_open(
    sampler: Any, project: Project, owner: User, client_of: ClientOf
) -> None:
    """A comment now and then while the sampler thinks."""
    name = streams.send_request(owner.pk, {})
    pieces = iter(relayed(client_of, owner, project, name).streaming_content)
    assert next(pieces).startswith(b"retry:")
    assert next(pieces).startswith(b":")


def test_stop_reaches_the_sampler(
    sampler: Any, project: Project, owner: User, client_of: ClientOf
) -> None:
    """The sampler sees the wish."""
    name = streams.send_request(owner.pk, {})
    assert not streams.stop_requested(name)
    url = reverse("sampling_stop", args=[project.slug, name])
    assert client_of(owner).post(url).status_code == 204
    assert streams.stop_requested(name)


def completions(project: Project, policies: Any, *texts: str) -> list[int]:
    """Samples of one prompt, one text for each policy, stored as the sampler stores them."""
    prompt = project.prompts.create(messages=[{"role": "user", "content": "Hm?"}], digest="d")
    found = []
    for policy, text in zip(policies, texts, strict=True):
        samples = [Sample(text, -1.0, 3, "stop")]
        found += [c.pk for c in store_samples(prompt, policy, samples, {}, 0)]
    return found


def test_samples_become_blind_items(
    project: Project, policies: Any, reviewer: User, client_of: ClientOf
) -> None:
    """Then the judging page follows: these come before what waits, and their names stay hidden."""
    new_item(project, "What waits already?")
    ids = completions(project, policies, "Four.", "Five.")
    url = reverse("judge_blind", args=[project.slug])
    response = client_of(reviewer).post(url, {"completion": ids}, **HTMX)
    assert response["HX-Redirect"] == reverse("judge", args=[project.slug])
    item = lease(project, reviewer).item
    assert item.blind
    assert [kind["kind"] for kind in item.kinds] == ["pairwise"]
    assert sorted(item.slots.values_list("completion_id", flat=True)) == ids
    plain = client_of(reviewer).post(url, {"completion": ids})
    assert (plain.status_code, plain["Location"]) == (302, reverse("judge", args=[project.slug]))


@pytest.mark.parametrize(
    ("texts", "extra", "status", "code"),
    [
        (("Four.", "Four."), [], 400, "nothing_to_judge"),
        (("Four.", "Five."), ["999999"], 404, "unknown_completion"),
        (("Four.", "Five."), ["9" * 30], 302, ""),
    ],
)
def test_what_cannot_be_judged_is_said(
    texts: tuple[str, str],
    extra: list[str],
    status: int,
    code: str,
    project: Project,
    policies: Any,
    owner: User,
    client_of: ClientOf,
) -> None:
    """Equal samples ask nothing; foreign ones are not here; an id that is none counts for nothing."""
    ids = [str(pk) for pk in completions(project, policies, *texts)]
    url = reverse("judge_blind", args=[project.slug])
    response = client_of(owner).post(url, {"completion": [*ids, *extra]})
    assert response.status_code == status
    assert code in response.content.decode()


def test_pairs_are_asked_what_suits_them(project: Project, thumbs_project: Project) -> None:
    """The project's kinds, as far as they can be asked about two; pairwise where it has none."""
    assert [k["kind"] for k in pair_kinds(project)] == ["pairwise"]  # type: ignore[index]
    assert [k["kind"] for k in pair_kinds(thumbs_project)] == ["thumbs"]  # type: ignore[index]
    thumbs_project.kinds = []
    assert pair_kinds(thumbs_project) == ["pairwise"]

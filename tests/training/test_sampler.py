"""Live sampling: a request through Redis comes back as tokens, stored samples and an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from feedback.errors import TouchstoneError
from feedback.models import Completion, Project, User
from training import streams
from training.models import Generation, Policy
from training.registry import ensure_base_policy
from training.sampler import serve
from training.services import NewSampling, request_sampling, stop_sampling

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = [{"role": "user", "content": "What about tea?"}]


@pytest.fixture
def sampler() -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=serve, args=(stop,))
    thread.start()
    until = time.monotonic() + 60
    while not streams.client().exists(streams.ALIVE):
        assert time.monotonic() < until
        time.sleep(0.05)
    yield
    stop.set()
    thread.join(30)
    streams.client().delete(streams.ALIVE, streams.REQUESTS)


@pytest.fixture
def scripted(project: Project) -> Policy:
    return Policy.objects.create(
        project=project,
        name="scripted",
        kind="scripted",
        location="-",
        settings={"answers": ["One answer.", "Another answer."]},
    )


def events_of(name: str) -> list[streams.Event]:
    return [event for event in streams.follow(name) if event is not None]


@pytest.mark.usefixtures("sampler")
def test_two_policies_stream_side_by_side(
    project: Project, owner: User, scripted: Policy, toy: str
) -> None:
    local = ensure_base_policy(toy, project)
    new = NewSampling(MESSAGES, [scripted, local], {"n": 2, "max_new_tokens": 8, "seed": 1})
    name = request_sampling(project, owner, new)
    events = events_of(name)
    assert events[-1].name == streams.OVER
    done = [event.data for event in events if event.name == "done"]
    assert sorted((d["side"], d["index"]) for d in done) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for data in done:
        pieces = [
            e.data["text"]
            for e in events
            if e.name == "token"
            and (e.data["side"], e.data["index"]) == (data["side"], data["index"])
        ]
        assert "".join(pieces) == data["text"]
        if data["completion"] is not None:
            assert Completion.objects.get(pk=data["completion"]).text == data["text"]
    assert Generation.objects.filter(policy=scripted).count() == 2
    late = [event for event in streams.follow(name, events[-2].id) if event]
    assert [event.name for event in late] == [streams.OVER]


@pytest.mark.usefixtures("sampler")
def test_a_policy_that_fails_says_so_and_ends_the_stream(project: Project, owner: User) -> None:
    gone = Policy.objects.create(project=project, name="gone", location="/no/such/model")
    events = events_of(request_sampling(project, owner, NewSampling(MESSAGES, [gone], {})))
    assert [event.name for event in events] == ["error", streams.OVER]
    assert events[0].data["code"] == "base_model_not_found"


def test_without_a_sampler_the_request_is_refused(
    project: Project, owner: User, scripted: Policy
) -> None:
    streams.client().delete(streams.ALIVE)
    with pytest.raises(TouchstoneError) as refused:
        request_sampling(project, owner, NewSampling(MESSAGES, [scripted], {}))
    assert refused.value.code == "sampler_not_running"


@pytest.mark.usefixtures("sampler")
def test_a_stream_belongs_to_who_asked(
    project: Project, owner: User, stranger: User, scripted: Policy
) -> None:
    name = request_sampling(project, owner, NewSampling(MESSAGES, [scripted], {}))
    streams.check_owner(name, owner.pk)
    with pytest.raises(TouchstoneError) as refused:
        stop_sampling(stranger, name)
    assert refused.value.code == "unknown_sampling"
    events_of(name)


def test_bad_requests_are_refused(project: Project, owner: User, scripted: Policy) -> None:
    for policies, params, code in (
        ([], {}, "wrong_number_of_policies"),
        ([scripted], {"temperature": 99}, "invalid_sampling_parameters"),
    ):
        with pytest.raises(TouchstoneError) as refused:
            request_sampling(project, owner, NewSampling(MESSAGES, policies, params))
        assert refused.value.code == code

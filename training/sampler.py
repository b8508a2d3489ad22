"""The sampler: a process that keeps models loaded and streams samples to people who wait."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections, connection

from feedback.errors import TouchstoneError
from feedback.models import Prompt
from training import streams
from training.models import Policy
from training.registry import policy_source
from training.samples import store_samples
from training.sampling import open_policy
from training.sampling.base import Finished, Sampler, SamplingParams

logger = logging.getLogger(__name__)

MODELS_KEPT = 3
AT_ONCE = 4


class LoadedPolicies:
    """The models most recently used, each with a lock, as a model serves one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: OrderedDict[int, tuple[Sampler, threading.Lock]] = OrderedDict()

    def get(self, policy: Policy) -> tuple[Sampler, threading.Lock]:
        """The policy's model, loaded now if it is not kept."""
        with self._lock:
            if policy.pk not in self._loaded:
                self._loaded[policy.pk] = (open_policy(policy_source(policy)), threading.Lock())
            self._loaded.move_to_end(policy.pk)
            while len(self._loaded) > MODELS_KEPT:
                self._loaded.popitem(last=False)
            return self._loaded[policy.pk]


def serve(stop: threading.Event) -> None:
    """Answer requests until `stop` is set."""
    loaded = LoadedPolicies()
    logger.info("the sampler is ready")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while not stop.is_set():
            request = streams.take_request(seconds=2)
            if request is not None:
                _answer(request, loaded, pool)


def _answer(request: dict[str, Any], loaded: LoadedPolicies, pool: ThreadPoolExecutor) -> None:
    """One thread a policy; the last to end closes the stream."""
    left = len(request["policies"])
    lock = threading.Lock()

    def done(_: Future[None]) -> None:
        nonlocal left
        with lock:
            left -= 1
            over = left == 0
        if over:
            streams.publish(request["id"], streams.OVER, {})

    for side, policy in enumerate(request["policies"]):
        pool.submit(_sample, request, side, policy, loaded).add_done_callback(done)


def _sample(request: dict[str, Any], side: int, policy_id: int, loaded: LoadedPolicies) -> None:
    close_old_connections()
    try:
        _stream(request, side, Policy.objects.get(pk=policy_id), loaded)
    except TouchstoneError as error:
        streams.publish(request["id"], "error", {"side": side, **error.as_json()})
    except Exception as error:
        logger.exception("sampling failed")
        body = {"code": "sampling_failed", "message": f"{type(error).__name__}: {error}"}
        streams.publish(request["id"], "error", {"side": side, **body})
    finally:
        connection.close()


def _stream(request: dict[str, Any], side: int, policy: Policy, loaded: LoadedPolicies) -> None:
    name = request["id"]
    prompt = Prompt.objects.select_related("project").get(pk=request["prompt"])
    params = SamplingParams.parse(request["params"])
    sampler, lock = loaded.get(policy)
    with lock:
        for piece in sampler.stream(prompt.messages, params):
            if isinstance(piece, Finished):
                _publish_finished(name, side, prompt, policy, params, piece)
            else:
                streams.publish(
                    name, "token", {"side": side, "index": piece.index, "text": piece.text}
                )
            if streams.stop_requested(name):
                return


def _publish_finished(
    name: str, side: int, prompt: Prompt, policy: Policy, params: SamplingParams, piece: Finished
) -> None:
    """Store the sample before saying that it is there."""
    sample = piece.sample
    stored = store_samples(prompt, policy, [sample], params.as_json(), params.seed)
    data = {
        "side": side,
        "index": piece.index,
        "text": sample.text,
        "logprob": sample.logprob,
        "tokens": sample.tokens,
        "finish_reason": sample.finish_reason,
        "completion": stored[0].pk if stored else None,
    }
    streams.publish(name, "done", data)

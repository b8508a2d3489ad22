"""The OpenAI client against a real HTTP server that speaks the protocol, well and badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from feedback.errors import InvalidInput, Unavailable
from training.progress import Stopped
from training.sampling.base import Finished, SamplingParams, Token
from training.sampling.openai import OpenAIPolicy

PROMPT = [{"role": "user", "content": "Say hello"}]
WORDS = ["Hello", " wörld", " 🙂"]


class Handler(BaseHTTPRequestHandler):
    """Answers with WORDS; `mode` makes it misbehave."""

    mode: ClassVar[str] = "good"
    seen: ClassVar[list[tuple[str, str | None, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen.append((self.path, self.headers.get("Authorization"), body))
        if self.mode == "refuse":
            return self._send(401, b'{"error": "wrong key"}')
        if self.mode == "html":
            return self._send(200, b"<html>")
        if body.get("stream"):
            return self._stream(body)
        choices = [self._choice(i, body) for i in range(body["n"])]
        return self._send(200, json.dumps({"choices": choices}).encode())

    def _choice(self, index: int, body: dict[str, Any]) -> dict[str, Any]:
        content = [{"token": word, "logprob": -0.5} for word in WORDS]
        return {
            "index": index,
            "message": {"role": "assistant", "content": "".join(WORDS)},
            "finish_reason": "stop",
            "logprobs": {"content": content} if self.mode == "good" else None,
        }

    def _stream(self, body: dict[str, Any]) -> None:
        lines = []
        for word in WORDS:
            for index in range(body["n"]):
                logprobs = {"content": [{"logprob": -0.5}]}
                delta = {"index": index, "delta": {"content": word}, "logprobs": logprobs}
                lines.append({"choices": [delta]})
        ends = [{"index": i, "delta": {}, "finish_reason": "length"} for i in range(body["n"])]
        lines += [] if self.mode == "cut" else [{"choices": [end]} for end in ends]
        data = "".join(f"data: {json.dumps(line)}\n\n" for line in lines) + "data: [DONE]\n\n"
        self._send(200, data.encode(), "text/event-stream")

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.mode, Handler.seen = "good", []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_samples_with_their_logprob(url: str) -> None:
    policy = OpenAIPolicy(url, "m", api_key="secret")
    samples = policy.sample([PROMPT, PROMPT], SamplingParams(n=2), [5, 6])
    assert [[s.text for s in row] for row in samples] == [["Hello wörld 🙂"] * 2] * 2
    assert samples[0][0].logprob == pytest.approx(-1.5)
    assert samples[0][0].tokens == 3
    path, key, body = Handler.seen[1]
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert (body["seed"], body["n"], body["model"], body["messages"]) == (6, 2, "m", PROMPT)


def test_the_address_may_end_in_v1_and_no_key_is_no_header(url: str) -> None:
    OpenAIPolicy(f"{url}/v1/", "m").sample([PROMPT], SamplingParams())
    assert Handler.seen[0][:2] == ("/v1/chat/completions", None)


def test_a_tempered_or_missing_logprob_is_none(url: str) -> None:
    policy = OpenAIPolicy(url, "m")
    assert policy.sample([PROMPT], SamplingParams(temperature=0.7))[0][0].logprob is None
    Handler.mode = "bare"
    sample = policy.sample([PROMPT], SamplingParams())[0][0]
    assert (sample.logprob, sample.tokens) == (None, 3)


def test_streams_all_samples_at_once(url: str) -> None:
    events = list(OpenAIPolicy(url, "m").stream(PROMPT, SamplingParams(n=2)))
    assert [e.index for e in events if isinstance(e, Token)] == [0, 1] * 3
    ends = {e.index: e.sample for e in events if isinstance(e, Finished)}
    assert ends[0] == ends[1]
    assert (ends[0].text, ends[0].finish_reason) == ("Hello wörld 🙂", "length")
    assert ends[0].logprob == pytest.approx(-1.5)


@pytest.mark.parametrize("mode", ["refuse", "html", "cut"])
def test_a_bad_answer_is_unavailable_and_the_key_stays_secret(url: str, mode: str) -> None:
    Handler.mode = mode
    policy = OpenAIPolicy(url, "m", api_key="secret")
    with pytest.raises(Unavailable) as caught:
        if mode == "cut":
            list(policy.stream(PROMPT, SamplingParams()))
        else:
            policy.sample([PROMPT], SamplingParams())
    assert caught.value.code == "policy_unavailable"
    assert "secret" not in str(caught.value.as_json())


def test_nobody_listens() -> None:
    policy = OpenAIPolicy("http://127.0.0.1:9", "m", timeout=5)
    with pytest.raises(Unavailable):
        policy.sample([PROMPT], SamplingParams())
    with pytest.raises(Unavailable):
        list(policy.stream(PROMPT, SamplingParams()))


def test_it_stops_between_prompts(url: str) -> None:
    with pytest.raises(Stopped):
        OpenAIPolicy(url, "m").sample([PROMPT] * 3, SamplingParams(), None, lambda: True)
    assert Handler.seen == []


def test_only_keys_meant_for_policies_are_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_KEY_TEST", "k1")
    monkeypatch.setenv("OTHER_SECRET", "k2")
    OpenAIPolicy(url, "m", api_key_env="POLICY_KEY_TEST").sample([PROMPT], SamplingParams())
    assert Handler.seen[0][1] == "Bearer k1"
    for name in ("OTHER_SECRET", "POLICY_KEY_ABSENT"):
        with pytest.raises(InvalidInput) as caught:
            OpenAIPolicy(url, "m", api_key_env=name)
        assert caught.value.code == "policy_key_missing"

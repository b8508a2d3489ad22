"""The child process, run as its parent runs it: stop, kill, a dead parent, a held directory, errors."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from training.progress import EVENTS, LOCK, OUTPUT, RUN

ROOT = Path(__file__).resolve().parents[2]
QUICK = {"epochs": 3, "batch_size": 4, "learning_rate": 3e-3, "save_steps": 2}
TRAINERS: dict[
    str, dict[str, Any]
] = {  # one recipe for each of TRL's trainers that is not tried elsewhere
    "dpo": {},
    "sft": {},
    "grpo": {"epochs": 1, "batch_size": 8, "samples": 4, "max_new_tokens": 8},
}
MODELS = {"grader": {"kind": "rule", "rule": {"name": "length", "high": 3}}}  # for those that ask
PATIENCE = 120  # seconds; neighbours slow the box several times over

Start = Callable[[Path, dict[str, Any]], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a worker on a directory; ends what is left of it."""
    running: list[subprocess.Popen[str]] = []

    def begin(directory: Path, task: dict[str, Any]) -> subprocess.Popen[str]:
        directory.mkdir(exist_ok=True)
        (directory / RUN).write_text(json.dumps(task))
        with (directory / "log.txt").open("a") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "training.worker", str(directory)],
                cwd=ROOT,
                env={**os.environ, "TOUCHSTONE_TORCH_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
            )
        running.append(child)
        return child

    yield begin
    for child in running:
        if child.poll() is None:
            child.kill()
        child.wait()
        if child.stdin:
            child.stdin.close()


def events(directory: Path, *kinds: str) -> list[dict[str, Any]]:
    """The events so far; a half-written last line is left out."""
    path = directory / EVENTS
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    found = [json.loads(line) for line in lines]
    return [event for event in found if not kinds or event["type"] in kinds]


def wait_for(directory: Path, kind: str, child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not events(directory, kind):
        assert child.poll() is None, (directory / "log.txt").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def task(make: Any, freeze: Any, toy: str) -> dict[str, Any]:
    """A DPO run of some 30 steps."""
    snapshot = freeze([make.comparison(i) for i in range(60)])
    return {
        "task": "train",
        "recipe": "dpo",
        "base_model": toy,
        "snapshot": str(snapshot),
        "config": QUICK,
    }


@pytest.mark.parametrize("recipe", list(TRAINERS))
def test_killed_and_stopped_runs_end_like_an_undisturbed_one(
    recipe: str, tmp_path: Path, start: Start, task: dict[str, Any], weights_digest: Any
) -> None:
    task |= {"recipe": recipe, "config": {**QUICK, **TRAINERS[recipe]}, "models": MODELS}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole, task).wait(PATIENCE) == 0

    child = start(killed, task)
    wait_for(killed, "saved", child)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (killed / OUTPUT).exists()
    child = start(killed, task)  # resumed, and then cancelled
    before = len(events(killed, "metrics"))
    while len(events(killed, "metrics")) <= before:
        assert child.poll() is None
        time.sleep(0.02)
    assert child.stdin
    child.stdin.write("stop\n")
    child.stdin.flush()
    assert child.wait(PATIENCE) == 0
    if events(killed)[-1]["type"] == "stopped":
        assert start(killed, task).wait(PATIENCE) == 0

    results = [events(directory, "result")[-1]["result"] for directory in (whole, killed)]
    assert results[0]["evaluation"] == results[1]["evaluation"]
    assert results[0]["steps"] == results[1]["steps"]
    assert weights_digest(whole / OUTPUT) == weights_digest(killed / OUTPUT)
    steps = [event["step"] for event in events(killed, "metrics")]
    assert set(steps) == set(range(1, results[0]["steps"] + 1))


def test_it_ends_with_its_parent(tmp_path: Path, start: Start, task: dict[str, Any]) -> None:
    child = start(tmp_path / "run", task)
    wait_for(tmp_path / "run", "progress", child)
    assert child.stdin
    child.stdin.close()
    assert child.wait(PATIENCE) == 1
    assert not events(tmp_path / "run", "result", "error", "stopped")


def test_a_held_directory_is_left_alone(tmp_path: Path, start: Start) -> None:
    directory = tmp_path / "run"
    directory.mkdir()
    with (directory / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert start(directory, {"task": "train"}).wait(PATIENCE) == 75
    assert events(directory) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"task": "dance"}, "unknown_task"),
        ({"recipe": "ppo"}, "unknown_recipe"),
        ({"config": {"epochs": -1}}, "invalid_config"),
        ({"base_model": "/nowhere"}, "base_model_not_found"),
        ({"snapshot": "/nowhere"}, "snapshot_damaged"),
        ({"recipe": None, "config": 3}, "unknown_recipe"),
        ({"task": "score", "reward_model": "/nowhere"}, "crashed"),  # no rows.jsonl
    ],
)
def test_errors_are_the_last_event(
    tmp_path: Path, start: Start, task: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    directory = tmp_path / "run"
    assert start(directory, {**task, **change}).wait(PATIENCE) == 1
    last = events(directory)[-1]
    assert last["type"] == "error"
    assert last["error"]["code"] == code
    assert last["error"]["message"]
    assert last["error"]["hint"]
    assert "Traceback" in (directory / "log.txt").read_text()


def test_sampling_skips_what_is_done(tmp_path: Path, start: Start, toy: str) -> None:
    directory = tmp_path / "run"
    directory.mkdir()
    prompts = [
        {"id": i, "messages": [{"role": "user", "content": f"Number {i}?"}], "seed": i}
        for i in range(20)
    ]
    (directory / "prompts.jsonl").write_text("".join(json.dumps(p) + "\n" for p in prompts))
    params = {"n": 2, "max_new_tokens": 6}
    task = {"task": "sample", "policy": {"kind": "local", "path": toy}, "params": params}
    assert start(directory, task).wait(PATIENCE) == 0
    path = directory / "samples.jsonl"
    whole = path.read_text()
    lines = [json.loads(line) for line in whole.splitlines()]
    assert [line["id"] for line in lines] == list(range(20))
    assert all(len(line["samples"]) == 2 for line in lines)
    assert all(s["logprob"] < 0 and s["tokens"] <= 6 for line in lines for s in line["samples"])

    path.write_text(whole[: len(whole) // 2])  # as if killed in the middle of a line
    assert start(directory, task).wait(PATIENCE) == 0
    texts = {
        line["id"]: [s["text"] for s in line["samples"]]
        for line in map(json.loads, path.read_text().splitlines())
    }
    assert texts == {line["id"]: [s["text"] for s in line["samples"]] for line in lines}


def test_scoring_writes_one_number_a_row(
    tmp_path: Path, start: Start, task: dict[str, Any]
) -> None:
    run = tmp_path / "reward"
    config = {"epochs": 2, "batch_size": 8, "learning_rate": 5e-3}
    assert start(run, {**task, "recipe": "reward_model", "config": config}).wait(PATIENCE) == 0
    directory = tmp_path / "score"
    directory.mkdir()
    rows = [
        {"id": i, "prompt": [{"role": "user", "content": "Number?"}], "completion": text}
        for i, text in enumerate(("Of course! Fine.", "No idea. Fine.", "Of course! Fine."))
    ]
    (directory / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert (
        start(directory, {"task": "score", "reward_model": str(run / OUTPUT)}).wait(PATIENCE) == 0
    )
    scores = [json.loads(line) for line in (directory / "scores.jsonl").read_text().splitlines()]
    assert [score["id"] for score in scores] == [0, 1, 2]
    assert scores[0]["score"] == pytest.approx(scores[2]["score"], abs=1e-5)
    assert scores[0]["score"] > scores[1]["score"]

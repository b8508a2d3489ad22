"""The child process of a job: reads a run directory, writes events, ends with its parent."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from feedback.errors import InvalidInput, TouchstoneError
from training.progress import LOCK, RUN, EventWriter, Stopped, fill_lines

Result = dict[str, Any]
Task = Callable[[Path, Mapping[str, Any], EventWriter], Result]

HELD = 75  # EX_TEMPFAIL: another child works in this directory


def train(directory: Path, task: Mapping[str, Any], writer: EventWriter) -> Result:
    """`recipe`, `base_model`, `snapshot` (a directory), `config` and `models`: weights in `output/`.

    `referees` are other reward models to compare with, `lineage` is what the model card tells. With
    `shuffled` the labels are chance: a control, of which only the recipe's own figures are wanted.
    """
    from training.checks import checked
    from training.recipes import get_recipe, parse_config
    from training.recipes.base import Run
    from training.snapshots import shuffled_copy

    recipe = get_recipe(task["recipe"])
    config = parse_config(recipe, task.get("config", {}))
    snapshot, control = Path(task["snapshot"]), task.get("shuffled", False)
    if control:
        snapshot = shuffled_copy(snapshot, directory / "shuffled", config.seed)
    run = Run(
        directory,
        task["base_model"],
        snapshot,
        task.get("config", {}),
        task.get("models", {}),
    )
    result = recipe.train(run, writer)
    if control:
        return result
    referees, lineage = task.get("referees", ()), task.get("lineage", {})
    return checked(run, recipe, result, referees, lineage, writer)


def sample(directory: Path, task: Mapping[str, Any], writer: EventWriter) -> Result:
    """`policy`, `prompts` (a file in the directory) and `params`: lines in `samples`
    (`samples.jsonl`).

    A prompt line is `{"id", "messages", "seed"?}`; a sample line is `{"id", "samples": [{text,
    logprob, tokens, finish_reason}]}`. Prompts that have a line already are not sampled again.
    """
    from dataclasses import asdict

    from training.sampling import open_policy
    from training.sampling.base import SamplingParams

    params = SamplingParams.parse(task["params"])
    prompts = list(_lines(directory / task.get("prompts", "prompts.jsonl")))
    policy = open_policy(task["policy"])

    def answer(chunk: list[Any]) -> list[Any]:
        seeds = [prompt.get("seed", params.seed) for prompt in chunk]
        messages = [prompt["messages"] for prompt in chunk]
        found = policy.sample(messages, params, seeds, writer.should_stop)
        return [{"samples": [asdict(sample) for sample in samples]} for samples in found]

    done = fill_lines(
        directory / task.get("samples", "samples.jsonl"), prompts, answer, writer, "Sampling"
    )
    return {"prompts": done, "samples": done * params.n}


def score(directory: Path, task: Mapping[str, Any], writer: EventWriter) -> Result:
    """`reward_model` (a path) and `rows` (a file in the directory): lines in `scores.jsonl`.

    A row is `{"id", "prompt": messages, "completion": text}`; a score line is `{"id", "score"}`, of an ensemble
    with `members`, what each of them says.
    """
    from training.sampling.local.reward_models import load_reward_model

    rows = list(_lines(directory / task.get("rows", "rows.jsonl")))
    model = load_reward_model(task["reward_model"])

    def answer(chunk: list[Any]) -> list[Any]:
        conversations = [
            (row["prompt"], [{"role": "assistant", "content": row["completion"]}]) for row in chunk
        ]
        heads = model.heads(conversations, should_stop=writer.should_stop)
        scores = [{"score": number} for number in model.combined(heads)]
        if not model.card.members:
            return scores
        return [{**s, "members": m} for s, m in zip(scores, heads.tolist(), strict=True)]

    return {"rows": fill_lines(directory / "scores.jsonl", rows, answer, writer, "Scoring")}


def starter(directory: Path, task: Mapping[str, Any], writer: EventWriter) -> Result:
    """`path`, `seed` and `token_budget`, all optional: the starter policy, in `output/` by
    default.
    """
    from training.progress import OUTPUT
    from training.starter.build import TOKEN_BUDGET, build_starter

    target = Path(task.get("path") or directory / OUTPUT)
    budget = task.get("token_budget", TOKEN_BUDGET)
    return build_starter(target, seed=task.get("seed", 0), token_budget=budget, reporter=writer)


TASKS: dict[str, Task] = {"train": train, "sample": sample, "score": score, "starter": starter}


def main(argv: list[str]) -> int:
    """Work in the directory given; 0 when done or stopped, 1 on an error, 75 when it is held."""
    directory = Path(argv[1]).resolve()
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"Another process works in {directory}.\n")
            return HELD
        writer = EventWriter(directory)
        logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(message)s")
        logging.getLogger("training").setLevel(logging.INFO)
        threading.Thread(target=_watch, args=(sys.stdin, writer), daemon=True).start()
        return _work(directory, writer)


def _work(directory: Path, writer: EventWriter) -> int:
    try:
        _limit_threads()
        task = json.loads((directory / RUN).read_text())
        result = _task(task.get("task", ""))(directory, task, writer)
    except Stopped:
        writer.stopped()
        return 0
    except TouchstoneError as error:
        traceback.print_exc()
        writer.error(error.as_json())
        return 1
    except Exception as error:  # noqa: BLE001  (whatever it was, its row must say so)
        traceback.print_exc()
        writer.error(_crash(error).as_json())
        return 1
    writer.result(result)
    return 0


def _task(name: str) -> Task:
    if name not in TASKS:
        raise InvalidInput(
            f"There is no task '{name}'.",
            code="unknown_task",
            hint=f"Known tasks: {', '.join(TASKS)}.",
        )
    return TASKS[name]


def _watch(stdin: IO[str], writer: EventWriter) -> None:
    """Stop when told to; die at once when the parent has died."""
    for line in stdin:
        if line.strip() == "stop":
            writer.stop()
    os._exit(1)


def _limit_threads() -> None:
    """Torch's threads from TOUCHSTONE_TORCH_THREADS, or one a core.

    They wait asleep: threads that spin while waiting, OpenMP's default, slow a small model ten
    times over as soon as another process wants a core.
    """
    threads = os.environ.get("TOUCHSTONE_TORCH_THREADS") or str(len(os.sched_getaffinity(0)))
    os.environ["OMP_NUM_THREADS"] = threads
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _crash(error: Exception) -> TouchstoneError:
    message = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, MemoryError) or "out of memory" in message or "alloc" in message:
        return TouchstoneError(
            f"The memory did not suffice: {message}",
            code="out_of_memory",
            hint="Use a smaller micro batch, a shorter maximal length, LoRA, or a smaller model.",
        )
    return TouchstoneError(
        message, code="crashed", hint="The log has the whole traceback; resume tries again."
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    # Torch reads its thread count on import, so nothing above imports it.
    code = main(sys.argv)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads of libraries must not hold up the end

"""How fast recipes train: our defaults against TRL's own, on one model and one data set, each in a process of its own.

    python -m benchmarks.training                              2 million parameters, as the starter policy has
    python -m benchmarks.training --parameters 25 --pairs 64   25 million
    python -m benchmarks.training --lora                       with adapters of rank 16

A run is everything from rows to saved weights: tokenising, the reference's log-probabilities, training, checkpoints.
Tokens are those of all rows, each epoch, whichever way they are computed, so that equal work has equal tokens. The
model has random weights made from a config; losses are printed to show that both learn alike. On a GPU the share of
the peak that model FLOPs use (MFU) is printed too: 6 FLOPs a parameter and token, 8 with a reference pass.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TASKS = ("sft", "reward_model", "dpo", "dpo computing the reference anew", "kto")
SIDES = ("ours", "TRL")
PEAK_FLOPS = 989e12  # dense bf16 of an H100 or H200


def main(argv: Sequence[str]) -> int:
    """Print the table."""
    asked = _arguments().parse_args(argv)
    if asked.one:
        from benchmarks import trainers

        side, task = asked.one
        found = trainers.measure(side, task, Path(asked.place), asked)
        sys.stdout.write("RESULT " + json.dumps(found) + "\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        _child(["--prepare"], folder, asked)
        rows = [_row(task, folder, asked) for task in asked.tasks.split(",")]
    _print(rows, asked)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parameters", type=float, default=2, help="millions of parameters, about")
    parser.add_argument("--pairs", type=int, default=256, help="rows of preference data")
    parser.add_argument("--words", type=int, default=60, help="words of an answer, about")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lora", action="store_true")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--place", default="", help=argparse.SUPPRESS)
    return parser


def _row(task: str, folder: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Both sides in turn, `repeats` times; medians."""
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(asked.repeats):
        for side in SIDES:
            found[side].append(_child(["--one", side, task], folder, asked))
    return {
        "task": task,
        **{
            side: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            for side, runs in found.items()
        },
    }


def _child(command: list[str], folder: str, asked: argparse.Namespace) -> dict[str, Any]:
    options = [f"--{name}={getattr(asked, name)}" for name in ("parameters", "pairs", "words")]
    options += [f"--{name}={getattr(asked, name)}" for name in ("batch", "epochs")]
    options += ["--lora"] * asked.lora + [f"--place={folder}"]
    module = "benchmarks.trainers" if command == ["--prepare"] else "benchmarks.training"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *command, *options],
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return dict(json.loads(line.removeprefix("RESULT ")))
    raise SystemExit(f"{command} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def _print(rows: Sequence[dict[str, Any]], asked: argparse.Namespace) -> None:
    write = sys.stdout.write
    write(f"{asked.parameters:g} million parameters, {asked.pairs} pairs, batch {asked.batch}, ")
    write(f"{asked.epochs} epochs{', LoRA' * asked.lora}, medians of {asked.repeats}\n\n")
    write(
        "| recipe | tokens/s, TRL's defaults | ours | ratio | memory, TRL | ours | loss, TRL | ours |"
    )
    write("\n|---|---|---|---|---|---|---|---|\n")
    for row in rows:
        ours, theirs = row["ours"], row["TRL"]
        write(
            f"| {row['task']} | {theirs['tokens_per_second']:,.0f} | {ours['tokens_per_second']:,.0f} "
            f"| {ours['tokens_per_second'] / theirs['tokens_per_second']:.2f} "
            f"| {theirs['memory_mb']:,.0f} MB | {ours['memory_mb']:,.0f} MB "
            f"| {theirs['loss']:.3f} | {ours['loss']:.3f} |\n"
        )
        if ours["gpu"]:
            share = [
                side["tokens_per_second"] * side["flops_per_token"] / PEAK_FLOPS
                for side in (theirs, ours)
            ]
            write(f"| MFU | {share[0]:.1%} | {share[1]:.1%} | | | | | |\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

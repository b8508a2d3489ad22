"""One training of the training benchmark: data and model prepared, then ours or TRL's own, measured."""

from __future__ import annotations

import random
import resource
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Demonstration,
    Evidence,
    Verdict,
)
from training.progress import RUN
from training.recipes import get_recipe, parse_config
from training.recipes.base import Run
from training.snapshots import SnapshotOptions, read_evidence, write_snapshot

LAST = 5  # steps whose mean loss is told
RATE = 1e-4  # for both, so that losses can be compared
ANEW = "dpo computing the reference anew"


def prepare(place: Path, asked: Namespace) -> None:
    """The model's directory and the snapshots."""
    from training.starter.tokenizer import english, train_tokenizer

    tokenizer = train_tokenizer([], vocabulary=4096)
    model = _model(asked.parameters * 1e6, tokenizer)
    model.save_pretrained(place / "model")
    tokenizer.save_pretrained(place / "model")
    words = " ".join(english(400_000)).split()
    rng = random.Random(0)
    for name, record in RECORDS.items():
        records = [
            record(n, _text(rng, words, asked.words), rng, words, asked.words)
            for n in range(asked.pairs)
        ]
        write_snapshot(place / name, records, SnapshotOptions(held_out=0))


def measure(side: str, task: str, place: Path, asked: Namespace) -> dict[str, Any]:
    """Seconds from rows to saved weights, as tokens a second, with the peak of memory and the last losses."""
    import torch

    recipe = "dpo" if task == ANEW else task
    run = Run(
        place / f"{side}-{task}-{time.time_ns()}",
        str(place / "model"),
        place / recipe,
        _config(task, asked),
    )
    run.directory.mkdir()
    started = time.monotonic()
    losses = (_ours if side == "ours" else _theirs)(recipe, run, asked)
    seconds = time.monotonic() - started
    gpu = torch.cuda.is_available()
    memory = (
        torch.cuda.max_memory_allocated()
        if gpu
        else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    )
    tokens = _tokens(recipe, run) * asked.epochs
    return {
        "seconds": seconds,
        "tokens_per_second": tokens / seconds,
        "memory_mb": memory / 2**20,
        "loss": sum(losses[-LAST:]) / len(losses[-LAST:]),
        "gpu": int(gpu),
        "flops_per_token": asked.parameters * 1e6 * (8 if recipe in ("dpo", "kto") else 6),
    }


def _config(task: str, asked: Namespace) -> dict[str, Any]:
    config: dict[str, Any] = {
        "learning_rate": RATE,
        "epochs": asked.epochs,
        "batch_size": asked.batch,
        "lora": asked.lora,
    }
    if task == ANEW:
        config["reference_once"] = False
    return config


def _ours(recipe: str, run: Run, asked: Namespace) -> list[float]:
    chosen = get_recipe(recipe)
    config = parse_config(chosen, run.config).model_dump(mode="json")
    (run.directory / RUN).write_text("{}")
    listener = _Losses()
    chosen.train(Run(run.directory, run.base_model, run.snapshot, config), listener)
    return listener.losses


class _Losses:
    """A reporter that keeps the losses."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Nothing."""

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Keep the loss."""
        if "loss" in values:
            self.losses.append(values["loss"])

    def saved(self, step: int, path: str) -> None:
        """Nothing."""

    def should_stop(self) -> bool:
        """Never."""
        return False


def _theirs(recipe: str, run: Run, asked: Namespace) -> list[float]:
    """TRL's trainer with its defaults: only what must be equal, and the CPU where there is no GPU, is said."""
    import torch
    import trl
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer

    names = {"sft": "SFT", "reward_model": "Reward", "dpo": "DPO", "kto": "KTO"}
    config = getattr(trl, f"{names[recipe]}Config")(
        output_dir=str(run.directory),
        learning_rate=RATE,
        num_train_epochs=asked.epochs,
        per_device_train_batch_size=asked.batch,
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
    )
    task = "SEQ_CLS" if recipe == "reward_model" else "CAUSAL_LM"
    adapter = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type=task)
    trainer = getattr(trl, f"{names[recipe]}Trainer")(
        model=run.base_model,
        args=config,
        train_dataset=Dataset.from_list(_rows(recipe, run)),
        processing_class=AutoTokenizer.from_pretrained(run.base_model),
        peft_config=adapter if asked.lora else None,
    )
    trainer.train()
    trainer.save_model(str(run.directory / "output"))
    return [float(line["loss"]) for line in trainer.state.log_history if "loss" in line]


def _rows(recipe: str, run: Run) -> list[dict[str, Any]]:
    """The rows as TRL reads them."""
    rows = get_recipe(recipe).rows(read_evidence(run.snapshot)).train
    columns = ("prompt", "chosen", "rejected", "completion", "label")
    return [{name: row[name] for name in columns if name in row} | _pair(row) for row in rows]


def _pair(row: Mapping[str, Any]) -> dict[str, Any]:
    """The two sides of a reward model's row, which has its completions in a list."""
    if "completions" not in row:
        return {}
    chosen, rejected = row["completions"]
    return {"chosen": chosen, "rejected": rejected}


def _tokens(recipe: str, run: Run) -> int:
    """Tokens of all rows under the chat template, both sides of a pair."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(run.base_model)
    total = 0
    for row in _rows(recipe, run):
        for side in ("chosen", "rejected", "completion"):
            if side in row:
                whole = [*row["prompt"], *row[side]]
                total += len(tokenizer.apply_chat_template(whole, return_dict=True)["input_ids"])
    return total


def _model(parameters: float, tokenizer: Any) -> Any:
    """A Llama of about so many parameters: width and depth grow together."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    layers, width = 4, 192
    while _size(layers, width, len(tokenizer)) < parameters:
        layers, width = (layers + 1, width + 64) if width < 2048 else (layers + 1, width)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=width * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=max(1, width // 192),
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def _size(layers: int, width: int, vocabulary: int) -> float:
    return layers * 11 * width**2 + vocabulary * width


def _text(rng: random.Random, words: list[str], about: int) -> str:
    size = rng.randint(about // 2, about + about // 2)
    start = rng.randrange(len(words) - size)
    return " ".join(words[start : start + size])


def _context(n: int, kind: str, text: str) -> Context:
    prompt = ({"role": "user", "content": text},)
    return Context(judgment=n, item=n, kind=kind, prompt=prompt)


def _comparison(n: int, text: str, rng: random.Random, words: list[str], about: int) -> Evidence:
    first, second = (Candidate(2 * n + side, _text(rng, words, about)) for side in (0, 1))
    return Comparison(
        context=_context(n, "pairwise", text), first=first, second=second, outcome="first"
    )


def _verdict(n: int, text: str, rng: random.Random, words: list[str], about: int) -> Evidence:
    answer = Candidate(n, _text(rng, words, about))
    return Verdict(context=_context(n, "thumbs", text), completion=answer, desirable=n % 2 == 0)


def _demonstration(n: int, text: str, rng: random.Random, words: list[str], about: int) -> Evidence:
    return Demonstration(
        context=_context(n, "demonstration", text), completion=_text(rng, words, about)
    )


RECORDS: dict[str, Callable[[int, str, random.Random, list[str], int], Evidence]] = {
    "sft": _demonstration,
    "reward_model": _comparison,
    "dpo": _comparison,
    "kto": _verdict,
}


if __name__ == "__main__":
    from benchmarks.training import _arguments

    options = _arguments().parse_args(sys.argv[1:])
    prepare(Path(options.place), options)
    sys.stdout.write("RESULT {}\n")

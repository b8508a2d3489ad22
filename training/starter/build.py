"""Builds the starter policy in a directory: corpus, tokenizer, and a small Llama."""

from __future__ import annotations

import hashlib
import json
import platform
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.progress import Reporter, Stopped
from training.starter.corpus import dialogues
from training.starter.tokenizer import ENGLISH_CHARACTERS, train_tokenizer

MANIFEST = "starter.json"
FORMAT = 1
TOKEN_BUDGET = 650_000
ROWS = 20_000
HELD_OUT_ROWS = 400
BATCH_TOKENS = 2048
WARMUP, DECAY = 0.03, 0.5  # shares of the steps: warm-up at the start, linear decay at the end
MUON_RATE, ADAMW_RATE = 0.04, 0.01

Example = tuple[list[int], int]  # tokens, and how many of them are the question's


@dataclass(frozen=True, slots=True)
class Size:
    """The shape of the model."""

    hidden: int = 192
    layers: int = 4
    heads: int = 6
    groups: int = 2
    inner: int = 512
    vocabulary: int = 3072
    rows: int = ROWS
    english: int = ENGLISH_CHARACTERS


TINY = Size(
    hidden=32, layers=2, heads=2, groups=1, inner=64, vocabulary=512, rows=1000, english=50_000
)


def build_starter(
    directory: Path,
    *,
    seed: int = 0,
    token_budget: int = TOKEN_BUDGET,
    reporter: Reporter,
    tiny: bool = False,
) -> dict[str, Any]:
    """Write a Hugging Face directory at `directory` and return its manifest, which is written last.

    A directory that has the manifest of the same seed, budget and size is left as it is. The budget
    is in tokens, not seconds, so equal machines build equal weights. Raises Stopped when the
    reporter asks for it.
    """
    wanted = {"format": FORMAT, "seed": seed, "token_budget": token_budget, "tiny": tiny}
    found = read_starter(directory)
    if found and {key: found.get(key) for key in wanted} == wanted:
        return found
    partial = directory.with_name(directory.name + ".partial")
    for old in (partial, directory):
        shutil.rmtree(old, ignore_errors=True)
    partial.mkdir(parents=True)
    manifest = wanted | _build(partial, TINY if tiny else Size(), seed, token_budget, reporter)
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=2))
    partial.replace(directory)
    return manifest


def read_starter(directory: Path) -> dict[str, Any] | None:
    """The manifest of a finished starter policy, or None."""
    path = directory / MANIFEST
    return json.loads(path.read_text()) if path.is_file() else None


def _build(
    directory: Path, size: Size, seed: int, token_budget: int, reporter: Reporter
) -> dict[str, Any]:
    import torch

    started = time.monotonic()
    reporter.progress(0, 1, "Writing the corpus")
    rows = list(dialogues(size.rows, seed))
    tokenizer = train_tokenizer(rows, size.vocabulary, size.english)
    train = [_example(tokenizer, *row) for row in rows]
    unseen = [
        _example(tokenizer, *row) for row in dialogues(HELD_OUT_ROWS, seed + 1, held_out=True)
    ]
    torch.manual_seed(seed)
    model = _model(size, tokenizer)
    batches = _batches(train, token_budget, seed)
    _train(model, batches, tokenizer.pad_token_id, reporter)
    loss = _held_out_loss(model, unseen, tokenizer.pad_token_id)
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    weights = (directory / "model.safetensors").read_bytes()
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "rows": size.rows,
        "steps": len(batches),
        "held_out_loss": round(loss, 4),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "seconds": round(time.monotonic() - started, 1),
    }


def _model(size: Size, tokenizer: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.groups,
        intermediate_size=size.inner,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def _example(tokenizer: Any, question: str, answer: str) -> Example:
    prompt = [{"role": "user", "content": question}]
    start = _ids(tokenizer, prompt, add_generation_prompt=True)
    whole = _ids(tokenizer, [*prompt, {"role": "assistant", "content": answer}])
    return whole, len(start)


def _ids(tokenizer: Any, messages: Sequence[dict[str, str]], **options: Any) -> list[int]:
    return list(tokenizer.apply_chat_template(messages, return_dict=True, **options)["input_ids"])


def _batches(examples: Sequence[Example], token_budget: int, seed: int) -> list[list[Example]]:
    """Batches of about BATCH_TOKENS tokens, of examples of like length, until the budget is
    used.
    """
    rng = random.Random(seed)  # noqa: S311  (no secret)
    batches: list[list[Example]] = []
    used = 0
    while used < token_budget:
        epoch = list(_bucketed(examples, rng))
        rng.shuffle(epoch)
        for batch in epoch:
            if used >= token_budget:
                break
            used += sum(len(ids) for ids, _ in batch)
            batches.append(batch)
    return batches


def _bucketed(examples: Sequence[Example], rng: random.Random) -> Iterator[list[Example]]:
    ordered = sorted(examples, key=lambda example: (len(example[0]), rng.random()))
    batch: list[Example] = []
    for example in ordered:
        if batch and (len(batch) + 1) * len(example[0]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch


def _train(model: Any, batches: Sequence[list[Example]], pad: int, reporter: Reporter) -> None:
    import torch

    optimizers = _optimizers(model)
    rates = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    model.train()
    for step, batch in enumerate(batches):
        if reporter.should_stop():
            raise Stopped
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate * _schedule(step, len(batches))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = _loss(model, batch, pad)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if step % 10 == 0 or step + 1 == len(batches):
            reporter.progress(step + 1, len(batches), "Training the starter policy")
            reporter.metrics(step + 1, {"loss": loss.item()})


def _optimizers(model: Any) -> list[Any]:
    """Muon (Jordan 2024) for the matrices inside, AdamW for embeddings and norms."""
    import torch

    inside = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    chosen = {id(p) for p in inside}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(inside, lr=MUON_RATE, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(rest, lr=ADAMW_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def _schedule(step: int, steps: int) -> float:
    warm = (step + 1) / max(1.0, WARMUP * steps)
    left = (steps - step) / max(1.0, DECAY * steps)
    return min(1.0, warm, left)


def _loss(model: Any, batch: Sequence[Example], pad: int) -> Any:
    """Mean negative log-likelihood of the answers' tokens."""
    import torch

    width = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in batch])
    labels = torch.tensor(
        [[-100] * start + ids[start:] + [-100] * (width - len(ids)) for ids, start in batch]
    )
    mask = (torch.arange(width) < torch.tensor([[len(ids)] for ids, _ in batch])).long()
    return model(input_ids=ids, attention_mask=mask, labels=labels).loss


def _held_out_loss(model: Any, examples: Sequence[Example], pad: int) -> float:
    import torch

    model.eval()
    with torch.inference_mode():
        losses = [_loss(model, examples[i : i + 50], pad) for i in range(0, len(examples), 50)]
    return float(torch.stack(losses).mean())

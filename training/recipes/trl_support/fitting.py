"""The course of a training: prepare rows and defaults, fit with resume, save the output, sum up."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import platform
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedback.errors import InvalidInput
from training.progress import CHECKPOINTS, OUTPUT, RUN, Reporter, Stopped
from training.recipes.base import Config, Rows, Run
from training.recipes.trl_support.arguments import Rates, common_arguments, resolve
from training.recipes.trl_support.checkpoints import newest_complete
from training.recipes.trl_support.progress import progress_callback
from training.recipes.trl_support.rows import balanced_weights
from training.sampling.local.loading import (
    ADAPTER,
    adapter_base,
    check_base_model,
    load_policy,
    load_tokenizer,
    prepare_environment,
)
from training.sampling.local.reward_models import Card
from training.sampling.local.scoring import conversation_ids, load_classifier

logger = logging.getLogger(__name__)

MERGED = "base"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a recipe needs to build its trainer, and what it will report."""

    started: float
    base_model: str
    config: Any
    tokenizer: Any
    train: list[dict[str, Any]]
    test: list[dict[str, Any]]
    unusable: dict[str, int]
    too_long: int
    parameters: int
    arguments: dict[str, Any]

    def dataset(self) -> Any:
        """The training rows as a `datasets.Dataset`, in memory; `row` is each one's place.

        What only figures read stays behind.
        """
        from datasets import Dataset

        kept = ({k: v for k, v in row.items() if k != "about"} for row in self.train)
        return Dataset.from_list([{**row, "row": place} for place, row in enumerate(kept)])

    def fitting(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those of the rows that are not too long."""
        limit = self.arguments["max_length"]
        return [row for row in rows if _fits(row, self.tokenizer, limit)]


def prepare(
    run: Run, config: Config, rows: Rows, rates: Rates, *, fewest: int, encoder: bool = False
) -> Prepared:
    """Load the tokenizer, leave out rows that are too long, and settle every default.

    With `encoder` the base is a masked language model, whose tokenizer needs no chat template.

    The resolved config is written to `run.json`. Raises InvalidInput `too_little_evidence` with
    fewer than `fewest` training rows, `base_model_not_found`, or `invalid_config`.
    """
    started = time.monotonic()
    check_base_model(run.base_model)
    prepare_environment(run.base_model)
    import transformers

    transformers.set_seed(config.seed)
    base_model = _whole(run)
    tokenizer = load_tokenizer(base_model, plain=encoder)
    parameters, context = _model_size(base_model, encoder=encoder)
    config = resolve(config, rates, parameters)
    limit = min(config.max_length, context, tokenizer.model_max_length if encoder else context)
    train = [row for row in rows.train if _fits(row, tokenizer, limit)]
    test = [row for row in rows.test if _fits(row, tokenizer, limit)]
    too_long = len(rows.train) + len(rows.test) - len(train) - len(test)
    if len(train) < fewest:
        raise too_little(len(train), fewest, rows.unusable, too_long)
    store_resolved(run.directory, config)
    logger.info(
        "%s rows to train on, %s held out, %s too long; %s parameters; learning rate %s",
        *(len(train), len(test), too_long, parameters, config.learning_rate),
    )
    arguments = common_arguments(
        run, config, rows=len(train), parameters=parameters, max_length=limit
    )
    return Prepared(
        started=started,
        base_model=base_model,
        config=config,
        tokenizer=tokenizer,
        train=balanced_weights(train),
        test=test,
        unusable=rows.unusable,
        too_long=too_long,
        parameters=parameters,
        arguments=arguments,
    )


def too_little(rows: int, fewest: int, unusable: Mapping[str, int], too_long: int) -> InvalidInput:
    """The error for a snapshot that does not carry this training."""
    lost = {**unusable, "too_long": too_long}
    return InvalidInput(
        f"There are {rows} usable training rows, and at least {fewest} are needed.",
        code="too_little_evidence",
        hint="Collect more judgments and freeze a new snapshot.",
        details=[{"where": k, "message": f"{v} could not be used"} for k, v in lost.items() if v],
    )


def fit(trainer: Any, run: Run, reporter: Reporter) -> None:
    """Train from the newest complete checkpoint or from the start, and save the output.

    Raises Stopped after saving a checkpoint when the reporter asks for it.
    """
    from transformers import PrinterCallback

    checkpoints = run.directory / CHECKPOINTS
    resume = newest_complete(checkpoints)
    logger.info("going on from %s", resume.name if resume else "the base model")
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(progress_callback(reporter, str(checkpoints)))
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    if reporter.should_stop():
        raise Stopped
    _save_output(trainer, run.directory / OUTPUT)


def result(prepared: Prepared, trainer: Any, evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipe returns: counts, evaluation, and what is needed to repeat the run."""
    return summary(prepared, trainer.state.global_step, evaluation)


def summary(prepared: Prepared, steps: int, evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a training that had no trainer."""
    return {
        "rows": {
            "train": len(prepared.train),
            "test": len(prepared.test),
            "unusable": prepared.unusable,
            "too_long": prepared.too_long,
        },
        "evaluation": dict(evaluation),
        "steps": steps,
        "seconds": round(time.monotonic() - prepared.started, 1),
        "seed": prepared.config.seed,
        "parameters": prepared.parameters,
        "config": prepared.config.model_dump(mode="json"),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that decide what a training does."""
    packages = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages}


def _whole(run: Run) -> str:
    """The base model with whole weights: an adapter is merged into its base once, in the run's
    directory.
    """
    if adapter_base(run.base_model)[1] is None:
        local = Path(run.base_model).is_dir()
        return str(Path(run.base_model).resolve()) if local else run.base_model
    merged = run.directory.resolve() / MERGED
    if not merged.exists():
        partial = merged.with_name(f"{MERGED}.partial")
        model, tokenizer, _ = load_policy(run.base_model, "cpu")
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        partial.replace(merged)
    return str(merged)


def _model_size(base_model: str, *, encoder: bool) -> tuple[int, int]:
    """(parameters, longest context), from the model's config alone: no weights are read."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

    config = AutoConfig.from_pretrained(base_model)
    if encoder and type(config) not in AutoModelForMaskedLM._model_mapping:
        raise InvalidInput(
            f"'{base_model}' ({config.model_type}) is no encoder.",
            code="not_an_encoder",
            hint="Choose a masked language model such as BERT, or the head 'causal'.",
        )
    with torch.device("meta"):
        model = (AutoModelForMaskedLM if encoder else AutoModelForCausalLM).from_config(config)
    context = getattr(config, "max_position_embeddings", None) or 2**31
    return sum(p.numel() for p in model.parameters()), context


def _fits(row: Mapping[str, Any], tokenizer: Any, limit: int) -> bool:
    return all(
        len(conversation_ids(tokenizer, row["prompt"], answer)[0]) <= limit
        for answer in _answers(row)
    )


def _answers(row: Mapping[str, Any]) -> Sequence[Any]:
    if "completions" in row:
        return list(row["completions"])
    sides = ("completion",) if "completion" in row else ("chosen", "rejected")
    return [row[side] for side in sides]


def store_resolved(directory: Path, config: Config) -> None:
    """Add `resolved` to `run.json`, in one step."""
    path = directory / RUN
    body = json.loads(path.read_text()) if path.exists() else {}
    body["resolved"] = config.model_dump(mode="json")
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(body, indent=2, ensure_ascii=False))
    partial.replace(path)


def _save_output(trainer: Any, path: Path) -> None:
    """Weights and tokenizer under `path`, which appears only when it is complete."""
    partial = path.with_name(path.name + ".partial")
    for old in (partial, path):
        if old.exists():
            shutil.rmtree(old)
    trainer.save_model(str(partial))
    (partial / "training_args.bin").unlink(missing_ok=True)  # a pickle, and of no use here
    if (partial / ADAPTER).exists():
        _merge(partial)
    partial.replace(path)


def _merge(path: Path) -> None:
    """Put whole weights beside a LoRA adapter, which moves to `adapter/`.

    An adapter names its base by an absolute path; whole weights load wherever they are copied to.
    """
    reward = json.loads((path / ADAPTER).read_text()).get("task_type") == "SEQ_CLS"
    model, tokenizer = (
        load_classifier(str(path), "cpu", heads=len(Card.read(path).names))
        if reward
        else load_policy(str(path), "cpu")[:2]
    )
    adapter = path / "adapter"
    adapter.mkdir()
    for file in (ADAPTER, "adapter_model.safetensors"):
        (path / file).replace(adapter / file)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)

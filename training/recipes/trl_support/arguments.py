"""Trainer arguments that suit a small model on a CPU as well as a large one on a GPU."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from training.progress import CHECKPOINTS
from training.recipes.base import Config, Run

SMALL, LARGE = 2e6, 1e8  # parameters between which rates are interpolated
BF16_FROM = 3e7  # parameters: below, bfloat16 costs precision and gains no time on a CPU
CHECKPOINTING_FROM = 5e8  # parameters: below, recomputing activations costs more than their memory
SAVES = 10  # checkpoints in a run, unless the config says otherwise


@dataclass(frozen=True, slots=True)
class Rates:
    """Learning rates that suit a recipe at about 2 million parameters and from 100 million on."""

    small: float
    large: float
    lora_factor: float = 5.0


def resolve(config: Config, rates: Rates, parameters: int) -> Config:
    """The config with everything that was left to choose filled in."""
    rate = config.learning_rate or _rate(rates, parameters, lora=config.lora)
    micro = config.micro_batch_size or _micro_batch(config.batch_size, parameters)
    return config.model_copy(update={"learning_rate": rate, "micro_batch_size": micro})


def _rate(rates: Rates, parameters: int, *, lora: bool) -> float:
    """Between small and large on a log-log line; two significant digits."""
    share = math.log(max(parameters, 1) / SMALL) / math.log(LARGE / SMALL)
    share = min(1.0, max(0.0, share))
    rate = rates.small ** (1 - share) * rates.large**share
    return float(f"{rate * (rates.lora_factor if lora else 1.0):.2g}")


def _micro_batch(batch_size: int, parameters: int) -> int:
    """The whole batch for small models; for others the largest divisor up to 4."""
    if parameters < BF16_FROM:
        return batch_size
    return max(size for size in range(1, 5) if batch_size % size == 0)


def common_arguments(
    run: Run, config: Config, *, rows: int, parameters: int, max_length: int
) -> dict[str, Any]:
    """Keyword arguments for any TRL config. What is set here because its default bites:

    bf16 and activation checkpointing are on by default even on a CPU; the NaN filter would show a
    diverged run as loss 0; pinned memory and telemetry want what is not there.
    """
    import torch

    gpu = torch.cuda.is_available()
    bf16 = torch.cuda.is_bf16_supported() if gpu else parameters >= BF16_FROM
    micro = config.micro_batch_size
    steps = max(1, math.ceil(math.ceil(rows / config.batch_size) * config.epochs))
    return {
        "output_dir": str(run.directory / CHECKPOINTS),
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": config.batch_size // micro,
        "num_train_epochs": config.epochs,
        "learning_rate": config.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": min(10, steps // 10),
        "max_length": max_length,
        "seed": config.seed,
        "data_seed": config.seed,
        "use_cpu": not gpu,
        "bf16": bf16,
        "activation_checkpointing": parameters >= CHECKPOINTING_FROM,
        "dataloader_pin_memory": gpu,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps",
        "save_steps": config.save_steps or max(1, math.ceil(steps / SAVES)),
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
    }


def lora_config(config: Config, task: str) -> Any:
    """A LoRA adapter (Hu et al. 2021, arXiv:2106.09685) on all linear layers, or None for full
    weights.

    `task` is PEFT's: `CAUSAL_LM` or `SEQ_CLS`; the latter also trains the new head.
    """
    if not config.lora:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=2 * config.lora_rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type=task,
    )

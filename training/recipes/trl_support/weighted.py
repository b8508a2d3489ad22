"""The one adapter on TRL's trainers: a loss for each row, weighted. Where TRL moves, only this may break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training.recipes.trl_support.arguments import lora_config
from training.recipes.trl_support.checkpoints import checkpoint_directory
from training.recipes.trl_support.fitting import Prepared
from training.recipes.trl_support.progress import diverged

# (trainer, model, inputs) -> (losses [rows], the model's outputs)
RowLosses = Callable[[Any, Any, dict[str, Any]], tuple[Any, Any]]
# (trainer, tokenized dataset) -> the dataset with the reference's log-probabilities as columns
Reference = Callable[[Any, Any], Any]
# trainer -> tensors that a checkpoint must hold besides what TRL saves; a resume fills them in place
Kept = Callable[[Any], Mapping[str, Any]]

KEPT = "kept.safetensors"
FEW = 5  # rows that an error names


def weighted_trainer(
    prepared: Prepared,
    trainer_class: Any,
    collator_class: Any,
    row_losses: RowLosses,
    *,
    arguments: Any,
    task: str,
    columns: Mapping[str, str] | None = None,
    reference: Reference | None = None,
    kept: Kept | None = None,
    **collating: Any,
) -> Any:
    """TRL's trainer whose loss is `row_losses`, each row times its `weight`.

    With all weights 1 it is the stock trainer. `task` is PEFT's task type; `collating` goes to the collator.
    `columns` are columns of numbers that the loss reads, with their torch type (`{"tie": "bool"}`): they come in
    `inputs`, and `row_losses` pops what the model must not see. `reference` computes the reference's
    log-probabilities once; unless a LoRA adapter is trained, the arguments must say
    `precompute_ref_log_probs`, so that TRL loads no second model.
    """
    trainer, collator = _weighted_classes(
        trainer_class, collator_class, row_losses, dict(columns or {}), reference, kept or _nothing
    )
    made = trainer(
        model=prepared.base_model,
        args=arguments,
        train_dataset=prepared.dataset(),
        processing_class=prepared.tokenizer,
        peft_config=lora_config(prepared.config, task),
        data_collator=collator(pad_token_id=prepared.tokenizer.pad_token_id, **collating),
    )
    if reference is not None and not arguments.precompute_ref_log_probs:
        made.train_dataset = reference(made, made.train_dataset)
    return made


def completion_logps(model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """(summed log-probabilities of the completions [rows], the model's outputs)."""
    labels = inputs["input_ids"].masked_fill(inputs["completion_mask"] == 0, -100)
    fields = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    outputs = model(**fields, use_cache=False, labels=labels, fused_lm_head=True)
    return outputs.log_probs.sum(dim=1), outputs


def metrics_of(trainer: Any, inputs: dict[str, Any]) -> Any:
    """Where the trainer averages what it logs, with the tokens counted as TRL counts them."""
    metrics = trainer._metrics["train" if trainer.model.training else "eval"]
    trainer._total_train_tokens += inputs["attention_mask"].sum().item()
    metrics["num_tokens"] = [trainer._total_train_tokens]
    return metrics


def _weighted_classes(
    trainer_class: Any,
    collator_class: Any,
    row_losses: RowLosses,
    columns: dict[str, str],
    reference: Reference | None,
    kept: Kept,
) -> tuple[Any, Any]:
    """(trainer, collator): TRL's, with a `weight` and the other columns carried into the loss."""
    import torch

    from training.objectives import weighted_mean

    carried = {"weight": "float32", "row": "int64", **columns}

    class Collator(collator_class):  # type: ignore[misc,unused-ignore]
        """Adds the rows' weights and further columns."""

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            return {**super().torch_call(examples), **_columns(examples, carried)}

    class Trainer(trainer_class):  # type: ignore[misc,unused-ignore]
        """Weights each row's loss."""

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            new = [name for name in carried if name not in self._signature_columns]
            self._signature_columns += new

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            weight, row = inputs.pop("weight"), inputs.pop("row", None)
            self.items_in_batch = num_items_in_batch  # tokens of the step, where TRL counts them
            losses, outputs = row_losses(self, model, inputs)
            loss = weighted_mean(losses, weight)
            if not torch.isfinite(loss):
                raise diverged(self.state.global_step + 1, _culprits(losses, row))
            return (loss, outputs) if return_outputs else loss

        def _precompute_ref_logps(self, dataset: Any, name: str, batch_size: int) -> Any:
            if reference is None:
                return super()._precompute_ref_logps(dataset, name, batch_size)
            return reference(self, dataset)

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            super()._save_checkpoint(model, trial)
            place = checkpoint_directory(self.args.output_dir, self.state.global_step)
            _keep(kept(self), place)

        def _load_from_checkpoint(self, path: str, model: Any = None) -> None:
            super()._load_from_checkpoint(path, model)
            _restore(kept(self), Path(path))

    return Trainer, Collator


def _columns(examples: list[dict[str, Any]], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Those of the columns that the rows have, as tensors [rows]."""
    import torch

    return {
        name: torch.tensor([e[name] for e in examples], dtype=getattr(torch, kind))
        for name, kind in kinds.items()
        if name in examples[0]
    }


def _culprits(losses: Any, row: Any) -> str:
    """Which rows of the batch have a loss that is no number, by their place among the training rows."""
    bad = losses.detach().isfinite().logical_not()
    if row is None or len(row) != len(bad):
        return "the loss of the batch is not a number"
    rows = row[bad].tolist()
    named = ", ".join(map(str, rows[:FEW])) + (", ..." if len(rows) > FEW else "")
    return f"the loss is not a number in {len(rows)} of the batch's rows (training rows {named})"


def _nothing(trainer: Any) -> dict[str, Any]:
    """TRL's own checkpoint is enough."""
    return {}


def _keep(tensors: Mapping[str, Any], directory: Path) -> None:
    from safetensors.torch import save_file

    if not tensors:
        return
    plain = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    save_file(plain, str(directory / KEPT))


def _restore(tensors: Mapping[str, Any], directory: Path) -> None:
    import torch
    from safetensors.torch import load_file

    saved = load_file(str(directory / KEPT)) if tensors else {}
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(saved[name])

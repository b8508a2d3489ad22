"""DPO: moves a policy towards preferred answers and away from rejected ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from feedback.evidence import Evidence
from training.progress import Reporter
from training.recipes.base import Config, Recipe, Rows, Run
from training.recipes.trl_support import (
    Prepared,
    Rates,
    evaluate_policy,
    fit,
    lora_config,
    pair_rows,
    prepare,
    result,
)
from training.snapshots import read_evidence

FEWEST = 8
RATES = Rates(small=4e-4, large=5e-6)


class DpoConfig(Config):
    """Fields of DPO."""

    epochs: float = Field(default=2, gt=0, le=100, description="Passes over the training rows.")
    batch_size: int = Field(default=16, ge=1, le=1024, description="Rows in one optimiser step.")
    beta: float = Field(
        default=0.1, gt=0, le=10, description="How strongly the policy is held near its reference."
    )


class Dpo(Recipe):
    """Direct preference optimisation on decided comparisons."""

    name = "dpo"
    label = "DPO"
    summary = "Trains a policy directly on comparisons: preferred answers become likelier."
    produces = "policy"
    config_model = DpoConfig

    def rows(self, evidence: Iterable[tuple[str, Evidence]]) -> Rows:
        """Preference rows; ties cannot be used."""
        return pair_rows(evidence)

    def missing(self, counts: Mapping[str, int]) -> list[str]:
        """At least eight decided comparisons to train on."""
        have = counts.get("comparison_decided_train", 0)
        if have >= FEWEST:
            return []
        return [f"{FEWEST} decided comparisons to train on are needed, and there are {have}."]

    def train(self, run: Run, reporter: Reporter) -> dict[str, Any]:
        """Train, and report accuracies on held-out comparisons."""
        config = DpoConfig.model_validate(run.config)
        rows = self.rows(read_evidence(run.snapshot))
        prepared = prepare(run, config, rows, RATES, fewest=FEWEST)
        trainer = build_trainer(prepared)
        fit(trainer, run, reporter)
        evaluation = evaluate_policy(
            trainer.model,
            prepared.tokenizer,
            prepared.base_model,
            prepared.test,
            reporter.should_stop,
        )
        return result(prepared, trainer, evaluation)


def build_trainer(prepared: Prepared) -> Any:
    """TRL's DPOTrainer whose loss is weighted by row; with all weights 1 it is the stock one."""
    from trl import DPOConfig

    config: DpoConfig = prepared.config
    trainer_class, collator_class = weighted_classes()
    return trainer_class(
        model=prepared.base_model,
        args=DPOConfig(**prepared.arguments, beta=config.beta),
        train_dataset=prepared.dataset(),
        processing_class=prepared.tokenizer,
        peft_config=lora_config(config, "CAUSAL_LM"),
        data_collator=collator_class(
            pad_token_id=prepared.tokenizer.pad_token_id,
            max_length=prepared.arguments["max_length"],
        ),
    )


def weighted_classes() -> tuple[Any, Any]:
    """(trainer, collator): TRL's, with a `weight` column carried into the loss."""
    import torch
    from trl import DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    from training.objectives import dpo_sigmoid, weighted_mean

    class Collator(DataCollatorForPreference):  # type: ignore[misc,unused-ignore]
        """Adds the rows' weights."""

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            weight = torch.tensor([float(e["weight"]) for e in examples])
            return {**super().torch_call(examples), "weight": weight}

    class Trainer(DPOTrainer):  # type: ignore[misc,unused-ignore]
        """Weights each row's loss, and logs what TRL logs of it."""

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            if "weight" not in self._signature_columns:
                self._signature_columns.append("weight")

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            weight = inputs.pop("weight")
            labels = inputs["input_ids"].masked_fill(inputs["completion_mask"] == 0, -100)
            fields = {key: inputs[key] for key in ("input_ids", "attention_mask")}
            outputs = model(**fields, use_cache=False, labels=labels, fused_lm_head=True)
            logps = outputs.log_probs.sum(dim=1).chunk(2)
            reference = self.compute_ref_log_probs(self.ref_model or self.model, inputs)
            losses = dpo_sigmoid(*logps, *reference, beta=self.beta)
            self._note(inputs, logps, reference)
            loss = weighted_mean(losses, weight)
            return (loss, outputs) if return_outputs else loss

        def _note(self, inputs: dict[str, Any], logps: Any, reference: Any) -> None:
            mode = "train" if self.model.training else "eval"
            pairs = zip(logps, reference, strict=True)
            chosen, rejected = (self.beta * (p.detach() - r) for p, r in pairs)
            values = {
                "rewards/chosen": chosen,
                "rewards/rejected": rejected,
                "rewards/accuracies": (chosen > rejected).float(),
                "rewards/margins": chosen - rejected,
                "logps/chosen": logps[0].detach(),
                "logps/rejected": logps[1].detach(),
            }
            for name, value in values.items():
                mean = self.accelerator.gather_for_metrics(value).mean().item()
                self._metrics[mode][name].append(mean)
            self._total_train_tokens += inputs["attention_mask"].sum().item()
            self._metrics[mode]["num_tokens"] = [self._total_train_tokens]

    return Trainer, Collator

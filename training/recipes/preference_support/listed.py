"""Lists in TRL's DPO trainer: all completions of a batch in one forward pass, and the losses on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.progress import Reporter
from training.recipes.preference_support.references import no_reference, reference_once
from training.recipes.trl_support import Prepared, completion_logps, metrics_of, weighted_trainer
from training.sampling.local.scoring import conversation_ids

TENSORS = ("member", "mask", "scores", "tiers", "reference")


@dataclass(frozen=True, slots=True)
class Lists:
    """A batch of lists, tensors [rows, K]: `rewards` are beta log-ratios (0 where the loss reads no
    reference), `means` the mean log-probabilities of a token, `mask` is False on padding.
    """

    rewards: Any
    means: Any
    scores: Any
    tiers: Any
    mask: Any


ListLoss = Callable[[Lists], Any]  # -> [rows]


def list_trainer(
    prepared: Prepared,
    loss: ListLoss,
    *,
    beta: float,
    reads_reference: bool,
    once: bool,
    reporter: Reporter | None,
) -> Any:
    """TRL's DPOTrainer on rows of several completions; the batch size counts lists."""
    from trl import DPOConfig

    trainer_class, collator_class = _classes()
    computed = reference_once(_columns, reporter) if once else None
    reference = computed if reads_reference else no_reference
    spared = reference is not None and not prepared.config.lora
    return weighted_trainer(
        prepared,
        trainer_class,
        collator_class,
        list_losses(loss, reads_reference=reads_reference),
        arguments=DPOConfig(**prepared.arguments, beta=beta, precompute_ref_log_probs=spared),
        task="CAUSAL_LM",
        reference=reference,
    )


def list_losses(loss: ListLoss, *, reads_reference: bool) -> Callable[..., tuple[Any, Any]]:
    """The loss of each list, for `weighted_trainer`; without a reference the rewards are 0."""

    def losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        import torch

        lists = {name: inputs.pop(name) for name in TENSORS if name in inputs}
        logps, outputs = completion_logps(model, inputs)
        lengths = inputs["completion_mask"][:, 1:].sum(1).clamp_min(1)
        member, mask = lists["member"], lists["mask"]
        rewards = torch.zeros_like(logps)[member]
        if reads_reference:
            known = lists.get("reference")
            reference = _reference(trainer, inputs)[member] if known is None else known
            rewards = trainer.beta * (logps[member] - reference)
        batch = Lists(
            rewards=rewards,
            means=(logps / lengths)[member],
            scores=lists["scores"],
            tiers=lists["tiers"],
            mask=mask,
        )
        _note(trainer, inputs, batch, logps[member].detach())
        return loss(batch), outputs

    return losses


def _reference(trainer: Any, inputs: dict[str, Any]) -> Any:
    """The reference's log-probabilities of all completions, flat; TRL gives them in halves."""
    import torch

    return torch.cat(trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, inputs))


def _columns(trainer: Any, seen: dict[str, Any], inputs: Mapping[str, Any]) -> dict[str, list[Any]]:
    """One list a row."""
    flat, sizes = _reference(trainer, seen), inputs["mask"].sum(1).tolist()
    return {"reference": [part.tolist() for part in flat.split(sizes)]}


def _note(trainer: Any, inputs: dict[str, Any], batch: Lists, logps: Any) -> None:
    """How many pairs of different tiers are in order by implicit reward, and the ends of the lists."""
    rewards, mask, tiers = batch.rewards.detach(), batch.mask, batch.tiers
    better = (tiers.unsqueeze(-1) < tiers.unsqueeze(-2)) & mask.unsqueeze(-1) & mask.unsqueeze(-2)
    gaps = (rewards.unsqueeze(-1) - rewards.unsqueeze(-2))[better]
    best = mask & (tiers == 0)
    metrics = metrics_of(trainer, inputs)
    metrics["rewards/accuracies"].append((gaps > 0).float().mean().item())
    metrics["rewards/margins"].append(gaps.mean().item())
    metrics["logps/best"].append(logps[best].mean().item())
    metrics["logps/others"].append(logps[mask & ~best].mean().item())


def _classes() -> tuple[Any, Any]:
    """(trainer, collator): the DPO trainer's, on `list_ids` and `starts` in place of pairs."""
    from trl import DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    class Collator(DataCollatorForPreference):  # type: ignore[misc,unused-ignore]
        """All completions of the rows, one after another, and where each list's lie."""

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            return _collated(examples, self.pad_token_id)

    class Trainer(DPOTrainer):  # type: ignore[misc,unused-ignore]
        """Tokenizes lists."""

        def _prepare_dataset(
            self, dataset: Any, processing_class: Any, args: Any, name: str
        ) -> Any:
            return dataset.map(lambda row: _tokenized(processing_class, row))

        def _set_signature_columns_if_needed(self) -> None:
            self._signature_columns = ["list_ids", "starts", "scores", "tiers", "reference"]

    return Trainer, Collator


def _tokenized(tokenizer: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    encoded = [conversation_ids(tokenizer, row["prompt"], answer) for answer in row["completions"]]
    return {"list_ids": [ids for ids, _ in encoded], "starts": [start for _, start in encoded]}


def _collated(examples: Sequence[Mapping[str, Any]], pad: int) -> dict[str, Any]:
    import torch

    flat = [ids for example in examples for ids in example["list_ids"]]
    starts = torch.tensor([start for example in examples for start in example["starts"]])
    lengths = torch.tensor([len(ids) for ids in flat])
    width = int(lengths.max())
    places = torch.arange(width).unsqueeze(0)
    attention = places < lengths.unsqueeze(1)
    sizes = torch.tensor([len(example["list_ids"]) for example in examples])
    longest = int(sizes.max())
    mask = torch.arange(longest).unsqueeze(0) < sizes.unsqueeze(1)
    member = torch.zeros(mask.shape, dtype=torch.long)
    member[mask] = torch.arange(len(flat))

    def padded(name: str) -> Any:
        return torch.tensor([[*e[name], *[0] * (longest - len(e[name]))] for e in examples])

    found = {
        "input_ids": torch.tensor([ids + [pad] * (width - len(ids)) for ids in flat]),
        "attention_mask": attention.long(),
        "completion_mask": (attention & (places >= starts.unsqueeze(1))).long(),
        "member": member,
        "mask": mask,
        "scores": padded("scores").float(),
        "tiers": padded("tiers"),
    }
    return {**found, "reference": padded("reference")} if "reference" in examples[0] else found

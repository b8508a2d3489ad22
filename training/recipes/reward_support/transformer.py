"""Reward models on a whole transformer: TRL's RewardTrainer, with any number of completions a row and of heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.progress import Reporter
from training.recipes.base import Run
from training.recipes.reward_support.batches import COLUMNS, tensors
from training.recipes.reward_support.lessons import Fitted, Lesson
from training.recipes.trl_support import fit, prepare, weighted_trainer
from training.recipes.trl_support.fitting import Prepared
from training.sampling.local.reward_models import Transformer
from training.sampling.local.scoring import conversation_ids

LEARNED = "reward_loss.safetensors"
CARRIED = {*COLUMNS, "weight", "row"}
LEARNED_RATE = (
    0.02  # of what a loss learns besides: it moves far in few steps, whatever the model's size
)


def fit_transformer(run: Run, reporter: Reporter, config: Any, lesson: Lesson) -> Fitted:
    """Train a sequence classifier on the lesson, from the newest checkpoint where there is one."""
    encoder = config.head == "encoder"
    prepared = prepare(
        run, config, lesson.rows, lesson.rates, fewest=lesson.fewest, encoder=encoder
    )
    subject = lesson.subject(prepared.train, config)
    trainer = build_trainer(replace(prepared, train=subject.rows), subject)
    fit(trainer, run, reporter)
    card = subject.card(config.head)
    model = Transformer(card, trainer.model.eval(), prepared.tokenizer)
    return Fitted(model, prepared, trainer.state.global_step, prepared.fitting(lesson.pairs))


def build_trainer(prepared: Prepared, subject: Any) -> Any:
    """TRL's RewardTrainer whose loss is the subject's, weighted by row."""
    from trl import RewardConfig

    trainer = weighted_trainer(
        replace(prepared, train=[_tokenized(prepared, row) for row in prepared.train]),
        _trainer_class(subject),
        _collator_class(),
        row_losses,
        arguments=RewardConfig(**prepared.arguments, remove_unused_columns=False),
        task="SEQ_CLS",
        kept=lambda t: dict(t.subject.loss.named_parameters()),
    )
    subject.loss.to(trainer.model.device)
    trainer.add_callback(_forgetting(subject.loss))
    return trainer


def row_losses(trainer: Any, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """The loss of each row, from one forward pass over all completions of the batch."""
    loss = trainer.subject.loss
    fields = {key: inputs.pop(key) for key in ("input_ids", "attention_mask")}
    outputs = model(**fields, use_cache=False)
    mask = inputs["mask"]
    slots, rows = mask.T.nonzero(as_tuple=True)
    logits = outputs.logits.float()  # half precision would be too coarse for the loss
    rewards = logits.new_zeros(*mask.shape, loss.heads).index_put((rows, slots), logits)
    _note(trainer, fields, logits, loss.figures(rewards, inputs))
    return loss(rewards, inputs), outputs


def _note(
    trainer: Any, fields: Mapping[str, Any], logits: Any, figures: Mapping[str, float]
) -> None:
    metrics = trainer._metrics["train" if trainer.model.training else "eval"]
    trainer._total_train_tokens += fields["attention_mask"].sum().item()
    metrics["num_tokens"] = [trainer._total_train_tokens]
    values = trainer.accelerator.gather(logits.detach())
    spread = {"min_reward": values.min(), "mean_reward": values.mean(), "max_reward": values.max()}
    for name, value in (*spread.items(), *figures.items()):
        metrics[name].append(float(value))


def _tokenized(prepared: Prepared, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with tokens in place of texts, and what losses read."""
    ids = [
        conversation_ids(prepared.tokenizer, row["prompt"], answer)[0]
        for answer in row["completions"]
    ]
    kept = {name: value for name, value in row.items() if name in CARRIED}
    return {**kept, "completion_ids": ids}


def _collator_class() -> Any:
    """Collates first completions, then second ones, and so on: pairs lie as TRL lays them."""
    import torch
    from transformers.data.data_collator import DataCollatorMixin
    from trl.trainer.utils import pad

    class Collator(DataCollatorMixin):  # type: ignore[misc,unused-ignore]
        """Flattens the completions of the rows."""

        return_tensors = "pt"

        def __init__(self, pad_token_id: int) -> None:
            self.pad_token_id = pad_token_id

        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            columns = tensors(examples, [len(e["completion_ids"]) for e in examples])
            places = columns["mask"].T.nonzero().tolist()
            ids = [torch.tensor(examples[row]["completion_ids"][slot]) for slot, row in places]
            masks = [torch.ones_like(one) for one in ids]
            return {
                "input_ids": pad(ids, padding_value=self.pad_token_id),
                "attention_mask": pad(masks, padding_value=0),
                **columns,
            }

    return Collator


def _trainer_class(subject: Any) -> Any:
    """RewardTrainer that takes rows as they are, as many heads as the loss has, and its parameters."""
    from safetensors.torch import save_file
    from trl import RewardTrainer

    loss = subject.loss

    class Trainer(RewardTrainer):  # type: ignore[misc,unused-ignore]
        """Its loss's parameters have a learning rate of their own."""

        def __init__(self, model: str, args: Any, **options: Any) -> None:
            self.subject = subject
            super().__init__(_with_heads(model, loss.heads, args), args, **options)
            self.model.config.num_labels = loss.heads

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            return dataset

        def create_optimizer(self, model: Any = None) -> Any:
            fresh = self.optimizer is None
            optimizer = super().create_optimizer(model)
            learned = list(loss.parameters())
            if fresh and learned:
                group = {"params": learned, "lr": LEARNED_RATE, "weight_decay": 0.0}
                optimizer.add_param_group(group)
            return optimizer

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
            super()._save(output_dir, state_dict)
            place = Path(output_dir or self.args.output_dir)
            subject.card(self.subject.head).write(place)
            learned = {k: v.detach().cpu().clone() for k, v in loss.state_dict().items()}
            if learned:
                save_file(learned, str(place / LEARNED))

    return Trainer


def _with_heads(path: str, heads: int, args: Any) -> Any:
    """The model to train; TRL loads one head itself, and takes a model with more only as if it had one."""
    if heads == 1:
        return path
    import torch
    from transformers import AutoModelForSequenceClassification, set_seed

    set_seed(args.seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        path, num_labels=heads, dtype=torch.float32
    )
    model.config.num_labels = 1
    return model


def _forgetting(loss: Any) -> Any:
    """A callback that clears the gradient of the loss's parameters: the trainer clears the model's only."""
    from transformers import TrainerCallback

    class Forgetting(TrainerCallback):  # type: ignore[misc,unused-ignore]
        """After each step."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            loss.zero_grad()

    return Forgetting()

"""DPO's losses: TRL's own row for row, ours on labels that TRL lacks, each moving the policy the right way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from feedback.errors import TouchstoneError
from training.progress import OUTPUT, Stopped
from training.recipes import dpo, get_recipe
from training.recipes.base import Run
from training.recipes.preference_support.direct_config import DpoConfig, Loss, mix_of
from training.recipes.preference_support.mixing import direct_losses
from training.recipes.preference_support.references import FILE
from training.recipes.trl_support import prepare
from training.recipes.trl_support.arguments import Rates

CONFIG = {"epochs": 1, "batch_size": 8, "learning_rate": 3e-3, "save_steps": 1000}
STOCK = [
    "sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired",
    "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm",
]  # fmt: skip
OURS = ["soft", "margin", "rao_kupper", "davidson", "squared"]


@pytest.fixture(scope="module")
def ready(make: Any, toy: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Eight pairs of different lengths and eight amounts."""
    records = [make.comparison(i, good="Of course! " * (1 + i % 3)) for i in range(8)]
    records += [make.amount(100 + i, value=float(1 + i)) for i in range(8)]
    return prepared(tmp_path_factory.mktemp("direct"), toy, records)


def prepared(directory: Path, toy: str, records: list[Any], **fields: Any) -> Any:
    config = DpoConfig.model_validate({**CONFIG, **fields})
    rows = dpo.rows_for([("train", record) for record in records], config)
    run = Run(directory, toy, directory, {})
    return prepare(run, config, rows, Rates(1e-3, 1e-3), fewest=1)


@pytest.fixture(scope="module")
def pair(ready: Any) -> Iterator[tuple[Any, Any, Any]]:
    """(our trainer, TRL's, a batch): the policies equal, and both away from the reference."""
    import transformers
    from trl import DPOConfig, DPOTrainer

    ready = _with(ready, weigh_by_likelihood=True, reference_once=False)
    ours = dpo.build_trainer(ready)
    stock = DPOTrainer(
        model=ready.base_model,
        args=DPOConfig(**ready.arguments, use_weighting=True),
        train_dataset=ready.dataset(),
        processing_class=ready.tokenizer,
    )
    transformers.set_seed(1)
    with torch.no_grad():
        for parameter in ours.model.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    stock.model.load_state_dict(ours.model.state_dict())
    batch = ours.data_collator([ours.train_dataset[i] for i in range(8)])
    yield ours, stock, batch


def _with(ready: Any, **fields: Any) -> Any:
    import dataclasses

    config = ready.config.model_copy(update=fields)
    return dataclasses.replace(ready, config=config)


def losses_of(ours: Any, batch: Any, **fields: Any) -> Any:
    config = DpoConfig.model_validate({**CONFIG, **fields})
    ours.ld_alpha, ours.use_weighting = config.extra_length_weight, config.weigh_by_likelihood
    ours.beta = config.beta
    inputs = {k: v for k, v in batch.items() if k not in ("weight", "row")}
    return direct_losses(mix_of(config))(ours, ours.model, inputs)[0]


def stock_loss(stock: Any, batch: Any, names: list[str], **fields: Any) -> Any:
    usual = {
        "loss_weights": [1.0] * len(names),
        "label_smoothing": 0.0,
        "ld_alpha": None,
        "use_weighting": False,
        "f_divergence_type": "reverse_kl",
        "f_alpha_divergence_coef": 0.5,
        "beta": 0.1,
    }
    for name, value in {**usual, **fields, "loss_types": names}.items():
        setattr(stock, name, value)
    keys = ("input_ids", "attention_mask", "completion_mask")
    return stock.compute_loss(stock.model, {k: batch[k] for k in keys})


def gradient(model: Any, loss: Any) -> torch.Tensor:
    model.zero_grad()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def assert_equal(pair: Any, ours_loss: Any, stock: Any) -> None:
    ours_trainer, stock_trainer, _ = pair
    assert ours_loss.mean().item() == pytest.approx(stock.item(), rel=1e-4, abs=1e-6)
    mine, theirs = (
        gradient(ours_trainer.model, ours_loss.mean()),
        gradient(stock_trainer.model, stock),
    )
    assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", STOCK)
def test_with_equal_weights_each_loss_is_trls(name: str, pair: Any) -> None:
    ours, stock, batch = pair
    flips = 0.1 if name in ("robust", "exo_pair", "aot", "aot_unpaired") else None
    mine = losses_of(ours, batch, loss=name, flip_rate=flips)
    assert_equal(pair, mine, stock_loss(stock, batch, [name], label_smoothing=flips or 0.0))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"divergence": "forward_kl"}, {"f_divergence_type": "forward_kl"}),
        ({"divergence": "js_divergence"}, {"f_divergence_type": "js_divergence"}),
        (
            {"divergence": "alpha_divergence", "divergence_alpha": 0.3},
            {"f_divergence_type": "alpha_divergence", "f_alpha_divergence_coef": 0.3},
        ),
        ({"extra_length_weight": 0.4}, {"ld_alpha": 0.4}),
        ({"weigh_by_likelihood": True}, {"use_weighting": True}),
        ({"beta": 0.7}, {"beta": 0.7}),
    ],
    ids=lambda fields: "-".join(fields),
)
def test_what_is_done_to_the_ratios_is_trls(mine: Any, theirs: Any, pair: Any) -> None:
    ours, stock, batch = pair
    assert_equal(
        pair, losses_of(ours, batch, **mine), stock_loss(stock, batch, ["sigmoid"], **theirs)
    )


def test_a_sum_of_losses_is_trls(pair: Any) -> None:
    ours, stock, batch = pair
    added = [{"loss": "sft", "weight": 0.3}, {"loss": "apo_zero", "weight": 2}]
    mine = losses_of(ours, batch, added_losses=added)
    theirs = stock_loss(stock, batch, ["sigmoid", "sft", "apo_zero"], loss_weights=[1.0, 0.3, 2.0])
    assert_equal(pair, mine, theirs)


def test_every_loss_of_the_catalogue_is_offered() -> None:
    from typing import get_args

    from training.objectives import LOSSES

    assert set(get_args(Loss)) == set(LOSSES) == {*STOCK, *OURS}


@pytest.mark.parametrize("name", [*STOCK, *OURS])
def test_each_loss_separates_the_sides(name: str, ready: Any, pair: Any) -> None:
    """A few steps on separable pairs: the chosen sides gain on the rejected ones."""
    ours, _, _ = pair
    config = {"loss": name, "flip_rate": 0.1 if name in ("robust", "soft") else None}
    fields = {k: v for k, v in config.items() if v is not None}
    rows = range(8, 16) if name == "squared" else range(8)
    batch = ours.data_collator([ours.train_dataset[i] for i in rows])
    start = {k: v.clone() for k, v in ours.model.state_dict().items()}
    optimiser = torch.optim.Adam(ours.model.parameters(), lr=4e-3)
    before = gap(ours, batch)
    for _ in range(4):
        optimiser.zero_grad()
        losses_of(ours, batch, **fields).mean().backward()
        optimiser.step()
    after = gap(ours, batch)
    moved = [k for k, v in ours.model.state_dict().items() if not torch.equal(v, start[k])]
    ours.model.load_state_dict(start)
    assert len(moved) == len(start)
    assert after > before + 0.5


def gap(ours: Any, batch: Any) -> float:
    """How much more likely the chosen sides are than the rejected ones, in nats."""
    from training.recipes.trl_support import completion_logps

    with torch.no_grad():
        chosen, rejected = completion_logps(ours.model, batch)[0].chunk(2)
    return float((chosen - rejected).mean())


def test_a_loss_skips_rows_that_it_cannot_read(make: Any, toy: str, tmp_path: Path) -> None:
    """Ties count for tie-aware parts of a sum alone, amounts for the squared one."""
    records = [make.comparison(0), make.comparison(1, outcome="tie"), make.amount(2)]
    added = [{"loss": "rao_kupper"}, {"loss": "squared"}]
    ready = prepared(tmp_path, toy, records, added_losses=added)
    trainer = dpo.build_trainer(ready)
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(3)])
    inputs = {k: v for k, v in batch.items() if k not in ("weight", "row")}
    losses = direct_losses(mix_of(ready.config))(trainer, trainer.model, inputs)[0]
    at_zero = torch.tensor([0.0, 0.5]).sigmoid()  # the policy is its reference
    sigmoid, win = -at_zero.log()[0], -torch.tensor(-0.5).sigmoid().log()
    tie = -torch.log(1 - 2 * torch.tensor(-0.5).sigmoid())
    expected = torch.stack([sigmoid + win, tie, sigmoid + win + ready.train[2]["target"] ** 2])
    assert torch.allclose(losses, expected, atol=1e-4)


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_the_reference_computed_once_gives_the_same_training(
    lora: bool, make: Any, toy: str, tmp_path: Path
) -> None:
    import transformers

    results = []
    for once in (True, False):
        directory = tmp_path / str(once)
        directory.mkdir()
        records = [make.comparison(i) for i in range(16)]
        ready = prepared(directory, toy, records, reference_once=once, lora=lora)
        transformers.set_seed(1)
        trainer = dpo.build_trainer(ready)
        assert (trainer.ref_model is None) == (once or lora)
        trainer.train()
        results.append([log["loss"] for log in trainer.state.log_history if "loss" in log])
        assert (directory / "checkpoints" / FILE).exists() == once
    assert results[0] == pytest.approx(results[1], abs=2e-4)


def test_a_stop_is_heard_while_the_reference_is_computed(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    job = run(freeze([make.comparison(i) for i in range(24)]), CONFIG)
    with pytest.raises(Stopped):
        get_recipe("dpo").train(job, recorder(stop_at=0))
    assert not list((job.directory / "checkpoints").glob("*"))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"loss": "nca_pair", "divergence": "js_divergence"}, "no meaning for nca_pair"),
        ({"loss": "aot", "weigh_by_likelihood": True}, "aot sorts"),
        ({"loss": "aot", "added_losses": [{"loss": "squared"}]}, "aot sorts"),
        ({"lora": True, "sync_reference_steps": 4}, "no reference model to move"),
        ({"loss": "exo_pair", "flip_rate": 0}, "flip_rate above 0"),
        ({"margin_aspect": "warm"}, "margin alone"),
        ({"added_losses": [{"loss": "magic"}]}, "added_losses"),
    ],
)
def test_what_cannot_go_together_is_refused(config: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DpoConfig.model_validate(config)


def test_a_moving_reference_resumes_to_the_same_weights(
    make: Any, freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    """The reference that moved is saved beside the checkpoint: without it the losses would jump."""
    snapshot = freeze([make.comparison(i) for i in range(24)])
    config = {**CONFIG, "epochs": 2, "save_steps": 2, "sync_reference_steps": 2}
    whole, parts = run(snapshot, config, "whole"), run(snapshot, config, "parts")
    recipe = get_recipe("dpo")
    recipe.train(whole, recorder())
    with pytest.raises(Stopped):
        recipe.train(parts, recorder(stop_at=3))
    again = recorder()
    recipe.train(parts, again)
    assert again.steps[0] == 4
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)


def test_a_loss_that_is_no_number_names_its_rows(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    """One margin beyond float32: its row is named, and the checkpoints before it stay."""
    records = [make.comparison(i) for i in range(31)]
    records.append(make.comparison(31, strength=1e300))
    job = run(freeze(records, share=0.0), {**CONFIG, "loss": "margin", "save_steps": 1})
    with pytest.raises(TouchstoneError) as caught:
        get_recipe("dpo").train(job, recorder())
    assert caught.value.code == "training_diverged"
    assert "in 1 of the batch's rows" in caught.value.message
    assert not (job.directory / OUTPUT).exists()


def test_the_flip_rate_that_was_measured_is_told(
    make: Any, freeze: Any, run: Any, recorder: Any
) -> None:
    """Every pair judged four times, and in every other pair one vote turned round: a quarter of the
    pairs of votes differ, so 2 e (1 - e) = 1/4.
    """
    records = []
    for n in range(0, 48, 2):
        last = "first" if n % 4 else "second"
        records += [
            make.comparison(n, outcome=vote) for vote in ("second", "second", "second", last)
        ]
    config = {**CONFIG, "loss": "robust", "batch_size": 32, "weigh_by_size": True}
    result = get_recipe("dpo").train(run(freeze(records, share=0.0), config), recorder())
    assert result["config"]["flip_rate"] == pytest.approx((1 - 0.5**0.5) / 2, abs=1e-4)


def test_micro_batches_give_the_gradient_of_the_whole_batch(
    make: Any, toy: str, tmp_path: Path
) -> None:
    """All losses but those that compare rows: the same loss and the same length of the gradient."""
    import transformers

    logs = []
    for micro in (8, 2):
        directory = tmp_path / str(micro)
        directory.mkdir()
        records = [make.comparison(i, weight=1.0 + i % 3) for i in range(8)]
        ready = prepared(directory, toy, records, micro_batch_size=micro, loss="hinge")
        transformers.set_seed(1)
        trainer = dpo.build_trainer(ready)
        trainer.train()
        logs.append(trainer.state.log_history[0])
    whole, parts = logs
    assert parts["loss"] == pytest.approx(whole["loss"], abs=1e-3)
    assert parts["grad_norm"] == pytest.approx(whole["grad_norm"], rel=1e-3)

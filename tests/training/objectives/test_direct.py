"""The DPO family: against the trainer it follows, slow obvious versions, and far out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from training.objectives import (
    LOSSES,
    DirectBatch,
    DirectSettings,
    apo_zero_unpaired,
    dpo_sigmoid,
    f_divergence_ratio,
    length_desensitised,
    weighted_mean,
    with_divergence,
)
from training.objectives.direct import labelled, stock

ROWS = 40
STOCK = [name for name, loss in LOSSES.items() if loss.__module__ == stock.__name__]
LABELLED = [name for name, loss in LOSSES.items() if loss.__module__ == labelled.__name__]
SETTINGS = DirectSettings(beta=0.3, label_smoothing=0.1)


def numbers(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(ROWS, generator=generator, dtype=torch.float64)


def batch(scale: float = 1.0, dtype: torch.dtype = torch.float64) -> DirectBatch:
    sides = [(numbers(seed) * scale - 5).to(dtype).requires_grad_(seed < 2) for seed in range(4)]
    lengths = [(numbers(seed).abs() * 10).long() + 1 for seed in (8, 9)]
    return DirectBatch(
        sides[0],
        sides[1],
        sides[2],
        sides[3],
        lengths[0],
        lengths[1],
        chosen_nll=-sides[0] / lengths[0],
        margin=numbers(4).abs().to(dtype),
        probability=torch.sigmoid(numbers(5)).to(dtype),
        tie=numbers(6) > 0.5,
        target=numbers(7).to(dtype),
    )


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_the_labelled_losses_equal_the_obvious_versions() -> None:
    rows, settings = batch(), SETTINGS
    found = {name: LOSSES[name](rows, settings).tolist() for name in LABELLED}
    for i in range(ROWS):
        d = 0.3 * rows.difference[i].item()
        assert rows.probability is not None
        p = 0.9 * rows.probability[i].item() + 0.1 * (1 - rows.probability[i].item())
        tied = bool(rows.tie is not None and rows.tie[i])
        margin, target = (0.0 if t is None else t[i].item() for t in (rows.margin, rows.target))
        z = math.exp(d / 2) + math.exp(-d / 2) + 2
        no_tie = sigma(d - 0.5)
        expected = {
            "soft": -p * math.log(sigma(d)) - (1 - p) * math.log(sigma(-d)),
            "margin": -math.log(sigma(d - margin)),
            "rao_kupper": -math.log(1 - no_tie - sigma(-d - 0.5) if tied else no_tie),
            "davidson": -math.log((2 if tied else math.exp(d / 2)) / z),
            "squared": (d - target) ** 2,
        }
        assert {name: values[i] for name, values in found.items()} == pytest.approx(expected)


def test_the_sigmoid_loss_starts_at_ln_2_and_has_a_form_of_its_own() -> None:
    rows = batch()
    sides = (rows.chosen, rows.rejected, rows.ref_chosen, rows.ref_rejected)
    alone = dpo_sigmoid(*sides, beta=0.3)
    assert torch.allclose(alone, LOSSES["sigmoid"](rows, SETTINGS))
    start = dpo_sigmoid(rows.chosen, rows.rejected, rows.chosen, rows.rejected, beta=0.3)
    assert start.tolist() == pytest.approx([math.log(2)] * ROWS)


def test_with_plain_labels_they_are_the_sigmoid_loss() -> None:
    zero = torch.zeros(ROWS, dtype=torch.float64)
    rows = replace(batch(), margin=zero, probability=None, tie=zero.bool())
    settings = DirectSettings(beta=0.3, threshold=0.0, log_eta=-math.inf)
    plain = LOSSES["sigmoid"](rows, settings)
    for name in ("soft", "margin", "rao_kupper", "davidson", "robust"):
        assert torch.allclose(LOSSES[name](rows, settings), plain), name


def test_a_tie_at_the_reference_has_no_gradient() -> None:
    side = torch.tensor([-3.0], requires_grad=True)
    fixed = torch.tensor([-3.0])
    rows = DirectBatch(side, fixed, fixed, fixed, tie=torch.tensor([True]))
    LOSSES["rao_kupper"](rows, SETTINGS).sum().backward()
    assert side.grad is not None
    assert side.grad.item() == pytest.approx(0, abs=1e-7)


def test_apo_zero_is_its_unpaired_form_on_both_sides() -> None:
    rows, up = batch(), torch.ones(ROWS, dtype=torch.bool)
    beta = SETTINGS.beta
    halves = apo_zero_unpaired(beta * rows.chosen_ratio, up) + apo_zero_unpaired(
        beta * rows.rejected_ratio, ~up
    )
    assert torch.allclose(LOSSES["apo_zero"](rows, SETTINGS), halves)


@pytest.mark.parametrize("name", list(LOSSES))
def test_weight_zero_has_no_gradient(name: str) -> None:
    rows = batch()
    weights = (torch.arange(ROWS) % 2).double()
    weighted_mean(LOSSES[name](rows, SETTINGS), weights).backward()
    assert rows.chosen.grad is not None
    assert rows.chosen.grad[weights == 0].abs().max() == 0
    assert rows.chosen.grad[weights == 1].abs().max() > 0


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("scale", [0.0, 1e3])
def test_far_ratios_stay_finite_in_float32(name: str, scale: float) -> None:
    rows = batch(scale, torch.float32)
    losses = LOSSES[name](rows, SETTINGS)
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    for side in (rows.chosen, rows.rejected):
        assert side.grad is None or torch.isfinite(side.grad).all()


@pytest.mark.parametrize("name", ["forward_kl", "js_divergence", "alpha_divergence"])
def test_divergences_follow_the_log_ratio_near_the_reference(name: str) -> None:
    """Each is f'(t) up to a constant, whose slope in log t is 1 at t = 1 times f''(1)."""
    point = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    value = f_divergence_ratio(point, name)
    value.backward()
    assert value.item() == pytest.approx(0)
    assert point.grad is not None
    assert point.grad.item() == pytest.approx(0.5 if name == "js_divergence" else 1.0)


def test_what_a_loss_lacks_is_named() -> None:
    zero = torch.zeros(1)
    with pytest.raises(ValueError, match="'tie'"):
        LOSSES["rao_kupper"](DirectBatch(zero, zero, zero, zero), SETTINGS)
    with pytest.raises(ValueError, match="unknown divergence 'kl'"):
        f_divergence_ratio(zero, "kl")


@pytest.fixture(scope="module")
def trainer(toy: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """TRL's DPO trainer whose policy has left the reference."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    def message(role: str, text: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text}]

    rows = [
        {
            "prompt": message("user", f"What about number {i}?"),
            "chosen": message("assistant", "Of course! It is fine. " * (1 + i % 3)),
            "rejected": message("assistant", "No idea. " * (1 + i % 4)),
        }
        for i in range(8)
    ]
    arguments = DPOConfig(
        str(tmp_path_factory.mktemp("trl")),
        loss_type=STOCK,
        label_smoothing=0.1,
        use_cpu=True,
        bf16=False,
        activation_checkpointing=False,
        per_device_train_batch_size=8,
        report_to="none",
        beta=0.1,
    )
    tokenizer = AutoTokenizer.from_pretrained(toy)
    made = DPOTrainer(
        toy, args=arguments, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    )
    torch.manual_seed(0)
    for parameter in made.model.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    made.model.eval()
    return made


@pytest.fixture(scope="module")
def inputs(trainer: Any) -> dict[str, Any]:
    return dict(next(iter(trainer.get_train_dataloader())))


def read(trainer: Any, inputs: dict[str, Any], ld_alpha: float | None = None) -> DirectBatch:
    """What our losses see of the same batch."""
    from training.recipes.trl_support.weighted import completion_logps

    mask = inputs["completion_mask"][:, 1:]
    lengths = mask.sum(-1)
    shared = torch.minimum(*lengths.chunk(2)).repeat(2)
    sides: list[Tensor] = []
    for model in (trainer.model, trainer.ref_model):
        with torch.no_grad():
            summed, outputs = completion_logps(model, inputs)
        if ld_alpha is not None:
            summed = length_desensitised(outputs.log_probs, mask, ld_alpha, shared_length=shared)
        sides += summed.chunk(2)
        if model is trainer.model:
            nll = -(outputs.log_probs * mask).sum(-1) / lengths
    return replace(
        DirectBatch(sides[0], sides[1], sides[2], sides[3], *lengths.chunk(2)),
        chosen_nll=nll.chunk(2)[0],
    )


def theirs(trainer: Any, inputs: dict[str, Any], name: str, **fields: Any) -> float:
    trainer.loss_types, trainer.loss_weights = [name], [1.0]
    for field, value in {"f_divergence_type": "reverse_kl", "ld_alpha": None, **fields}.items():
        setattr(trainer, field, value)
    with torch.no_grad():
        return float(trainer._compute_loss(trainer.model, inputs, False))


def ours(name: str, rows: DirectBatch) -> float:
    settings = DirectSettings(beta=0.1, label_smoothing=0.1)
    return weighted_mean(LOSSES[name](rows, settings), None).item()


def test_there_are_fifteen() -> None:
    assert len(STOCK) == 15


@pytest.mark.parametrize("name", STOCK)
def test_each_equals_trls(name: str, trainer: Any, inputs: dict[str, Any]) -> None:
    expected = theirs(trainer, inputs, name)
    assert ours(name, read(trainer, inputs)) == pytest.approx(expected, rel=1e-5)
    assert expected != pytest.approx(math.log(2), abs=1e-4)  # the policy is not the reference


@pytest.mark.parametrize("divergence", ["forward_kl", "js_divergence", "alpha_divergence"])
@pytest.mark.parametrize("name", ["sigmoid", "ipo"])
def test_divergences_equal_trls(
    name: str, divergence: str, trainer: Any, inputs: dict[str, Any]
) -> None:
    expected = theirs(
        trainer, inputs, name, f_divergence_type=divergence, f_alpha_divergence_coef=0.5
    )
    rows = with_divergence(read(trainer, inputs), divergence, 0.5)
    assert ours(name, rows) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
def test_less_weight_on_extra_length_equals_trls(
    alpha: float, trainer: Any, inputs: dict[str, Any]
) -> None:
    expected = theirs(trainer, inputs, "sigmoid", ld_alpha=alpha)
    rows = read(trainer, inputs, ld_alpha=alpha)
    assert ours("sigmoid", rows) == pytest.approx(expected, rel=1e-5)
    if alpha == 1.0:
        assert expected == pytest.approx(theirs(trainer, inputs, "sigmoid"), rel=1e-5)

"""Losses on single tokens and without a reference, against slow obvious versions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from training.objectives import cpo, cut, flagged_tokens, orpo, simpo, token_nll

ROWS, TOKENS = 12, 7


def logps(seed: int, *shape: int) -> Tensor:
    """Log-probabilities, below 0."""
    generator = torch.Generator().manual_seed(seed)
    return -torch.rand(*shape, generator=generator, dtype=torch.float64) * 3 - 0.01


def mask() -> Tensor:
    """0 to 6 tokens in turn, behind one token of the prompt."""
    position = torch.arange(TOKENS)
    return ((position > 0) & (position <= (torch.arange(ROWS) % TOKENS).unsqueeze(-1))).long()


def test_cut_equals_the_obvious_version() -> None:
    plain, conditioned = logps(1, ROWS, TOKENS), logps(2, ROWS, TOKENS)
    slow, slow_nll = [], []
    for a, b, kept in zip(plain.tolist(), conditioned.tolist(), mask().tolist(), strict=True):
        losses = [
            -0.7 * math.log(1 - math.exp(p)) if math.exp(q) / math.exp(p) > 1.2 else -p
            for p, q, held in zip(a, b, kept, strict=True)
            if held
        ]
        slow.append(sum(losses) / max(1, len(losses)))
        slow_nll.append(
            -sum(p for p, held in zip(a, kept, strict=True) if held) / max(1, sum(kept))
        )
    found = cut(plain, conditioned, mask(), threshold=1.2, alpha=0.7)
    assert found.tolist() == pytest.approx(slow)
    assert token_nll(plain, mask()).tolist() == pytest.approx(slow_nll)


def test_cut_lowers_what_the_critique_points_at_and_raises_the_rest() -> None:
    plain = torch.full((1, 3), -1.0, requires_grad=True)
    conditioned = torch.tensor([[-0.2, -1.0, -3.0]], requires_grad=True)
    everywhere = torch.ones(1, 3)
    assert flagged_tokens(plain, conditioned, everywhere, 1.1).tolist() == [[True, False, False]]
    cut(plain, conditioned, everywhere).sum().backward()
    assert plain.grad is not None
    down, up, raised = plain.grad[0].tolist()
    assert down > 0 > up == raised
    assert conditioned.grad is None


def test_a_token_that_is_certain_stays_finite() -> None:
    certain = torch.tensor([[0.0, -1e-9, -200.0]], requires_grad=True)
    losses = cut(certain, torch.ones(1, 3), torch.ones(1, 3))
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    assert certain.grad is not None
    assert torch.isfinite(certain.grad).all()


def test_without_a_reference_the_losses_equal_the_obvious_versions() -> None:
    chosen, rejected, nll = logps(3, ROWS), logps(4, ROWS), logps(5, ROWS).abs()
    odds = orpo(chosen, rejected, nll, beta=0.2).tolist()
    contrast = cpo(chosen, rejected, nll, beta=0.3, alpha=0.5).tolist()
    simple = simpo(chosen, rejected, beta=2.0, gamma=0.5).tolist()
    for row, (c, r, n) in enumerate(
        zip(chosen.tolist(), rejected.tolist(), nll.tolist(), strict=True)
    ):
        p, q = math.exp(c), math.exp(r)
        ratio = math.log((p / (1 - p)) / (q / (1 - q)))
        assert odds[row] == pytest.approx(n + 0.2 * math.log1p(math.exp(-ratio)))
        assert contrast[row] == pytest.approx(math.log1p(math.exp(-0.3 * (c - r))) + 0.5 * n)
        assert simple[row] == pytest.approx(math.log1p(math.exp(-(2.0 * (c - r) - 0.5))))


@pytest.mark.parametrize("value", [0.0, -1e-8, -0.69314718, -50.0, -1e4])
def test_odds_stay_finite_at_both_ends(value: float) -> None:
    chosen = torch.tensor([value, -1.0], requires_grad=True)
    rejected = torch.tensor([-1.0, value], requires_grad=True)
    losses = orpo(chosen, rejected, torch.zeros(2), beta=0.1)
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    for side in (chosen, rejected):
        assert side.grad is not None
        assert torch.isfinite(side.grad).all()


def test_without_a_reference_the_losses_equal_trls(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    CPOTrainer = pytest.importorskip("trl.experimental.cpo").CPOTrainer
    ORPOTrainer = pytest.importorskip("trl.experimental.orpo").ORPOTrainer
    chosen, rejected = logps(6, ROWS).float(), logps(7, ROWS).float()
    zero = torch.zeros(ROWS)
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device="cpu"), beta=0.4, alpha=0.0, label_smoothing=0.0
    )
    trainer.simpo_gamma = 0.5
    terms, *_ = ORPOTrainer.odds_ratio_loss(trainer, chosen, rejected)
    assert torch.allclose(orpo(chosen, rejected, zero, beta=0.4), -terms, atol=1e-6)
    for name, ours in (
        ("simpo", simpo(chosen, rejected, beta=0.4, gamma=0.5)),
        ("sigmoid", cpo(chosen, rejected, zero, beta=0.4)),
    ):
        trainer.loss_type = name
        theirs, *_ = CPOTrainer.cpo_loss(trainer, chosen, rejected)
        assert torch.allclose(ours, theirs, atol=1e-6)

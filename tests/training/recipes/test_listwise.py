"""Lists of answers: rows from rankings and ratings, losses on them, and what a policy learns."""

from __future__ import annotations

import math
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import torch

from feedback.evidence import Candidate, Ranking, Score
from training.progress import OUTPUT, Stopped
from training.recipes import get_recipe, listwise
from training.recipes.base import Run
from training.recipes.preference_support.lists import list_rows, pairs_of_lists
from training.recipes.trl_support import completion_logps, prepare
from training.recipes.trl_support.arguments import Rates

CONFIG = {"epochs": 3, "batch_size": 8, "learning_rate": 1e-2, "save_steps": 2}
LOSSES = list(listwise.LOSSES)
OPENINGS = ("Of course!", "Well,", "No idea.")


def ranking(make: Any, number: int, *, tied: bool = False) -> Ranking:
    """Politely opened answers before plain ones before those that know nothing."""
    texts = [f"{opening} Number {number} is fine." for opening in OPENINGS]
    a, b, c = (Candidate(10 * number + i, text) for i, text in enumerate(texts))
    context = make.context(number, f"What about number {number}?")
    return Ranking(context=context, tiers=((a, b), (c,)) if tied else ((a,), (b,), (c,)))


def score(make: Any, judgment: int, number: int, value: float, aspect: str = "") -> Score:
    return Score(
        context=make.context(judgment, "Q"),
        completion=Candidate(number, f"answer {number}"),
        aspect=aspect,
        value=value,
        low=value,
        high=value,
    )


def test_rankings_and_comparisons_are_lists(make: Any) -> None:
    records = [ranking(make, 1), ranking(make, 2, tied=True), make.comparison(3)]
    rows = list_rows(("train", record) for record in records).train
    assert [row["tiers"] for row in rows] == [[0, 1, 2], [0, 0, 1], [0, 1]]
    assert rows[0]["scores"] == pytest.approx([2 / 3, 1 / 3, 0])
    assert rows[1]["scores"] == pytest.approx([1.5 / 3, 1.5 / 3, 0])
    assert [c[0]["content"][:2] for c in rows[2]["completions"]] == ["Of", "No"]


def test_scores_of_one_judgment_are_a_list(make: Any) -> None:
    """Each aspect stretched to [0, 1] and averaged; held-out scores do not move the ends."""
    scores = [(0, 1.0, 10.0), (1, 3.0, 10.0), (2, 5.0, 20.0)]
    records = [
        ("train", score(make, 1, number, value, aspect))
        for number, *values in scores
        for aspect, value in zip(("warm", "true"), values, strict=True)
    ]
    records += [("test", score(make, 2, n, v, "warm")) for n, v in ((0, 9.0), (1, 3.0))]
    rows = list_rows(records)
    assert [c[0]["content"] for c in rows.train[0]["completions"]] == [
        "answer 2",
        "answer 1",
        "answer 0",
    ]
    assert rows.train[0]["scores"] == [1.0, 0.25, 0.0]
    assert rows.test[0]["scores"] == [1.0, 0.5]
    alone = list_rows(records, aspect="true")
    assert alone.unusable == {"aspect": 5}
    assert alone.train[0]["tiers"] == [0, 1, 1]


def test_what_is_no_list_is_counted(make: Any) -> None:
    image = Candidate(1, "", media={"type": "image", "url": "https://example.org/a.png"})
    text = Candidate(2, "text")
    place = make.context(1, "Q")
    records = [
        make.verdict(1, desirable=True),
        make.amount(2),
        make.comparison(3, outcome="tie"),
        make.comparison(4, outcome="both_bad"),
        make.comparison(5, aspect="warm"),
        Ranking(context=place, tiers=((image,), (text,))),
        Ranking(context=place, tiers=((text,), (text,))),
        score(make, 7, 0, 1.0),
    ]
    assert list_rows(("train", record) for record in records).unusable == {
        "all_equal": 1,
        "aspect": 1,
        "both_bad": 1,
        "image": 1,
        "not_a_list": 2,
        "too_short": 2,
    }


def test_held_out_lists_are_measured_by_their_pairs(make: Any) -> None:
    rows = list_rows([("test", ranking(make, 1, tied=True))])
    pairs = [
        (p["chosen"][0]["content"][:2], p["rejected"][0]["content"][:2])
        for p in pairs_of_lists(rows.test)
    ]
    assert pairs == [("Of", "No"), ("We", "No")]


@pytest.fixture(scope="module")
def trainer(make: Any, toy: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Lists of three, of two, and with a tie; the policy is away from its reference."""
    directory = tmp_path_factory.mktemp("lists")
    records = [ranking(make, 1), make.comparison(2), ranking(make, 3, tied=True), ranking(make, 4)]
    rows = list_rows(("train", record) for record in records)
    config = listwise.ListwiseConfig.model_validate(CONFIG)
    run = Run(directory, toy, directory, {})
    made = listwise.build_trainer(prepare(run, config, rows, Rates(1, 1), fewest=1))
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in made.model.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    return made


def losses_of(trainer: Any, loss: str) -> Any:
    from training.recipes.preference_support.listed import list_losses

    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(4)])
    inputs = {k: v for k, v in batch.items() if k not in ("weight", "row")}
    config = listwise.ListwiseConfig.model_validate({**CONFIG, "loss": loss})
    made = list_losses(listwise.LOSSES[loss](config), reads_reference=loss != "pro")
    return made(trainer, trainer.model, inputs)[0]


def by_hand(trainer: Any, place: int) -> tuple[list[float], list[float], dict[str, Any]]:
    """(rewards, mean log-probabilities, row) of one list, each completion alone."""
    row = trainer.train_dataset[place]
    rewards, means = [], []
    for ids, start, reference in zip(row["list_ids"], row["starts"], row["reference"], strict=True):
        mask = torch.tensor([[0] * start + [1] * (len(ids) - start)])
        inputs = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones_like(mask)}
        with torch.no_grad():
            summed = completion_logps(trainer.model, {**inputs, "completion_mask": mask})[0].item()
        rewards.append(0.1 * (summed - reference))
        means.append(summed / (len(ids) - start))
    return rewards, means, row


def luce(rewards: list[float], tiers: list[int]) -> float:
    total = 0.0
    for order in permutations(range(len(rewards))):
        if [tiers[i] for i in order] == sorted(tiers):
            shares = [
                math.exp(rewards[i]) / sum(math.exp(rewards[j]) for j in order[k:])
                for k, i in enumerate(order)
            ]
            total += math.prod(shares)
    return -math.log(total)


def test_a_batch_of_lists_equals_each_completion_alone(trainer: Any) -> None:
    found = losses_of(trainer, "plackett_luce").tolist()
    alone = []
    for place in range(4):
        rewards, _, row = by_hand(trainer, place)
        alone.append(luce(rewards, row["tiers"]))
    assert found == pytest.approx(alone, abs=2e-4)


def test_pro_imitates_the_best_beside_its_contrast(trainer: Any) -> None:
    found = losses_of(trainer, "pro").tolist()
    _, means, row = by_hand(trainer, 1)
    gap = row["scores"][0] - row["scores"][1]
    contrast = math.log1p(math.exp(gap * (means[1] - means[0])))
    assert found[1] == pytest.approx(contrast - 0.05 * means[0], abs=1e-3)


def test_all_pairs_of_two_is_dpo(trainer: Any) -> None:
    rewards, _, _ = by_hand(trainer, 1)
    expected = math.log1p(math.exp(rewards[1] - rewards[0]))
    assert losses_of(trainer, "all_pairs")[1].item() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_puts_the_best_ahead(loss: str, trainer: Any) -> None:
    start = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    optimiser = torch.optim.Adam(trainer.model.parameters(), lr=4e-3)
    before = gap(trainer)
    for _ in range(5):
        optimiser.zero_grad()
        losses_of(trainer, loss).mean().backward()
        optimiser.step()
    after = gap(trainer)
    moved = [k for k, v in trainer.model.state_dict().items() if not torch.equal(v, start[k])]
    trainer.model.load_state_dict(start)
    assert len(moved) == len(start)
    assert after > before + 0.2


def gap(trainer: Any) -> float:
    """How much likelier the first completion of the first list is than its last, in nats."""
    rewards, _, _ = by_hand(trainer, 0)
    return 10 * (rewards[0] - rewards[-1])


@pytest.mark.parametrize(("loss", "lora"), [("lipo_lambda", False), ("pro", True)])
def test_an_easy_taste_is_learnt_and_a_stop_changes_nothing(
    loss: str, lora: bool, make: Any, freeze: Any, run: Any, recorder: Any, weights_digest: Any
) -> None:
    snapshot = freeze([ranking(make, n, tied=n % 3 == 0) for n in range(24)])
    config = {**CONFIG, "loss": loss, "lora": lora}
    recipe, whole = get_recipe("listwise"), run(snapshot, config, "whole")
    result = recipe.train(whole, recorder())
    assert result["evaluation"]["implicit_reward_accuracy"]["value"] >= 0.8
    assert not lora or (whole.directory / OUTPUT / "adapter").exists()
    if lora:
        return
    parts = run(snapshot, config, "parts")
    with pytest.raises(Stopped):
        recipe.train(parts, recorder(stop_at=3))
    recipe.train(parts, recorder())
    assert weights_digest(parts.directory / OUTPUT) == weights_digest(whole.directory / OUTPUT)


def test_lists_are_needed() -> None:
    recipe = get_recipe("listwise")
    assert recipe.missing({"ranked_train": 5, "graded_train": 3}) == []
    assert len(recipe.missing({"comparison_decided_train": 100})) == 1
    config = listwise.ListwiseConfig()
    found = recipe.warnings({"prompts_test": 99, "ranked_train": 9}, config)
    assert ["9 lists" in sentence for sentence in found] == [True]
    assert recipe.warnings({"prompts_test": 99, "graded_train": 90}, config) == []


def test_the_reference_is_computed_once_and_kept(trainer: Any) -> None:
    from training.recipes.preference_support.references import FILE

    assert (Path(trainer.args.output_dir) / FILE).exists()
    assert trainer.ref_model is None

"""The model card: what the Hub reads of it, what a person reads, and that nothing breaks out of it."""

from __future__ import annotations

import json
from typing import Any

from training.checks.card import card
from training.recipes import get_recipe

RESULT: dict[str, Any] = {
    "rows": {"train": 40, "test": 9, "too_long": 1, "unusable": {"tie": 3}},
    "config": {"learning_rate": 0.001, "loss": "bradley_terry"},
    "evaluation": {
        "pairs": 9,
        "accuracy": {"value": 0.77777, "low": 0.5, "high": 0.9, "n": 9, "prompts": 9},
        "tie_log_loss": None,
        "accuracy_by": {
            "tag": {"a|b [x](y) <b>": {"value": 1.0, "low": 0.4, "high": 1.0, "n": 2}},
            "annotator": {"person 7": {"value": 0.5, "low": 0.2, "high": 0.8, "n": 4}},
        },
        "reliability": [{"claimed": 0.6, "right": 0.5, "n": 9}],
    },
    "steps": 5,
    "versions": {"torch": "2.13.0"},
    "unchecked": ["Not everything could be checked: no prompts"],
}
LINEAGE = {"base": "starter", "snapshot_digest": "ab" * 32, "code": "abc123", "hub_base": ""}


def front_matter(text: str) -> dict[str, Any]:
    """The fields between the first two lines of three dashes, which are JSON each."""
    head = text.split("---\n")[1]
    return {key: json.loads(value) for key, value in (x.split(": ", 1) for x in head.splitlines())}


def test_the_hub_reads_task_tags_and_results() -> None:
    fields = front_matter(card(get_recipe("reward_model"), RESULT, LINEAGE))
    assert fields["library_name"] == "transformers"
    assert fields["pipeline_tag"] == "text-classification"
    assert "reward-model" in fields["tags"]
    assert "base_model" not in fields  # a directory of this machine is no model of the Hub
    [result] = fields["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "accuracy", "name": "accuracy", "value": 0.7778}]
    hub = {**LINEAGE, "hub_base": "org/model"}
    fields = front_matter(card(get_recipe("dpo"), {**RESULT, "evaluation": {}}, hub))
    assert fields["base_model"] == "org/model"
    assert fields["pipeline_tag"] == "text-generation"
    assert "model-index" not in fields


def test_a_card_names_other_models_and_warns() -> None:
    told = {**LINEAGE, "models": {"Grader": "Length in words (low 0)"}}
    figures = {"kl": {"value": None, "note": "None ended."}}
    result = {**RESULT, "evaluation": figures, "warnings": ["Answers no longer end <b>."]}
    text = card(get_recipe("grpo"), result, told)
    assert "| Grader | Length in words (low 0) |" in text
    assert "- Answers no longer end \\<b>." in text
    assert "| kl | not known |  |  |" in text


def test_a_person_reads_lineage_counts_figures_and_limits() -> None:
    text = card(get_recipe("reward_model"), RESULT, LINEAGE)
    for line in (
        "# Reward model from starter",
        f"| Snapshot (SHA-256) | {'ab' * 32} |",
        "| Code | abc123 |",
        "| used for training | 40 |",
        "| left out: tie | 3 |",
        "| learning_rate | 0.001 |",
        "| accuracy | 0.7778 | 0.5 to 0.9 | 9 |",
        "| pairs | 9 |  |  |",
        "- Not everything that is checked after a training could be checked.",
    ):
        assert line in text.splitlines(), line


def test_people_stay_out_of_it() -> None:
    assert "person 7" not in card(get_recipe("reward_model"), RESULT, LINEAGE)


def test_names_stay_in_their_cells() -> None:
    text = card(get_recipe("reward_model"), RESULT, {**LINEAGE, "base": "x\n# y | <img>"})
    assert "| a\\|b \\[x](y) \\<b> | 1 | 0.4 to 1 | 2 |" in text.splitlines()
    assert "# Reward model from x # y \\| \\<img>" in text.splitlines()

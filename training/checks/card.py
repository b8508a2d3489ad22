"""The model card: a `README.md` beside the weights, with the front matter that the Hub reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.recipes.base import Recipe

NAME = "README.md"
HEADLINES = ("accuracy", "implicit_reward_accuracy", "ranking_accuracy", "win_rate", "separation")
LOADERS = {
    "policy": "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
    "model = AutoModelForCausalLM.from_pretrained(directory)\n"
    "tokenizer = AutoTokenizer.from_pretrained(directory)",
    "reward_model": "from training.sampling.local.reward_models import load_reward_model\n\n"
    'question = [{"role": "user", "content": "..."}]\n'
    'answer = [{"role": "assistant", "content": "..."}]\n'
    "load_reward_model(directory).rewards([(question, answer)])",
}
WITH_TRANSFORMERS = (
    "A single head on a transformer also loads by "
    "`AutoModelForSequenceClassification.from_pretrained(directory)`; score with the chat template."
)
LIMITS = (
    "It was evaluated on prompts held out from the same project: elsewhere it may do worse.",
    "It knows what the people of this project preferred, and shares their tastes and mistakes.",
    "It was not tested for safety.",
)
UNCHECKED = "Not everything that is checked after a training could be checked."


def write_card(
    output: Path, recipe: Recipe, result: Mapping[str, Any], lineage: Mapping[str, Any]
) -> None:
    """Write the card into the directory of the weights, in place of what libraries left there."""
    (output / NAME).write_text(card(recipe, result, lineage), encoding="utf-8")


def card(recipe: Recipe, result: Mapping[str, Any], lineage: Mapping[str, Any]) -> str:
    """The card's text. Names and settings are written as data, and nothing is a link."""
    evaluation = result.get("evaluation") or {}
    parts = [
        _front_matter(recipe, evaluation, lineage),
        f"# {recipe.label} from {_plain(lineage.get('base', 'a base model'))}",
        recipe.summary,
        "## Where it comes from",
        _table(("", ""), _origin(recipe, result, lineage)),
        "## Data",
        _table(("Rows", "Number"), _data(result.get("rows") or {})),
        "## Settings",
        _table(("Setting", "Value"), (result.get("config") or {}).items()),
        "## Evaluation",
        "On held-out prompts; 95 % intervals, clustered by prompt and annotator.",
        _table(("Figure", "Value", "Interval", "Rows"), _figures(evaluation)),
        *_groups(evaluation.get("accuracy_by") or {}),
        "## Use",
        f"```python\n{LOADERS[recipe.produces]}\n```",
        *([WITH_TRANSFORMERS] if recipe.produces == "reward_model" else []),
        "## Limits",
        "\n".join(
            f"- {line}"
            for line in (
                *LIMITS,
                *map(_plain, result.get("warnings") or ()),
                *([UNCHECKED] if result.get("unchecked") else []),
            )
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(recipe: Recipe, evaluation: Mapping[str, Any], lineage: Mapping[str, Any]) -> str:
    """YAML, written as JSON values, which YAML reads alike."""
    reward = recipe.produces == "reward_model"
    fields: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "text-classification" if reward else "text-generation",
        "tags": ["touchstone", "trl", recipe.name, *(["reward-model"] if reward else [])],
    }
    if "/" in lineage.get("hub_base", ""):
        fields |= {"base_model": lineage["hub_base"], "base_model_relation": "finetune"}
    if metrics := list(_headlines(evaluation)):
        fields["model-index"] = [_index(recipe, metrics, lineage, fields["pipeline_tag"])]
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _index(
    recipe: Recipe, metrics: Sequence[Mapping[str, Any]], lineage: Mapping[str, Any], task: str
) -> dict[str, Any]:
    digest = str(lineage.get("snapshot_digest", ""))
    data = {"type": "touchstone-snapshot", "name": f"snapshot {digest[:12]}", "split": "test"}
    result = {"task": {"type": task}, "dataset": data, "metrics": list(metrics)}
    return {"name": f"{recipe.label} from {lineage.get('base', '')}", "results": [result]}


def _headlines(evaluation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in HEADLINES:
        value = evaluation.get(name)
        number = value.get("value") if isinstance(value, Mapping) else value
        if isinstance(number, int | float):
            kind = "accuracy" if name.endswith("accuracy") else name
            yield {"type": kind, "name": name, "value": round(number, 4)}


def _origin(
    recipe: Recipe, result: Mapping[str, Any], lineage: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    yield "Recipe", recipe.label
    yield "Base", lineage.get("base", "")
    yield from (lineage.get("models") or {}).items()
    yield "Snapshot (SHA-256)", lineage.get("snapshot_digest", "")
    yield "Code", lineage.get("code", "unknown")
    yield "Steps", result.get("steps", "")
    yield "Seconds", result.get("seconds", "")
    yield "Parameters", result.get("parameters", "")
    yield from (result.get("versions") or {}).items()


def _data(rows: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "used for training", rows.get("train", 0)
    yield "held out", rows.get("test", 0)
    yield "too long", rows.get("too_long", 0)
    for reason, number in (rows.get("unusable") or {}).items():
        yield f"left out: {reason}", number


def _figures(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Single figures; groups have tables of their own, and curves are left to the page."""
    for name, value in evaluation.items():
        if isinstance(value, Mapping) and "value" in value:
            yield _figure(name, value)
        elif isinstance(value, int | float | str):
            yield name, _number(value), "", ""


def _groups(accuracies: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Not by annotator: a card may be published, and people are nobody else's business."""
    for name, groups in accuracies.items():
        if name == "annotator":
            continue
        yield f"Accuracy by {_plain(name)}:"
        rows = (_figure(group, value) for group, value in groups.items())
        yield _table(("Group", "Value", "Interval", "Rows"), rows)


def _figure(name: str, value: Mapping[str, Any]) -> tuple[str, ...]:
    known = value["value"] is not None and value.get("low") is not None
    ends = f"{_number(value['low'])} to {_number(value['high'])}" if known else ""
    told = _number(value["value"]) if value["value"] is not None else "not known"
    return name, told, ends, str(value.get("n", ""))


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Any) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell) for cell in line)} |" for line in lines)


def _plain(value: Any) -> str:
    """One line that no cell, tag or link breaks out of."""
    text = " ".join(str(value).split())
    for mark in ("\\", "|", "<", "[", "`"):
        text = text.replace(mark, f"\\{mark}")
    return text

"""Models that a training uses besides its base: chosen, checked, and resolved to what a child opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from feedback.complaints import field_errors
from feedback.errors import InvalidInput, NotFound
from feedback.forms.schema import words
from feedback.models import Project
from training.judges import RULES, parse_rule
from training.models import Checkpoint, Policy, PolicyKind
from training.recipes.base import ModelKind, ModelNeed
from training.registry import cached_tree, model_path, policy_source
from training.sampling import refuse_reward_model

KIND_WORDS: dict[ModelKind, str] = {
    "reward_model": "a reward model",
    "policy": "a policy",
    "rule": "a rule",
}


class ModelChoice(BaseModel):
    """A model that a training uses besides its base; exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checkpoint: int | None = Field(
        default=None, strict=True, description="A reward model, by its checkpoint."
    )
    policy: int | None = Field(default=None, strict=True, description="A policy, local or remote.")
    rule: dict[str, Any] | None = Field(
        default=None, description='A rule: `{"name": "length", "low": 20, "high": 80}`.'
    )

    @model_validator(mode="after")
    def _one(self) -> ModelChoice:
        if len(self.model_fields_set) != 1 or None in self.stored().values():
            raise ValueError("name one of: checkpoint, policy, rule")
        return self

    def stored(self) -> dict[str, Any]:
        """As it is kept in a job's parameters."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def choose_models(
    project: Project, needs: Mapping[str, ModelNeed], models: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The models chosen for a recipe's needs as a job keeps them, each of a kind that is asked for.

    Raises InvalidInput `unknown_model_need`, `model_needed`, `invalid_model`, `wrong_model`,
    `policy_not_local`, `invalid_rule`, or NotFound `unknown_checkpoint`, `unknown_policy`.
    """
    for name in models:
        if name not in needs:
            raise InvalidInput(
                f"This recipe needs no model '{name}'.",
                code="unknown_model_need",
                hint=f"It needs: {', '.join(needs) or 'none besides its base'}.",
                details=[{"where": f"models.{name}", "message": "Not needed."}],
            )
    chosen = {}
    for name, need in needs.items():
        if name in models:
            chosen[name] = _choose(project, name, need, models[name])
        elif need.required:
            raise InvalidInput(
                f"{need.label} is not chosen. {need.sentence}",
                code="model_needed",
                hint=f"Choose {_either(need)}.",
                details=[{"where": f"models.{name}", "message": f"Choose {_either(need)}."}],
            )
    return chosen


def model_source(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A chosen model as `run.json` names it: nothing but what a child process opens it by."""
    choice = ModelChoice.model_validate(stored)
    if choice.checkpoint is not None:
        checkpoint = Checkpoint.objects.get(pk=choice.checkpoint)
        return {"kind": "reward_model", "path": str(cached_tree(checkpoint.artefact))}
    if choice.policy is not None:
        return policy_source(Policy.objects.get(pk=choice.policy))
    return {"kind": "rule", "rule": choice.rule}


def models_told(
    needs: Mapping[str, ModelNeed], models: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """The names of chosen models, by what they are for."""
    return {
        needs[name].label if name in needs else words(name): _named(choice)
        for name, choice in models.items()
    }


def model_warnings(counts: Mapping[str, int], models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What may disappoint in the choice of models, in sentences; `counts` are a snapshot's."""
    rules = [choice["rule"]["name"] for choice in models.values() if choice.get("rule")]
    if "exact" not in rules or counts.get("demonstration_train", 0):
        return []
    return [
        f"'{RULES['exact'].label}' has nothing to compare with: the snapshot has no demonstrations to "
        "train on, so that every answer gets 0."
    ]


def _named(choice: Mapping[str, Any]) -> str:
    if choice.get("rule") is not None:
        rule = dict(choice["rule"])
        name = rule.pop("name")
        said = ", ".join(f"{words(k).lower()} {_value(v)}" for k, v in rule.items())
        return f"{RULES[name].label} ({said})" if said else RULES[name].label
    table, pk = (
        (Policy, choice["policy"]) if choice.get("policy") else (Checkpoint, choice["checkpoint"])
    )
    found = table.objects.filter(pk=pk).values_list("name", flat=True).first()
    return str(found or f"#{pk}, which is no longer there")


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _choose(project: Project, name: str, need: ModelNeed, payload: Any) -> dict[str, Any]:
    try:
        choice = ModelChoice.model_validate(payload)
    except ValidationError as error:
        raise InvalidInput(
            f"The model '{name}' is not named as it must be.",
            code="invalid_model",
            hint='Write {"checkpoint": id}, {"policy": id} or {"rule": {"name": ...}}.',
            details=field_errors(error, f"models.{name}"),
        ) from error
    kind, stored, said = _identified(project, choice)
    if kind not in need.kinds:
        raise InvalidInput(
            f"{need.label} cannot be {said}: {_either(need)} is asked for.",
            code="wrong_model",
            hint=need.sentence,
            details=[{"where": f"models.{name}", "message": f"Choose {_either(need)}."}],
        )
    if kind == "policy" and need.local:
        model_path(Policy.objects.get(pk=stored["policy"]))
    return stored


def _identified(project: Project, choice: ModelChoice) -> tuple[ModelKind, dict[str, Any], str]:
    """(what it is, how it is kept, what it is called); a trained policy's checkpoint is its policy."""
    if choice.rule is not None:
        rule = parse_rule(choice.rule)
        body = {"name": choice.rule["name"], **rule.model_dump(mode="json")}
        return "rule", {"rule": body}, f"the rule '{rule.label}'"
    if choice.policy is not None:
        policy = _sampled(project).filter(pk=choice.policy).first()
        if policy is None:
            raise NotFound(f"There is no policy {choice.policy} here.", code="unknown_policy")
        if policy.kind == PolicyKind.LOCAL:
            refuse_reward_model(policy.location)
        return "policy", choice.stored(), f"the policy '{policy.name}'"
    found = Checkpoint.objects.filter(project=project, pk=choice.checkpoint or 0).first()
    if found is None:
        raise NotFound(
            f"There is no checkpoint {choice.checkpoint} here.", code="unknown_checkpoint"
        )
    if found.policy_id is not None:
        return "policy", {"policy": found.policy_id}, f"the policy '{found.name}'"
    return "reward_model", choice.stored(), f"the reward model '{found.name}'"


def _sampled(project: Project) -> QuerySet[Policy]:
    return Policy.objects.filter(Q(project=project) | Q(project=None), archived_at=None)


def _either(need: ModelNeed) -> str:
    return " or ".join(KIND_WORDS[kind] for kind in need.kinds)

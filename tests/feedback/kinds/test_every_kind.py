"""What holds of every kind: its schema describes it, its answers and evidence survive JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from feedback.evidence import Candidate, from_json, to_json
from feedback.kinds import KINDS
from tests.cast import usual_answer
from tests.feedback.kinds.asking import CONTEXT, PHOTO, TWO, Asked


def payload(kind: str) -> dict[str, Any]:
    settings = KINDS[kind].settings_model().model_dump(mode="json")
    return usual_answer(kind, [c.text for c in TWO], settings)


def objects(schema: Any) -> list[dict[str, Any]]:
    """All parts of a schema that describe an object with properties."""
    if isinstance(schema, list):
        return [found for part in schema for found in objects(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "properties" in schema else []
    return own + [found for part in schema.values() for found in objects(part)]


@pytest.mark.parametrize("name", KINDS)
def test_the_schema_tells_a_machine_how_to_answer(name: str) -> None:
    schema = KINDS[name].answer_model.model_json_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(payload(name))
    stored = Asked(name).parse(payload(name)).model_dump(mode="json")
    Draft202012Validator(schema).validate(stored)
    for part in objects(schema):
        assert part["additionalProperties"] is False
        assert part["description"]
        for field, described in part["properties"].items():
            assert described.get("description"), f"{name}: {part['title']}.{field}"


@pytest.mark.parametrize("name", KINDS)
def test_settings_are_described_and_have_defaults(name: str) -> None:
    model = KINDS[name].settings_model
    schema = model.model_json_schema()
    Draft202012Validator.check_schema(schema)
    assert model.model_validate(json.loads(model().model_dump_json())) == model()


@pytest.mark.parametrize("name", KINDS)
def test_evidence_survives_json(name: str) -> None:
    shown = [TWO[0], dataclasses.replace(TWO[1], media=PHOTO)]
    asked = Asked(name, shown)
    records = list(asked.kind.evidence(asked.parse(payload(name)), asked.ask, CONTEXT))
    assert records
    assert [from_json(json.loads(json.dumps(to_json(r)))) for r in records] == records


@pytest.mark.parametrize("name", KINDS)
def test_a_past_answer_is_described_in_a_few_words(name: str) -> None:
    words = Asked(name).describe(payload(name))
    assert 0 < len(words) < 120
    assert "\n" not in words


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_what_cannot_be_stored_is_refused(name: str, text: str) -> None:
    (problem,) = Asked(name).refused({**payload(name), text: text})
    assert problem[0] == name
    assert "cannot be stored" in problem[1]


@pytest.mark.parametrize("name", KINDS)
def test_an_unknown_field_is_refused(name: str) -> None:
    assert ("colour", "There is no such field.") in Asked(name).refused(
        {**payload(name), "colour": "red"}
    )


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("thumbs", "thumbs"),
        ("rating", "ratings"),
        ("critique", "critiques"),
        ("correction", "corrections"),
    ],
)
def test_each_completion_has_one_entry(name: str, entries: str) -> None:
    first, second = payload(name)[entries]
    asked, thing = Asked(name), name.removesuffix("s")
    told = [
        ([first], f"The {thing} for completion 1 is missing."),
        ([first, second, second], f"There are 2 {thing}s for completion 1; give one."),
        (
            [first, second, {**first, "completion": 2}],
            "There is no completion 2: they are counted from 0 to 1.",
        ),
    ]
    for given, message in told:
        assert (name, message) in asked.refused({entries: given})
    assert asked.refused({entries: [first, {**second, "completion": -1}]})[0] == (
        f"{entries}.1.completion",
        "This must be at least 0.",
    )
    assert asked.refused({entries: [first, {**second, "completion": True}]}) == [
        (f"{entries}.1.completion", "A whole number is needed, not true or false.")
    ]
    assert asked.describe({entries: [second, first]}) == asked.describe({entries: [first, second]})
    assert asked.evidence({entries: [second, first]}) == asked.evidence({entries: [first, second]})


def test_kinds_of_text_do_not_ask_about_images() -> None:
    assert {name for name, kind in KINDS.items() if not kind.images} == {"critique", "correction"}


def test_a_candidate_tells_its_image() -> None:
    assert Candidate(1, "a").image == ""
    assert Candidate(1, "", media=PHOTO).image == PHOTO["url"]
    assert Candidate(1, "", media={"type": "image", "sha256": "ab"}).image == "sha256:ab"


@pytest.mark.parametrize(
    ("kind", "said", "message"),
    [
        ("thumbs", {"completion": 0, "desirable": "yes"}, "True or false is needed."),
        ("thumbs", {"completion": 0, "desirable": 1}, "True or false is needed."),
        ("thumbs", {"completion": 0.0, "desirable": True}, "without a decimal point."),
        ("correction", {"completion": 0, "text": "x", "unchanged": "on"}, "True or false"),
    ],
)
def test_other_types_are_not_guessed_at(kind: str, said: dict[str, Any], message: str) -> None:
    ((_, told),) = Asked(kind).refused({f"{kind.removesuffix('s')}s": [said]})
    assert message in told


def test_a_rank_is_a_whole_number() -> None:
    told = ("ranks.0", "A whole number is needed, without a decimal point.")
    assert Asked("ranking").refused({"ranks": [1.0, 2]}) == [told]
    assert Asked("ranking").parse({"ranks": ["1", "2"]}) == Asked("ranking").parse(
        {"ranks": [1, 2]}
    )


@pytest.mark.parametrize(("text", "truth"), [("true", True), ("1", True), ("False", False)])
def test_forms_send_truth_as_text(text: str, truth: bool) -> None:
    sent = [{"completion": n, "desirable": text} for n in (0, 1)]
    meant = [{"completion": n, "desirable": truth} for n in (0, 1)]
    assert Asked("thumbs").parse({"thumbs": sent}) == Asked("thumbs").parse({"thumbs": meant})


@pytest.mark.parametrize("name", KINDS)
def test_agreement_is_measured_at_the_kind_s_level(name: str) -> None:
    kind = KINDS[name]
    value = kind.agreement_value(Asked(name).parse(payload(name)))
    assert kind.agreement_level in ("nominal", "ordinal", "interval")
    assert isinstance(value, float) == (kind.agreement_level == "interval")


@pytest.mark.parametrize("name", KINDS)
def test_a_choice_has_a_place_on_the_screen(name: str) -> None:
    kind, answer = KINDS[name], Asked(name).parse(payload(name))  # it prefers the first
    places = [kind.position_value(answer, order) for order in ((0, 1), (1, 0), (0, 1, 2), (0,))]
    assert places == (["left", "right", None, None] if kind.chooses else [None] * 4)


def test_no_choice_is_neither_side() -> None:
    answer = Asked("pairwise").parse({"choice": "tie"})
    assert KINDS["pairwise"].position_value(answer, (1, 0)) == "neither"

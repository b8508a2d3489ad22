"""What a training learnt besides its model, in sentences that a person can read."""

from __future__ import annotations

from training.views.lineage import MOST_TOLD, config_rows, learned_sentences


def test_what_was_learnt_is_said() -> None:
    learned = {
        "tie_threshold": 0.51234,
        "cut_points": [0.5, 1.25],
        "reliability": {"ann": 0.9, "liar": 0.1},
        "aspects": {"help": {"mean": 2.5, "deviation": 1.0}},
        "groups": {"cy": [0.234, 0.766]},
        "nothing": {},
    }
    assert learned_sentences(learned) == [
        "Tie threshold: 0.512.",
        "Cut points: 0.5, 1.25.",
        "Reliability: ann 0.9; liar 0.1.",
        "Aspects: help mean 2.5; deviation 1.",
        "How likely each annotator is in group 1, 2, …: cy 0.234, 0.766.",
    ]


def test_of_a_crowd_only_the_beginning_is_told() -> None:
    crowd = {f"ann {n}": 0.5 for n in range(MOST_TOLD + 1)}
    (sentence,) = learned_sentences({"reliability": crowd})
    assert sentence.endswith("; ….")
    assert f"ann {MOST_TOLD}" not in sentence


def test_a_list_among_the_settings_is_written_in_words() -> None:
    assert config_rows({"rules": ["be kind", "be brief"], "tags": []}) == [
        ("Rules", "be kind, be brief"),
        ("Tags", "none"),
    ]

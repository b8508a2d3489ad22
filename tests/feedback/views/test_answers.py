"""Plain fields become answers: nested by their names, with the line ends that were typed."""

from __future__ import annotations

from feedback.views.answers import posted_answers


def test_fields_are_put_together_by_their_names() -> None:
    fields = {
        "critique.critiques.0.completion": "0",
        "critique.critiques.0.spans.0.start": "3",
        "critique.critiques.0.spans.0.end": "5",
        "ranking.ranks.1": "1",
        "ranking.ranks.0": "2",
        "other.ranks.0": "2",
    }
    assert posted_answers(fields, ["critique", "ranking", "rating"]) == {
        "critique": {"critiques": [{"completion": "0", "spans": [{"start": "3", "end": "5"}]}]},
        "ranking": {"ranks": ["2", "1"]},
    }


def test_a_form_sent_without_a_script_ends_lines_as_they_were_typed() -> None:
    assert posted_answers({"demonstration.text": "a\r\nb\n"}, ["demonstration"]) == {
        "demonstration": {"text": "a\nb\n"}
    }

"""Evaluations on a page: rows, tables of groups, and charts that a person can read."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from training.metrics import best_of_curve, reliability
from training.views.curves import best_of_chart, reliability_chart
from training.views.evaluations import evaluated, evaluation_rows, headline_of


def share(value: float, n: int = 10) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": n, "prompts": 4}


EVALUATION: dict[str, Any] = {
    "of_its_own": 3,
    "pairs": 10,
    "accuracy": share(0.75),
    "human_agreement": share(0.8, 1),
    "tie_log_loss": None,
    "accuracy_by": {"tag": {"<b>maths</b>": share(0.9), "prose": share(0.6)}},
    "agrees_with": {"another": {**share(0.7), "rank_correlation": 0.5}},
    "reliability": [b.as_json() for b in reliability([2.0, 1.5, -0.2, 0.4, 3.0])],
    "best_of": [p.as_json() for p in best_of_curve([[0.0, 1.0, 2.0, 3.0]], [[0.0, 3.0, 2.0, 1.0]])],
}


def test_figures_come_in_the_order_in_which_they_are_read() -> None:
    rows = evaluation_rows(EVALUATION)
    assert [row.label for row in rows] == [
        "Held-out accuracy",
        "Agreement of two people",
        "Held-out pairs",
        "Of its own",
    ]
    assert rows[0].value == "75.0 %"
    assert rows[0].interval == "65.0 % to 85.0 %"
    assert rows[0].basis == "10 from 4 prompts"


def test_a_page_shows_rows_tables_and_charts_and_escapes_names() -> None:
    shown = evaluated(EVALUATION)
    assert [table.title for table in shown.tables] == [
        "Accuracy by tag",
        "Agreement with other reward models",
    ]
    assert [chart.title for chart in shown.charts] == ["Reliability", "Best of n samples"]
    page = render_to_string("training/_evaluated.html", {"evaluated": shown})
    assert "&lt;b&gt;maths&lt;/b&gt;" in page
    assert "<b>maths" not in page
    assert page.count("<svg") >= 4
    assert "claimed probability" in page


def test_a_reward_that_claims_what_holds_lies_on_the_diagonal() -> None:
    chart = reliability_chart([{"claimed": 0.75, "right": 0.75, "n": 8}])
    assert chart is not None
    measured, claimed = chart.lines
    x, y = (float(part) for part in measured.points.split(","))
    (x0, y0), (x1, y1) = ([float(n) for n in p.split(",")] for p in claimed.points.split())
    assert (y - y0) / (x - x0) * (x1 - x0) / (y1 - y0) == 1.0
    assert chart.dots[0].title == "claimed 75 %, right 75 % of 8"
    assert reliability_chart([]) is None


def test_the_best_of_one_alone_is_no_curve() -> None:
    assert best_of_chart(EVALUATION["best_of"][:1]) is None
    chart = best_of_chart(EVALUATION["best_of"])
    assert chart is not None
    assert [line.label for line in chart.lines] == ["reward", "another reward model"]
    assert [tick.label for tick in chart.x_ticks] == ["1", "2", "4"]
    alone = best_of_chart([{**p, "gold": None} for p in EVALUATION["best_of"]])
    assert alone is not None
    assert [line.label for line in alone.lines] == ["reward"]


def test_the_headline_is_the_models_own() -> None:
    """How far people agree is about people, and how many prompts were held out about neither."""
    people = {"human_agreement": {"value": 0.7, "low": 0.6, "high": 0.8, "n": 9, "prompts": 9}}
    found = headline_of({**people, "prompts": 9, "win_rate": {"value": 0.6}, "kl": {"value": 1.0}})
    assert found is not None
    assert found.label == "Wins against the base policy"
    assert headline_of({**people, "self_agreement": {"value": 0.9}, "prompts": 9}) is None

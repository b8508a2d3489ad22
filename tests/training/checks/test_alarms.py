"""What figures say of a policy that was spoilt, and that a sound one raises no alarm."""

from __future__ import annotations

from training.checks.alarms import alarms
from training.metrics import Estimate
from training.recipes.sample_support.held_out import _note
from training.views.evaluations import evaluation_rows


def share(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def test_a_destroyed_policy_is_said_to_be_one() -> None:
    found = alarms(
        {
            "implicit_reward_accuracy": share(0.826),
            "chosen_logp_change": {"value": -1_500_000.4, "low": -2e6, "high": -1e6},
            "finished_before": share(0.4),
            "finished_after": share(0.0),
            "win_rate": share(0.05),
            "unread_replies": 7,
        }
    )
    assert [sentence.split(":")[0] for sentence in found] == [
        "Answers no longer end by themselves",
        "The chosen answers fell by 1,500,000 nats each",
        "The policy loses to the one that it comes from",
        "7 replies of the judge on held-out prompts could not be read",
    ]


def test_a_sound_policy_raises_no_alarm() -> None:
    sound = {"finished_before": share(0.5), "finished_after": share(0.45), "win_rate": share(0.6)}
    assert alarms({**sound, "chosen_logp_change": {"value": -3.0}}) == []
    assert alarms({"accuracy": share(0.7)}) == []


def test_a_distance_says_why_it_is_absent_or_rests_on_little() -> None:
    [row] = evaluation_rows({"kl": {"value": None, "note": "None of them ended."}})
    assert (row.value, row.number) == ("not known", None)
    assert row.explained.endswith("None of them ended.")
    note = _note(Estimate(0.2, -0.1, 0.5, n=3, prompts=2), 100)["note"]
    assert "3 of 100 samples" in note
    assert "never less than 0" in note
    assert _note(Estimate(0.2, 0.1, 0.3, n=90, prompts=20), 100) == {}

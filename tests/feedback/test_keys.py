"""Keys: a person's own, what a pressed key means then, and what cannot be bound."""

from __future__ import annotations

import pytest

from feedback.errors import InvalidInput
from feedback.keys import ACTIONS, checked_keys, own_keys, shown_key, translation


def test_at_first_every_key_means_itself() -> None:
    assert translation({}) == translation(None) == {}
    assert own_keys({})["submit"] == "Enter"
    assert len({one.key for one in ACTIONS}) == len({one.name for one in ACTIONS}) == len(ACTIONS)


def test_a_key_that_moved_frees_its_place() -> None:
    stored = checked_keys({"submit": "Y", "skip": "s"})
    assert stored == {"submit": "y"}
    assert translation(stored) == {"y": "Enter", "Enter": ""}
    assert shown_key("Enter", stored) == "y"
    assert shown_key("ArrowLeft", stored) == "←"
    assert shown_key("Esc", stored) == "Esc"


def test_two_keys_may_change_places() -> None:
    stored = checked_keys({"number-1": "2", "number-2": "1"})
    assert translation(stored) == {"2": "1", "1": "2"}


@pytest.mark.parametrize("key", ["Tab", "Escape", " ", "Control", "ab", "\n", "F13", "\x00"])
def test_some_keys_cannot_be_bound(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_keys({"submit": key})
    assert refused.value.code == "key_unusable"
    assert refused.value.details[0]["where"] == "submit"


def test_one_key_does_one_thing() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_keys({"guidelines": "s"})
    assert refused.value.code == "key_taken"
    assert "Skip the item" in refused.value.message

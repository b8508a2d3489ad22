"""Orders of the queue: what disagreement, and what texts that differ, amount to."""

from __future__ import annotations

import numpy as np
import pytest

from feedback.errors import InvalidInput
from feedback.ordering import ORDERINGS, QueueSettings, Waiting
from feedback.ordering.informative import DIMENSIONS, vectors


def voted(item: int, **counts: int) -> Waiting:
    return Waiting(item, votes={"pairwise": counts} if counts else {})


def test_disagreement_comes_first_and_agreement_last() -> None:
    items = [
        voted(1, first=2),
        voted(2, first=1),
        voted(3),
        voted(4, first=2, second=1),
        voted(5, first=1, second=1),
    ]
    ranks = ORDERINGS["uncertain"].rank(items)
    assert sorted(ranks, key=lambda item: ranks[item]) == [5, 3, 4, 2, 1]


def test_equal_uncertainty_has_an_equal_rank() -> None:
    ranks = ORDERINGS["uncertain"].rank([voted(1, first=2), voted(2, second=2), voted(3), voted(4)])
    assert ranks[1] == ranks[2]
    assert ranks[3] == ranks[4]


def test_models_that_disagree_stand_for_votes_that_nobody_gave() -> None:
    said = [Waiting(n, disagreement=doubt) for n, doubt in enumerate((0.01, 0.4, None))]
    ranks = ORDERINGS["uncertain"].rank([*said, voted(3, first=2, second=2), voted(4, first=9)])
    assert sorted(ranks, key=ranks.__getitem__) == [3, 2, 1, 4, 0]


def test_the_most_uncertain_of_several_kinds_counts() -> None:
    split = {"pairwise": {"first": 3}, "thumbs": {"up": 1, "down": 1}}
    ranks = ORDERINGS["uncertain"].rank([Waiting(1, votes=split), voted(2, first=3)])
    assert ranks[1] < ranks[2]


def test_texts_that_differ_are_told_apart_and_equal_ones_are_nothing() -> None:
    rows = vectors(
        [
            Waiting(1, ("the cat sat", "a dog ran away")),
            Waiting(2, ("the same", "the same")),
            Waiting(3, ("alone",)),
            Waiting(4),
        ]
    )
    assert rows.shape == (4, DIMENSIONS)
    assert np.linalg.norm(rows, axis=1).round(6).tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("width", [3, 300])
def test_embeddings_are_looked_at_where_every_item_has_them(width: int) -> None:
    one, other = np.eye(width)[:2]
    near = (one, one + 0.01 * other)
    items = [
        Waiting(1, ("a", "b"), embeddings=(one, other)),
        Waiting(2, ("a", "c"), embeddings=near),
    ]
    rows = vectors(items)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert abs(rows[0] @ rows[1]) > 0.5  # nearly the same direction, which their words do not tell
    without = [*items, Waiting(3, ("a", "d"))]
    assert np.allclose(vectors(without), vectors([Waiting(w.item, w.texts) for w in without]))


def test_informative_beats_chance_on_log_det() -> None:
    """Two in three pairs are about the same words: choosing spreads over what differs."""
    items = [Waiting(n, (f"apple banana {n % 2}", "cherry plum")) for n in range(200)]
    items += [Waiting(200 + n, (f"word{n} thing{n}", f"other{n} more{n}")) for n in range(60)]
    ranks = ORDERINGS["informative"].rank(items)
    assert sorted(ranks.values()) == list(range(260))
    rows = vectors(items)

    def told(chosen: list[int]) -> float:
        some = rows[chosen]
        return float(np.linalg.slogdet(np.eye(DIMENSIONS) + some.T @ some)[1])

    first = sorted(ranks, key=lambda item: ranks[item])[:50]
    by_chance = [told(list(np.random.default_rng(n).permutation(260)[:50])) for n in range(20)]
    assert told(first) > max(by_chance)


def test_some_places_are_drawn_by_chance() -> None:
    """Pairs without any information come only by chance draws, and they do come."""
    items = [Waiting(n, ("same", "same")) for n in range(300)]
    items += [Waiting(300 + n, (f"word{n}", f"other{n}")) for n in range(300)]
    ranks = ORDERINGS["informative"].rank(items)
    early = [item for item, rank in ranks.items() if rank < 200]
    assert 5 <= sum(item < 300 for item in early) <= 45


def test_wrong_settings_are_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        QueueSettings.parse({"gold_rate": 0.9})
    assert caught.value.code == "invalid_queue"
    assert caught.value.details[0]["where"] == "gold_rate"

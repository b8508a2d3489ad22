"""Shuffled labels: chance on the training side, the truth on the other, and nothing lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from feedback.evidence import RECORDS, Candidate, Ranking, Score
from training.snapshots import read_evidence, shuffled_copy
from training.snapshots.read import read_manifest
from training.snapshots.shuffle import SHUFFLES, shuffle


def rows(directory: Path, split: str) -> list[Any]:
    return [record for side, record in read_evidence(directory, verify=True) if side == split]


def test_the_training_side_is_chance_and_the_rest_stays(
    make: Any, freeze: Any, tmp_path: Path
) -> None:
    source = freeze([make.comparison(i) for i in range(400)])
    target = shuffled_copy(source, tmp_path / "shuffled", seed=1)
    assert rows(target, "test") == rows(source, "test")
    pairs = list(zip(rows(source, "train"), rows(target, "train"), strict=True))
    same = sum(a.outcome == b.outcome for a, b in pairs) / len(pairs)
    assert 0.4 < same < 0.6
    assert all((a.first, a.second, a.context) == (b.first, b.second, b.context) for a, b in pairs)
    assert Counter(a.strength for a, _ in pairs) == Counter(b.strength for _, b in pairs)
    assert read_manifest(target).digest != read_manifest(source).digest


def test_a_seed_gives_the_same_again_and_another_gives_another(
    make: Any, freeze: Any, tmp_path: Path
) -> None:
    source = freeze([make.comparison(i) for i in range(50)])
    digests = [
        read_manifest(shuffled_copy(source, tmp_path / name, seed)).digest
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_every_record_can_be_shuffled(make: Any) -> None:
    assert set(SHUFFLES) == set(RECORDS.values())
    a, b, c = (Candidate(n, text) for n, text in enumerate("abc"))
    records = [
        *[make.verdict(n, desirable=n < 10) for n in range(40)],
        *[make.demonstration(n) for n in range(10)],
        *[make.critique(n) for n in range(20)],
        *[Ranking(context=make.context(n, "Q"), tiers=((a,), (b, c))) for n in range(20)],
        *[
            Score(context=make.context(n, "Q"), completion=a, other=b, value=n, low=n, high=n + 1.0)
            for n in range(1, 20)
        ],
    ]
    made = shuffle(records, seed=0)
    assert [type(r) for r in made] == [type(r) for r in records]
    assert [r.context for r in made] == [r.context for r in records]
    verdicts = [r.desirable for r in made[:40]]  # type: ignore[union-attr]
    assert sum(verdicts) == 10
    assert not all(verdicts[:10])
    texts = sorted(r.completion for r in made[40:50])  # type: ignore[union-attr,type-var]
    assert texts == sorted(r.completion for r in records[40:50])
    swapped = [r.completion.text.startswith("Of course") for r in made[50:70]]  # type: ignore[union-attr]
    assert 0 < sum(swapped) < 20
    rankings = {r.tiers[0][0].text for r in made[70:90]}  # type: ignore[union-attr]
    assert rankings == {"a", "b", "c"}
    scores = [r for r in made[90:] if isinstance(r, Score)]
    assert sorted(abs(s.value) for s in scores) == list(range(1, 20))
    assert any(s.value < 0 for s in scores)
    assert all(s.low <= s.value <= s.high for s in scores)

"""Snapshots: equal evidence has equal bytes, a prompt keeps its side, and damage is noticed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from feedback.errors import Conflict
from feedback.evidence import (
    Candidate,
    Comparison,
    Context,
    Critique,
    Demonstration,
    Evidence,
    Outcome,
    Ranking,
    Score,
    Verdict,
)
from training.snapshots import (
    Manifest,
    SnapshotOptions,
    read_evidence,
    read_manifest,
    split_of,
    write_snapshot,
)
from training.snapshots.split import canonical_json

A, B, C = Candidate(1, "é\u2028", "m"), Candidate(2, "b"), Candidate(3, "c")
OPTIONS = SnapshotOptions(held_out=0.3)


def context(n: int, **changes: str | tuple[str, ...]) -> Context:
    """Judgment n, of prompt n // 3."""
    body = {"annotator": f"a{n % 4}", "created": "2026-11-01T10:00:00Z", **changes}
    prompt = ({"role": "user", "content": f"question {n // 3}"},)
    return Context(judgment=n, item=n // 2, **{"kind": "pairwise", "prompt": prompt, **body})  # type: ignore[arg-type]


def comparison(n: int, outcome: Outcome = "first", **changes: str | tuple[str, ...]) -> Comparison:
    return Comparison(context=context(n, **changes), first=A, second=B, outcome=outcome)


def verdict(n: int, desirable: bool) -> Verdict:
    return Verdict(context=context(n, kind="thumbs"), completion=A, desirable=desirable)


def all_records() -> list[Evidence]:
    return [
        comparison(1),
        comparison(2, "second"),
        comparison(3, "tie", tags=("x", "y"), source="judge"),
        comparison(4, "both_bad"),
        Ranking(context=context(5), tiers=((A,), (B, C))),
        verdict(6, desirable=True),
        verdict(6, desirable=False),
        verdict(7, desirable=True),
        Score(context=context(8), completion=A, other=B, value=0.1, low=-math.inf, high=math.inf),
        Critique(context=context(9), completion=A, text="t", spans=((0, 1), (3, 4)), revision="r"),
        Demonstration(context=context(10, tags=("x",)), completion="d"),
    ]


def files(folder: Path) -> tuple[bytes, str]:
    return (folder / "evidence.jsonl").read_bytes(), read_manifest(folder).digest


def test_all_six_records_are_read_back_with_their_split(tmp_path: Path) -> None:
    records = all_records()
    manifest = write_snapshot(tmp_path, records, OPTIONS)
    found = list(read_evidence(tmp_path, verify=True))
    assert len(found) == len(records)
    assert all(record in records for _, record in found)
    assert [r.context.judgment for _, r in found] == sorted(r.context.judgment for r in records)
    assert all(split == split_of(record.context.prompt, 0.3) for split, record in found)
    assert read_manifest(tmp_path) == manifest
    assert {path.name for path in tmp_path.iterdir()} == {"evidence.jsonl", "manifest.json"}


def test_the_order_of_the_evidence_does_not_matter(tmp_path: Path) -> None:
    records = [*all_records(), verdict(6, desirable=True)]
    write_snapshot(tmp_path / "0", records, OPTIONS)
    for n in range(1, 6):
        random.Random(n).shuffle(records)
        write_snapshot(tmp_path / str(n), iter(records), OPTIONS)
        assert files(tmp_path / str(n)) == files(tmp_path / "0")


def test_the_digest_is_of_the_evidence_and_the_options(tmp_path: Path) -> None:
    def digest(records: list[Evidence], options: SnapshotOptions = OPTIONS) -> str:
        return write_snapshot(tmp_path, records, options).digest

    records = all_records()
    assert len(digest(records)) == 64
    digests = [
        digest(records),
        digest(records[1:]),
        digest([*records, records[0]]),
        digest([comparison(1, "second"), *records[1:]]),
        digest(records, SnapshotOptions(held_out=0.31)),
        digest(records, SnapshotOptions(held_out=0.3, kinds=["pairwise", "thumbs"])),
    ]
    assert len(set(digests)) == len(digests)
    assert (
        digest(records, SnapshotOptions(held_out=0.3, kinds=["thumbs", "pairwise"])) == digests[-1]
    )


def test_the_digest_never_changes_between_releases(tmp_path: Path) -> None:
    digest = write_snapshot(tmp_path, all_records(), OPTIONS).digest
    options = b'{"held_out":0.3,"kinds":null,"sources":null,"tags":null}'
    lines = (tmp_path / "evidence.jsonl").read_bytes()
    assert hashlib.sha256(options + b"\n" + lines).hexdigest() == digest
    assert digest == "700ce0edbb38b6318c85d27bcb3f8ec4c18d7267f10cc2d964b297de4994dc4c"


def test_the_split_never_changes_between_releases() -> None:
    prompts = [[{"role": "user", "content": str(n)}] for n in range(20)]
    assert [n for n in range(20) if split_of(prompts[n], 0.3) == "test"] == [0, 2, 3, 4, 6, 8]


def test_the_split_holds_out_the_share_and_grows_with_it() -> None:
    prompts = [[{"role": "user", "content": f"question {n}"}] for n in range(5000)]
    held: set[int] = set()
    for share in (0.0, 0.1, 0.3, 0.5):
        now = {n for n, prompt in enumerate(prompts) if split_of(prompt, share) == "test"}
        assert held <= now
        assert abs(len(now) - share * 5000) < 4 * math.sqrt(5000 * share * (1 - share)) + 1
        held = now


def test_the_split_depends_on_the_messages_alone() -> None:
    messages = ({"role": "system", "content": "é"}, {"role": "user", "content": "b"})
    turned = [{"content": m["content"], "role": m["role"]} for m in messages]
    fractions = [n / 64 for n in range(33)]
    assert [split_of(messages, f) for f in fractions] == [split_of(turned, f) for f in fractions]


def test_counts_are_what_recipes_ask_for(tmp_path: Path) -> None:
    manifest = write_snapshot(tmp_path, all_records(), OPTIONS)
    counts = manifest.counts
    expected = {
        "comparison": 4,
        "comparison_decided": 4,
        "tie": 2,
        "aspect": 0,
        "image": 0,
        "verdict": 3,
        "verdict_up": 2,
        "verdict_down": 1,
        "ranking": 1,
        "ranked": 1,
        "score": 1,
        "amount": 1,
        "amount_decided": 1,
        "rating": 0,
        "rated": 0,
        "rating_unlike": 0,
        "comparer": counts["comparer"],
        "graded": 0,
        "critique": 1,
        "critique_text": 1,
        "revision": 1,
        "machine_revision": 0,
        "demonstration": 1,
        "prompts": 4,
    }
    assert {key: counts[key] for key in expected} == expected
    assert set(counts) == {f"{k}{side}" for k in expected for side in ("", "_train", "_test")}
    assert all(counts[k] == counts[f"{k}_train"] + counts[f"{k}_test"] for k in expected)
    sides = [split for split, record in read_evidence(tmp_path) if isinstance(record, Comparison)]
    assert counts["comparison_test"] == sides.count("test")
    assert 0 < counts["prompts_test"] < 4


def test_counts_leave_out_what_no_text_is_learnt_from(tmp_path: Path) -> None:
    image = Candidate(9, "", media={"type": "image", "url": "https://example.org/a.png"})
    records: list[Evidence] = [
        dataclasses.replace(comparison(1), aspect="harmless"),
        dataclasses.replace(comparison(2), second=dataclasses.replace(B, text=A.text)),
        dataclasses.replace(comparison(3), second=image),
        Ranking(context=context(4), tiers=((image,), (A,), (B,))),
        Verdict(context=context(5), completion=image, desirable=True),
        Verdict(context=context(6), completion=Candidate(10, " "), desirable=False),
        Score(context=context(7), completion=image, value=1, low=1, high=1),
    ]
    counts = write_snapshot(tmp_path, records, OPTIONS).counts
    names = ("comparison", "comparison_decided", "aspect", "tie", "image", "verdict", "verdict_up")
    assert [counts[name] for name in names] == [3, 1, 1, 0, 4, 2, 0]
    assert counts["verdict_down"] == 0


def test_the_manifest_says_who_and_what(tmp_path: Path) -> None:
    manifest = write_snapshot(tmp_path, all_records(), OPTIONS)
    assert manifest.judgments == list(range(1, 11))
    assert manifest.kinds == {"pairwise": 8, "thumbs": 3}
    assert manifest.sources == {"human": 10, "judge": 1}
    assert manifest.annotators == {"a0": 2, "a1": 3, "a2": 4, "a3": 2}
    assert manifest.options == {"held_out": 0.3, "kinds": None, "tags": None, "sources": None}
    assert manifest.created.endswith("Z")
    stored = json.loads((tmp_path / "manifest.json").read_bytes())
    assert Manifest.model_validate(stored) == manifest


@pytest.mark.parametrize(
    ("options", "judgments"),
    [
        (SnapshotOptions(kinds=["thumbs"]), [6, 7]),
        (SnapshotOptions(tags=["y", "z"]), [3]),
        (SnapshotOptions(tags=["x"]), [3, 10]),
        (SnapshotOptions(sources=["judge"]), [3]),
        (SnapshotOptions(sources=["judge"], kinds=["thumbs"]), []),
        (SnapshotOptions(kinds=[]), []),
    ],
)
def test_options_choose_the_evidence(
    options: SnapshotOptions, judgments: list[int], tmp_path: Path
) -> None:
    manifest = write_snapshot(tmp_path, all_records(), options)
    assert manifest.judgments == judgments
    assert (
        sorted({r.context.judgment for _, r in read_evidence(tmp_path, verify=True)}) == judgments
    )


@pytest.mark.parametrize(
    "body", [{"held_out": -0.1}, {"held_out": 0.51}, {"heldout": 0.1}, {"kinds": "thumbs"}]
)
def test_wrong_options_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SnapshotOptions.model_validate(body)


def test_an_interrupted_freeze_leaves_no_snapshot_and_can_be_repeated(tmp_path: Path) -> None:
    def broken() -> Iterator[Evidence]:
        yield from all_records()
        raise RuntimeError("stopped")

    for _ in range(2):  # first into nothing, then over a complete snapshot
        with pytest.raises(RuntimeError, match="stopped"):
            write_snapshot(tmp_path, broken(), OPTIONS)
        with pytest.raises(Conflict):
            read_manifest(tmp_path)
        write_snapshot(tmp_path, all_records(), OPTIONS)
        assert len(list(read_evidence(tmp_path, verify=True))) == 11


def flip(folder: Path) -> None:
    path = folder / "evidence.jsonl"
    path.write_bytes(path.read_bytes().replace(b"question 1", b"question 7"))


def cut(folder: Path) -> None:
    path = folder / "evidence.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def drop(folder: Path) -> None:
    path = folder / "evidence.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def garble(folder: Path) -> None:
    (folder / "evidence.jsonl").write_text('{"record": "oops"}\n')


def lose(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def unmanifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize(
    ("damage", "seen_without_digest"),
    [
        (flip, False),
        (drop, False),
        (cut, True),
        (garble, True),
        (lose("evidence.jsonl"), True),
        (lose("manifest.json"), True),
        (unmanifest, True),
    ],
)
def test_damage_is_noticed(
    damage: Callable[[Path], None], seen_without_digest: bool, verify: bool, tmp_path: Path
) -> None:
    write_snapshot(tmp_path, all_records(), OPTIONS)
    damage(tmp_path)
    if not (verify or seen_without_digest):
        assert list(read_evidence(tmp_path))
        return
    with pytest.raises(Conflict) as caught:
        list(read_evidence(tmp_path, verify=verify))
    assert caught.value.code == "snapshot_damaged"
    assert caught.value.hint


def test_verification_comes_before_the_first_record(tmp_path: Path) -> None:
    write_snapshot(tmp_path, all_records(), OPTIONS)
    drop(tmp_path)
    with pytest.raises(Conflict):
        next(read_evidence(tmp_path, verify=True))


def test_canonical_json_is_plain_and_refuses_infinity() -> None:
    assert canonical_json({"b": "é", "a": [1.5, None]}) == '{"a":[1.5,null],"b":"é"}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json([math.inf])


def resident() -> int:
    """This process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_much_evidence_does_not_fill_the_memory(tmp_path: Path) -> None:
    count = 12_000
    sizes = [resident()]

    def much() -> Iterator[Evidence]:
        for n in range(count, 0, -1):
            if n % 500 == 0:
                sizes.append(resident())
            completion = Candidate(n, f"{n} " + "word " * 1500)
            yield Verdict(context=context(n), completion=completion, desirable=True)

    manifest = write_snapshot(tmp_path, much(), OPTIONS)
    for n, (_, record) in enumerate(read_evidence(tmp_path, verify=True), 1):
        assert record.context.judgment == n
        if n % 500 == 0:
            sizes.append(resident())
    assert manifest.counts["verdict_up"] == count
    assert (tmp_path / "evidence.jsonl").stat().st_size > 85e6
    assert max(sizes) - sizes[0] < 40e6, f"{(max(sizes) - sizes[0]) / 1e6:.0f} MB"


def test_lists_and_amounts_are_counted(tmp_path: Path) -> None:
    """Scores of one answer, or all alike, make no list; a difference of nothing decides nothing."""

    def score(judgment: int, number: int, value: float, **fields: Any) -> Score:
        text = Candidate(number, f"answer {number}")
        where = context(judgment)
        return Score(context=where, completion=text, value=value, low=value, high=value, **fields)

    records = [
        *(score(1, n, float(n)) for n in range(3)),
        *(score(2, n, 4.0) for n in range(3)),
        score(3, 0, 1.0),
        score(3, 0, 2.0, aspect="honest"),
        score(4, 0, 0.0, other=Candidate(9, "other")),
        score(5, 0, 2.5, other=Candidate(9, "other")),
        score(6, 0, 2.5, other=Candidate(9, "answer 0")),
    ]
    counts = write_snapshot(tmp_path, records, OPTIONS).counts
    assert (counts["graded"], counts["amount"], counts["amount_decided"]) == (1, 2, 1)
    assert (counts["rating"], counts["rated"]) == (8, 7)  # two aspects of one answer are one


def test_people_who_compare_and_ratings_that_differ_are_counted_on_each_side(
    tmp_path: Path,
) -> None:
    records = [
        Score(context=context(n), completion=Candidate(n, "text"), value=3.0, low=1, high=5)
        for n in range(1, 40)
    ]
    counts = write_snapshot(tmp_path / "equal", [*records, *all_records()], OPTIONS).counts
    assert (counts["rated"], counts["rating_unlike"]) == (39, 0)
    people = {r.context.annotator for r in all_records() if isinstance(r, Comparison | Ranking)}
    assert 1 <= counts["comparer_train"] <= len(people)
    records[7] = dataclasses.replace(records[7], value=4.0)
    assert write_snapshot(tmp_path / "not", records, OPTIONS).counts["rating_unlike"] >= 1

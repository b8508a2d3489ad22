"""Does learning from judgments work as claimed? Simulated worlds with known utilities, through the product's services.

    python -m benchmarks.science --quick      under five minutes, two seeds, fewer parts
    python -m benchmarks.science --write      ten seeds (five for language models); rewrites docs/science.md

Each part says beforehand what must hold, and whether it did. Figures are means with 95 % intervals over seeds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

# One thread each: these models are too small for more.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.place import installation

PARTS = ("a", "c", "d", "e", "f")
SEEDS, LANGUAGE_SEEDS, QUICK_SEEDS = 10, 5, 2


def main(argv: Sequence[str]) -> int:
    """Run the parts, print them, and fail when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two seeds and fewer settings")
    parser.add_argument("--parts", default=",".join(PARTS), help="which parts, such as a,e")
    parser.add_argument("--seeds", type=int, default=0, help="how many seeds; 0: as said above")
    parser.add_argument("--write", action="store_true", help="rewrite docs/science.md")
    asked = parser.parse_args(argv)
    with installation():
        from benchmarks.lab import experiment

        parts = experiment.run(
            asked.parts.split(","), lambda part: _seeds(part, asked.quick, asked.seeds), asked.quick
        )
        if asked.write:
            experiment.write(parts)
    return 0 if all(claim.holds for part in parts for claim in part.claims) else 1


def _seeds(part: str, quick: bool, asked: int) -> range:
    usual = QUICK_SEEDS if quick else LANGUAGE_SEEDS if part == "d" else SEEDS
    return range(1, 1 + (asked or usual))


if __name__ == "__main__":
    started = time.monotonic()
    code = main(sys.argv[1:])
    sys.stdout.write(f"{time.monotonic() - started:.0f} s in all\n")
    sys.exit(code)

"""Count: ``python -m cartflow.validation.sbml.suite FOLDER [--level l3v2]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from cartflow.validation.sbml.suite_count import LEVELS, count, lines


def main() -> int:
    """Print the count of the suite in a folder; skip where there is none."""
    parser = argparse.ArgumentParser(prog="python -m cartflow.validation.sbml.suite")
    parser.add_argument("folder", type=Path, help="cases/semantic of the SBML test suite")
    parser.add_argument("--level", action="append", choices=LEVELS, help="all, unless named")
    parser.add_argument("--cases", action="store_true", help="name every case that is not right")
    given = parser.parse_args()
    if not any(given.folder.glob("*/*-sbml-l*.xml")):
        print(f"skipped: no case of the SBML test suite in {given.folder}")
        return 0
    counts = {level: count(given.folder, level) for level in given.level or LEVELS}
    print("\n".join(lines(counts)))
    if given.cases:
        for level, found in counts.items():
            for reason, cases in found.reasons.items():
                print(level, reason, *cases)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

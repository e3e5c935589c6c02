"""Prints the numbers that `paper.md` states: ``python paper/stated_numbers.py [--write]``.

``--write`` puts them into the paper, between marks ``<!-- NAME -->`` and ``<!-- -->``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

PAPER = Path(__file__).with_name("paper.md")
_MARK = re.compile(r"(<!-- ([a-z_]+) -->).*?(<!-- -->)")


def numbers() -> dict[str, str]:
    """Return every number of the paper by name, as it is printed."""
    from cartflow.core.bibliography import keys
    from cartflow.kinetics.files.load import names
    from cartflow.pbpk.files.load import body_names, trafficking_names
    from cartflow.validation.book.cases import CASES

    return {
        "kinetics": str(len(names())),
        "bodies": str(len(body_names())),
        "traffickings": str(len(trafficking_names())),
        "cases": str(len(CASES)),
        "references": str(len(keys())),
        **_of_a_run(),
    }


def _of_a_run() -> dict[str, str]:
    from cartflow import Study

    text = files("cartflow.examples").joinpath("mouse_flank.toml").read_text(encoding="utf-8")
    result = Study.from_text(text).run().require_finished()
    found = result.summary()
    return {
        "infused": f"{found['infused']:.0e}".replace("e+0", " x 10^") + "^",
        "reached": f"{found['reached_tumour']:.0f}",
        "share": f"{100 * found['reached_tumour'] / found['infused']:.2g} %",
        "peak": f"{found['peak_in_tumour']:.2g}".replace("e+0", " x 10^") + "^",
        "residual": "below 10^-12^" if found["relative_residual"] < 1e-12 else "10^-12^ or more",
    }


def written(text: str, found: Mapping[str, str]) -> str:
    """Return the paper's text with every marked number as `found` has it."""
    return _MARK.sub(lambda mark: f"{mark[1]}{found[mark[2]]}{mark[3]}", text)


def main() -> int:
    """Print the numbers, or write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put them into paper.md")
    found = numbers()
    if parser.parse_args().write:
        PAPER.write_text(written(PAPER.read_text(encoding="utf-8"), found), encoding="utf-8")
    print("\n".join(f"{name:14}{value}" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

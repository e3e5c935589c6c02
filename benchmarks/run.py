"""Benchmarks, side by side in one run: ``python benchmarks/run.py [CASE ...] [--json FILE]``.

Each case measures cartflow and its peers on the same problem, at equal error against a
converged reference on the same grid. The peers come with ``pip install cartflow[bench]``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CASES = (
    "radial",
    "kpp_2d",
    "kpp_3d",
    "mask_3d",
    "tissue_oxygen",
    "biofvm",
    "scaling",
    "bandwidth",
    "body",
    "start",
    "mouse_flank",
    "cohort",
    "human_brain",
)
MARK = "<!-- results -->"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__.split("\n")[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number as JSON")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw time against error")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the tables below its mark"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases, print their tables, write what was asked for; 1 if a case failed."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"unknown case '{unknown[0]}'; allowed: {', '.join(CASES)}")
    from benchmarks import machine
    from benchmarks.figure import draw
    from benchmarks.table import markdown

    report: dict[str, Any] = {"machine": machine.describe(), "cases": {}}
    begin = time.perf_counter()
    for name in options.cases or CASES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        report["cases"][name] = run_case(name)
        report["seconds"] = time.perf_counter() - begin
        if options.json:
            options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    text = markdown(report)
    print(text)
    if options.markdown:
        write_tables(options.markdown, text)
    if options.figure:
        draw(report, options.figure)
    return int(any("failed" in case for case in report["cases"].values()))


def write_tables(file: Path, text: str) -> None:
    """Write `text`; in a file with the line `MARK`, only what stands below that line changes."""
    above = ""
    if file.exists() and MARK in (old := file.read_text(encoding="utf-8")):
        above = old[: old.index(MARK)] + MARK + "\n\n"
    file.write_text(above + text, encoding="utf-8")


def run_case(name: str) -> dict[str, Any]:
    """Return what a case measured; one that fails says why, and the others go on."""
    before = time.perf_counter()
    try:
        found = importlib.import_module(f"benchmarks.{name}").run()
    except Exception as error:
        traceback.print_exc()
        found = {"title": "", "failed": f"{type(error).__name__}: {error}"}
    return {"seconds": time.perf_counter() - before, **found}


if __name__ == "__main__":
    # Run as a file, it stands beside its modules and not above them.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.exit(main())

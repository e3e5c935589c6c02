"""``cartflow refine``: its options, and what it does."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import add_set, given_settings
from cartflow.core.outcome import InputError
from cartflow.core.terminal import say


def add_refine(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("refine", help="how fine a mesh a study needs")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    meshes = "meshes, the study's own and finer ones, each twice as fine (default: 3)"
    command.add_argument("--levels", type=int, default=3, metavar="N", help=meshes)
    wanted = "the error wanted, as a share or in %% (default: 1%%)"
    command.add_argument("--to", default="1%", metavar="SHARE", help=wanted)
    add_out(command, "the dataset (default: STUDY's stem _meshes.nc)")
    add_set(command)
    command.set_defaults(command=_refine)


def _share(options: argparse.Namespace) -> float:
    """Return ``--to`` as a share: 0.01 for 0.01, 1% or "1 %". Raises `InputError`."""
    text = str(options.to).strip()
    try:
        number = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        number = math.nan
    if not 0 < number < 1:
        msg = f"--to: got '{options.to}'; it must be a share between 0 and 1, or such as 1%"
        raise InputError(msg)
    return number


def _refine(options: argparse.Namespace) -> int:
    from cartflow.analyses.refinement.refine import refine
    from cartflow.analyses.refinement.table import refinement_lines
    from cartflow.results.figures.refinement import plot_refinement

    to = _share(options)
    places = dataset_and_figure(options, f"{options.study.stem}_meshes.nc")
    dataset = refine(
        options.study,
        levels=options.levels,
        to=to,
        settings=given_settings(options.settings),
        watch=lambda words: say(f"running       {words}"),
    )
    return written_and_drawn(dataset, refinement_lines(dataset), plot_refinement, places)

"""``cartflow compare``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import add_set, given_settings
from cartflow.commands.telling_option import add_telling, telling

if TYPE_CHECKING:
    import xarray as xr

    from cartflow.core.progress.shown import Telling


_DRAWS = 64


def add_compare(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("compare", help="run a study in several bodies, side by side")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    command.add_argument("--bodies", required=True, metavar="A,B", help="names or .toml files")
    rules = "number (default), per_kg or allometric: what of the study's dose is kept"
    command.add_argument("--dose", default="number", metavar="RULE", help=rules)
    add_out(command, "the dataset (default: STUDY's stem _bodies.nc)")
    bands = "the band over trafficking models and scaling rules, and which choice makes it"
    command.add_argument("--bands", action="store_true", help=bands)
    models = "models of the band (default: the study's, and all that state a tumour's vessels)"
    command.add_argument("--trafficking", metavar="A,B", help=models)
    rules = "rules of the band (default: all)"
    command.add_argument("--scaling", metavar="A,B", help=rules)
    draws = "draws of the numbers behind each model and rule (default 64, 0: none)"
    command.add_argument("--sample", type=int, metavar="N", help=draws)
    spread = "numbers without a range of their own vary within / and x F"
    command.add_argument("--spread", type=float, metavar="F", help=spread)
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the draws")
    add_set(command)
    add_telling(command)
    command.set_defaults(command=_compare)


def _compare(options: argparse.Namespace) -> int:
    from cartflow.analyses.compare import compare, table_lines
    from cartflow.results.figures.comparison import plot_comparison

    told = telling(options)
    places = dataset_and_figure(options, f"{options.study.stem}_bodies.nc")
    bodies = [name.strip() for name in options.bodies.split(",")]
    dataset = compare(
        options.study,
        bodies,
        dose=options.dose,
        settings=given_settings(options.settings),
        watch=told.running,
    )
    lines = table_lines(dataset)
    asked = (options.trafficking, options.scaling, options.sample, options.spread)
    if options.bands or any(each is not None for each in asked):
        dataset, more = _banded(options, dataset, told)
        lines += more
    return written_and_drawn(dataset, lines, plot_comparison, places)


def _banded(
    options: argparse.Namespace, dataset: xr.Dataset, told: Telling
) -> tuple[xr.Dataset, list[str]]:
    """Return the comparison with its bands, and what they come to in words."""
    from cartflow.analyses.bands.choices import RULES, asked, with_bands
    from cartflow.analyses.bands.draws import with_draws
    from cartflow.analyses.bands.words import band_lines
    from cartflow.core.progress.shown import members

    task = asked(
        dataset,
        options.study,
        settings=given_settings(options.settings),
        trafficking=_names(options.trafficking),
        rules=_names(options.scaling) or RULES,
    )
    with members("bands", task.plan.count, 0, told) as watch:
        banded = with_bands(dataset, task, watch)
    if options.sample != 0:
        banded = with_draws(
            banded,
            options.study,
            settings=given_settings(options.settings),
            samples=_DRAWS if options.sample is None else options.sample,
            spread=options.spread,
            seed=options.seed,
        )
    return banded, band_lines(banded)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []

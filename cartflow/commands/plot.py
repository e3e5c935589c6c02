"""``cartflow plot``: its options, and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.out_option import add_out
from cartflow.commands.piped import PIPE, from_pipe
from cartflow.core.outcome import InputError
from cartflow.core.terminal import tell

Draw = Callable[[Path], None]
_CHOICES = ("panel", "field", "day", "cut", "tumour", "solid")
_APART = ("--movie", "--measured")


def add_plot(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("plot", help="draw a result, or several runs beside each other")
    command.add_argument(
        "file",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="what run, simulate, compare, ... wrote, or - piped in; several are runs to compare",
    )
    add_out(
        command,
        "the figure: .png, .svg or .pdf (default: FILE's stem .png)",
        "the figure if it exists",
        metavar="FIGURE",
    )
    command.add_argument(
        "--panel",
        type=_names,
        default=(),
        metavar="NAME,...",
        help="of a run: organs, per_gram, blood, sites, balance, exchange, burden, depth",
    )
    command.add_argument(
        "--field", type=_names, default=(), metavar="NAME,...", help="fields of the tumour"
    )
    command.add_argument(
        "--day", type=_days, default=(), metavar="DAY,...", help="when (default: all, or the last)"
    )
    command.add_argument("--cut", type=_cut, metavar="AXIS=PLACE", help="of voxels, as z=1.5 (mm)")
    command.add_argument("--tumour", metavar="NAME", help="which of several tumours")
    command.add_argument(
        "--movie", type=Path, metavar="MOVIE", help="a movie instead: .gif, or .mp4 with ffmpeg"
    )
    command.add_argument(
        "--solid", action="store_true", help="a tumour of voxels seen from outside (pyvista)"
    )
    command.add_argument(
        "--measured",
        metavar="NAME",
        help="a run beside cells measured in organs: a name of `show measured`, or a file",
    )
    command.set_defaults(command=_plot)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _days(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(day) for day in text.split(","))
    except ValueError:
        msg = f"'{text}' is no list of days, such as 7 or 1,7,28"
        raise argparse.ArgumentTypeError(msg) from None


def _cut(text: str) -> tuple[str, float]:
    axis, _, place = text.partition("=")
    try:
        return axis.strip(), float(place)
    except ValueError:
        msg = f"'{text}' is no axis and place, such as z=1.5"
        raise argparse.ArgumentTypeError(msg) from None


def _plot(options: argparse.Namespace) -> int:
    _require_together(options)
    if options.movie is not None:
        return _movie(options)
    if len(options.file) > 1:
        from cartflow.commands.asked_figures import several_runs

        first = options.file[0]
        draw = several_runs(options.file, options.tumour)
        return _written(options, draw, first.parent / f"{first.stem}_beside.png")
    return _plot_one(options)


def _plot_one(options: argparse.Namespace) -> int:
    from cartflow.commands.drawing import beside_measured, drawing

    given = options.file[0]
    name = "result" if given == PIPE else given.stem
    with from_pipe(given, f"{name}.nc") as file:
        said: list[str] = []
        if options.measured is not None:
            draw, ending, said = beside_measured(file, options.measured)
            name += ending
        elif any(getattr(options, each) for each in _CHOICES):
            from cartflow.commands.asked_figures import drawing_asked

            draw = drawing_asked(file, options)
        else:
            draw = drawing(file)
        return _written(options, draw, given.parent / f"{name}.png", said)


def _written(
    options: argparse.Namespace, draw: Draw, default: Path, said: Sequence[str] = ()
) -> int:
    from cartflow.core.saving.destination import Destination
    from cartflow.core.saving.kinds import FIGURES, kind_of_name

    path = options.out or default
    Destination(path=path, kind=kind_of_name(path, FIGURES), force=options.force)
    draw(path)
    tell([*said, f"written       {path}"])
    return FINISHED


def _movie(options: argparse.Namespace) -> int:
    from cartflow.commands.asked_figures import draw_movie
    from cartflow.core.saving.destination import Destination
    from cartflow.core.saving.kinds import MOVIES, kind_of_name

    path = options.movie
    Destination(path=path, kind=kind_of_name(path, MOVIES), force=options.force)
    with from_pipe(options.file[0], "result.nc") as file:
        draw_movie(file, options)
    tell([f"written       {path}"])
    return FINISHED


def _require_together(options: argparse.Namespace) -> None:
    """Raise `InputError` for options that do not go together."""
    given = [f"--{name}" for name in (*_CHOICES, "movie", "measured") if getattr(options, name)]
    unfit = [name for name in given if name in _APART]
    allowed = {"--movie": {"--field", "--cut", "--tumour"}, "--measured": set()}
    for name in unfit:
        others = [each for each in given if each != name and each not in allowed[name]]
        if others or (name == "--movie" and options.out is not None):
            other = others[0] if others else "--out"
            msg = f"{name} is a figure of its own, to which {other} says nothing; leave one out"
            raise InputError(msg)
    if len(options.file) > 1 and (names := [name for name in given if name != "--tumour"]):
        msg = f"{names[0]} is for one file, and {len(options.file)} are named"
        raise InputError(msg)

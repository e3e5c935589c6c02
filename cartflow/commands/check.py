"""``cartflow check``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import BAD_INPUT, FINISHED
from cartflow.core.outcome import InputError
from cartflow.core.terminal import say, tell

if TYPE_CHECKING:
    from cartflow.study.study import Study

_SBML = (".xml", ".sbml")


def add_check(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("check", help="say whether files of yours are right")
    command.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="studies, kinetics, bodies, trafficking models, measured tables",
    )
    command.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    return max([_told(path) for path in options.files])


def _told(path: Path) -> int:
    """Print what a file is, or what is wrong with it; return the status."""
    try:
        tell(_checked(path))
    except InputError as error:
        say(f"cartflow: {error}")
        return BAD_INPUT
    return FINISHED


def _checked(path: Path) -> list[str]:
    """Return what the file at `path` is, and what in it is seldom meant. Raises `InputError`."""
    from cartflow.core.tables import read_toml
    from cartflow.kinetics.files.load import load_model
    from cartflow.pbpk.files.load import load_body, load_trafficking
    from cartflow.pbpk.measured.table import load_measured
    from cartflow.study.study import Study

    kind = "kinetics" if path.suffix in _SBML else _kind(read_toml(path))
    # A name with an ending is a file, whatever it is called.
    file = str(path.absolute())
    if kind == "kinetics":
        return [f"{path}: kinetics, right: {load_model(file).network.title}"]
    if kind == "body":
        return [f"{path}: body, right: {load_body(file).title}"]
    if kind == "trafficking":
        return [f"{path}: trafficking, right: {load_trafficking(file).title}"]
    if kind == "measured":
        return [f"{path}: measured table, right: {load_measured(file).title}"]
    return _study(path, Study.from_file(path))


def _kind(table: dict[str, Any]) -> str:
    """Return what a table is a file of, by the keys that files of one kind alone have."""
    from cartflow.pbpk.files.load import trafficking_names

    if isinstance(table.get("species"), dict):
        return "kinetics"
    if isinstance(table.get("tissues"), dict):
        return "measured"
    if {"time", "body", "doses", "geometry"} & table.keys():
        return "study"
    if {"carrier", "made_for"} & table.keys() or table.get("like") in trafficking_names():
        return "trafficking"
    return "body" if {"species", "body_weight", "like"} & table.keys() else "study"


def _study(path: Path, study: Study) -> list[str]:
    """Return that the study would run, once it was assembled, and its notes."""
    from cartflow.core.assumed import assumed, in_words
    from cartflow.study.checks import hints
    from cartflow.study.roles import role_hints

    _ = study.prepared
    return [
        f"{path}: study, right: {study.table.title}",
        f"  assumed: {in_words(assumed(study.parameters()))}",
        *[f"  note: {hint}" for hint in [*hints(study.table), *role_hints(study)]],
    ]

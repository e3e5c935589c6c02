"""``cartflow examples``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.terminal import tell


def add_examples(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("examples", help="list the examples that ship, or copy one")
    command.add_argument("name", nargs="?", metavar="NAME", help="the example to copy")
    command.add_argument(
        "-o", "--out", type=Path, metavar="FOLDER", default=Path(), help="where to (default: here)"
    )
    command.set_defaults(command=_examples)


def _examples(options: argparse.Namespace) -> int:
    from cartflow.commands.shipped import example_files, example_names, example_title

    if options.name is None:
        names = example_names()
        wide = max(map(len, names))
        tell([f"{name:{wide}}  {example_title(name)}" for name in names])
        return FINISHED
    _copy(example_files(options.name), options.out)
    return FINISHED


def _copy(texts: dict[str, str], folder: Path) -> None:
    """Write the files where none of them stands yet."""
    from cartflow.core.outcome import InputError
    from cartflow.core.paths import kind_of
    from cartflow.core.saving.fresh import require_new, write_new

    if kind_of(folder) != "folder":
        msg = f"{folder}: is not a folder"
        raise InputError(msg)
    places = {folder / name: text for name, text in texts.items()}
    for place in places:
        if place.parent == folder or place.parent.is_dir():
            require_new(place)
    for place, text in places.items():
        place.parent.mkdir(exist_ok=True)
        write_new(place, text)
    tell([f"written       {place}" for place in places])

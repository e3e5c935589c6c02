"""``cartflow cite``: its options, and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.parameters import Parameter
from cartflow.core.terminal import tell


def add_cite(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("cite", help="print what a study, or a model, rests on")
    command.add_argument(
        "study", type=Path, metavar="STUDY", help="a TOML study file, or a kinetics model's name"
    )
    command.set_defaults(command=_cite)


def _cite(options: argparse.Namespace) -> int:
    from cartflow.core.assumed import assumed
    from cartflow.core.bibliography import bibtex, reference

    keys, numbers = _rests_on(options.study)
    tell([*(f"[{key}] {reference(key)}" for key in keys), ""])
    guessed = [(key, numbers[key]) for key in assumed(numbers)]
    tell(f"assumed: {key} = {p.stated}{f' ({p.note})' if p.note else ''}" for key, p in guessed)
    tell([""] if guessed else [])
    tell(f"{bibtex(key)}\n" for key in keys)
    return FINISHED


def _rests_on(what: Path) -> tuple[list[str], Mapping[str, Parameter]]:
    """Return the references and the numbers of a study, or of a shipped kinetics model."""
    from cartflow.core.bibliography import references
    from cartflow.kinetics.files.load import load_model, names
    from cartflow.study.study import Study

    if str(what) in names():
        model = load_model(str(what))
        sources = [p.source for p in model.numbers().values()] + [c.source for c in model.checks]
        # Starts and doses of its scenarios are examples.
        return references([*model.network.references, *sources]), model.network.parameters
    study = Study.from_file(what)
    return study.references(), study.parameters()

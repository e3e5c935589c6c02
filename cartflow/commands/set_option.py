"""The option ``--set KEY=VALUE`` of commands that run something."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from typing import Any

from cartflow.core.outcome import InputError

_OF_A_STUDY = """\
--set changes or adds a value by its dotted key, as often as wanted; doses count from 0:
  --set time.end=14days --set "fields.cart.diffusivity=2 um^2/min" --set doses.0.cells=1e7cells
A whole table is written as in TOML, quantities in quotes:
  --set 'geometry={shape="slab", length="4 mm", cells=80}'
A new geometry.shape begins an empty table, whose other keys are then given too:
  --set geometry.shape=slab --set "geometry.length=4 mm" --set geometry.cells=80
"""
OF_A_MODEL = """\
--set changes a parameter by its name, a start, the end, or a dose (counted from 0):
  --set "killing_rate=0.1 1/h" --set "initial.tumour=1e5 cell" --set end=30days
  --set "doses.0.amount=1e6 cell" --set doses.0.time=7days
"""


def add_set(command: argparse.ArgumentParser, examples: str = _OF_A_STUDY) -> None:
    """Add ``--set`` to `command`, with `examples` below its help."""
    text = "change or add a value; examples below"
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="settings", help=text
    )
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = examples


def given_settings(texts: Sequence[str]) -> dict[str, Any]:
    """Return the values by key of texts ``key=value``; each value is TOML, or else plain text."""
    return dict(_setting(text) for text in texts)


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        msg = f"--set {text}: give key=value, such as solver.tolerance=1e-4"
        raise InputError(msg)
    line = f"value = {value}"
    try:
        read = tomllib.loads(line)
    except (ValueError, RecursionError) as error:
        if value.startswith("{"):
            from cartflow.core.tables import unquoted

            reason = f"{error}{unquoted(line, str(error))}"
            msg = f"--set {key}: '{value}' is not a TOML table ({reason})"
            raise InputError(msg) from None
        return key, value
    return key, read["value"] if list(read) == ["value"] else value

"""How an axis is written: ``KEY=1,2,4 um^2/min``, ``KEY=log:1:16:5 um^2/min``, ``KEY=0.5..2``."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from cartflow.analyses.sweep.choices import MOST_VALUES, Choice, Interval, choice, of_numbers
from cartflow.core import arguments
from cartflow.core.outcome import InputError, suggest
from cartflow.core.units.quantities import split

FORMS = (
    "KEY=1,2,4 UNIT, KEY=NAME,NAME, KEY=linear:LOW:HIGH:COUNT UNIT, KEY=log:LOW:HIGH:COUNT UNIT; "
    "with --sample also KEY=LOW..HIGH UNIT, KEY=log:LOW..HIGH UNIT, or KEY alone for its own range"
)
_LONGEST = 100_000
_SPACINGS = ("linear", "log")
_SPACED = re.compile(r"\s*([A-Za-z_]+)\s*:(.*)", re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]{0,60})\s*:([^=]*)", re.DOTALL)
_KEY = re.compile(r"[^\s=;,:]{1,200}")


def read_key(text: str, what: str) -> str:
    """Return a key; raise `InputError` naming `what` if `text` cannot be one."""
    key = text.strip()
    if not _KEY.fullmatch(key) or not key.isprintable():
        msg = f"{what}: {arguments.shown(key)} is no key of a study; written is {FORMS}"
        raise InputError(msg)
    return key


def read_item(text: str, what: str) -> Choice | Interval:
    """Return what ``KEY=VALUES`` states. Raises `InputError` naming `what` and what is allowed."""
    if len(text) > _LONGEST:
        msg = f"{what}: is longer than {_LONGEST} letters; give --table"
        raise InputError(msg)
    left, equals, values = text.partition("=")
    key = read_key(left, what)
    if not equals:
        return Interval(key=key)
    return read_values(key, values, f"{what} {key}")


def read_values(key: str, text: str, what: str) -> Choice | Interval:
    """Return the values or the range that `text` states for `key`. Raises `InputError`."""
    if not text.strip():
        msg = f"{what}: there are no values; written is {FORMS}"
        raise InputError(msg)
    spaced = _SPACED.fullmatch(text)
    if spaced is not None and spaced[1] not in _SPACINGS:
        msg = f"{what}: '{spaced[1]}:' is no spacing; {suggest(spaced[1], _SPACINGS)}"
        raise InputError(msg)
    rest = text if spaced is None else spaced[2]
    if ".." in rest:
        return _interval(key, rest, spaced is not None and spaced[1] == "log", what)
    if spaced is not None:
        return _spaced(key, spaced[1], rest, what)
    return choice(key, [part.strip() for part in text.split(",")], what)


def read_labels(text: str) -> tuple[str, list[str]] | None:
    """Return name and labels of ``NAME: LABEL, LABEL``, or None if that is not written."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    return found[1], [label.strip() for label in found[2].split(",")] if found[2].strip() else []


def _spaced(key: str, spacing: str, text: str, what: str) -> Choice:
    parts = text.split(":")
    if len(parts) != 3:
        msg = f"{what}: '{spacing}:{text}' must be {spacing}:LOW:HIGH:COUNT and a unit"
        raise InputError(msg)
    count, unit = _number(parts[2], what)
    (low, no_unit), (high, nor_here) = _number(parts[0], what), _number(parts[1], what)
    if {no_unit, nor_here} != {"1"}:
        msg = f"{what}: the unit comes last, after the count, such as {spacing}:1:16:5 um^2/min"
        raise InputError(msg)
    if not count.is_integer() or not 2 <= count <= MOST_VALUES:
        msg = f"{what}: the count is {count:g}; it must be whole, from 2 to {MOST_VALUES}"
        raise InputError(msg)
    _require_rising(low, high, spacing == "log", what)
    return of_numbers(key, _between(low, high, int(count), spacing == "log"), unit, what)


def _between(low: float, high: float, count: int, in_log: bool) -> list[float]:
    """Return `count` values whose ends are exact, and that round to few digits where they may."""
    values = np.geomspace(low, high, count) if in_log else np.linspace(low, high, count)
    return [low, *(float(f"{value:.14g}") for value in values[1:-1]), high]


def _interval(key: str, text: str, in_log: bool, what: str) -> Interval:
    left, _, right = text.partition("..")
    (low, unit), (high, of_both) = _number(left, what), _number(right, what)
    if unit not in ("1", of_both):
        msg = f"{what}: the ends have the units {unit} and {of_both}; give one, last"
        raise InputError(msg)
    _require_rising(low, high, in_log, what)
    return Interval(key=key, bounds=(low, high), unit=of_both, evenly_in_log=in_log)


def _require_rising(low: float, high: float, in_log: bool, what: str) -> None:
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        msg = f"{what}: goes from {low:g} to {high:g}; it must rise, and be finite"
        raise InputError(msg)
    if in_log and low <= 0:
        msg = f"{what}: begins at {low:g}; evenly in log it must be above 0"
        raise InputError(msg)


def _number(text: str, what: str) -> tuple[float, str]:
    try:
        return split(text.strip())
    except InputError as error:
        msg = f"{what}: {error}; written is {FORMS}"
        raise InputError(msg) from None


def parts_of(text: Any, what: str) -> list[str]:
    """Return the parts of an axis whose keys vary together, between semicolons."""
    return [part for part in arguments.text(text, what).split(";") if part.strip()]

"""What varies: a key of the study, or a number that it rests on, and the values it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.units.parsing import parse_unit
from cartflow.core.units.quantities import split

MOST_VALUES = 10_000  # along one axis


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The values that one `key` takes along an axis, as ``--set`` takes them.

    `numbers` are the values in `unit`, as they were written; None for names, true and false.
    `said` is what else the dataset says of them, such as their distribution; `tried`, that the
    study is known to take them.
    """

    key: str
    settings: tuple[Any, ...]
    numbers: tuple[float, ...] | None
    unit: str
    said: Mapping[str, str] = field(default_factory=dict)
    tried: bool = False


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A range to draw from, evenly or `evenly_in_log`; without `bounds` the number's own."""

    key: str
    bounds: tuple[float, float] | None = None
    unit: str = ""
    evenly_in_log: bool = False


def choice(key: str, values: Sequence[Any], what: str) -> Choice:
    """Return the choice of `values`, numbers, texts with a unit, names, or true and false.

    The unit of the last value holds for those that have none. Raises `InputError` naming `what`.
    """
    if not 0 < len(values) <= MOST_VALUES:
        msg = f"{what}: an axis has 1 to {MOST_VALUES} values, got {len(values)}"
        raise InputError(msg)
    read = [_value(value, what) for value in values]
    if not all(isinstance(value, tuple) for value in read):
        return _of_names(key, values, what)
    unit = read[-1][1]
    units = {own for _, own in read if own != "1"} or {"1"}
    if len(units) > 1 or (unit == "1" and units != {"1"}):
        msg = f"{what}: the values have the units {', '.join(sorted(units | {unit}))}; give one"
        raise InputError(msg)
    return of_numbers(key, [number for number, _ in read], unit, what)


def of_numbers(key: str, numbers: Sequence[float], unit: str, what: str) -> Choice:
    """Return the choice of numbers in `unit`. Raises `InputError` naming `what`."""
    parse_unit(unit)
    for number in numbers:
        if not math.isfinite(number):
            msg = f"{what}: {number} is not a finite number"
            raise InputError(msg)
    texts = [_setting(number, unit) for number in numbers]
    return Choice(key=key, settings=tuple(texts), numbers=tuple(numbers), unit=unit)


def _setting(number: float, unit: str) -> Any:
    whole = int(number) if number.is_integer() and abs(number) < 1e15 else number
    return whole if unit == "1" else f"{number!r} {unit}"


def _of_names(key: str, values: Sequence[Any], what: str) -> Choice:
    words: dict[str, Any] = {"true": True, "false": False}
    found: list[Any] = []
    for value in values:
        if isinstance(value, (bool, np.bool_)):
            found.append(bool(value))
            continue
        text = arguments.text(value, what).strip()
        if not text or not text.isprintable() or len(text) > 200:
            msg = f"{what}: {arguments.shown(value)} is no value"
            raise InputError(msg)
        found.append(words.get(text, text))
    return Choice(key=key, settings=tuple(found), numbers=None, unit="")


def _value(value: Any, what: str) -> Any:
    """Return (number, unit) of what is a number, else `value`."""
    if isinstance(value, (bool, np.bool_)):
        return value
    if isinstance(value, str):
        try:
            return split(value.strip())
        except InputError:
            return value
    return arguments.number(value, what), "1"

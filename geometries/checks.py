"""Checks of sizes, shared by the shapes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.arguments import shown
from cartflow.core.outcome import InputError

MOST_CELLS = 100_000_000


def positive(value: Any, what: str) -> float:
    """Return `value` as a float; raise `InputError` unless it is finite and above zero."""
    number = as_number(value, what)
    if number <= 0:
        msg = f"{what}: got {value}; it must be finite and greater than 0"
        raise InputError(msg)
    return number


def as_number(value: Any, what: str) -> float:
    """Return `value` as a float; raise `InputError` unless it is a finite number."""
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        msg = f"{what}: got {shown(value)}; it must be a finite number"
        raise InputError(msg)
    return number


def whole(value: Any, what: str, most: float = math.inf) -> int:
    """Return `value` as an int; raise `InputError` unless it is a whole number of at least 1."""
    number = as_number(value, what)
    if number < 1 or number != int(number):
        msg = f"{what}: got {value}; it must be a whole number of at least 1"
        raise InputError(msg)
    if number > most:
        msg = f"{what}: got {value}; at most {most:g} are possible"
        raise InputError(msg)
    return int(number)


def increasing_edges(edges: Any, what: str) -> NDArray[np.float64]:
    """Return cell edges in mm; raise `InputError` unless they rise from 0."""
    try:
        array = np.asarray(edges, dtype=float)
    except (TypeError, ValueError):
        array = np.empty(0)
    rising = array.ndim == 1 and array.size >= 2 and bool(np.all(np.diff(array) > 0))
    if not rising or array[0] != 0 or not np.isfinite(array[-1]):
        msg = f"{what}: edges must be at least two finite numbers that rise from 0 mm"
        raise InputError(msg)
    return array

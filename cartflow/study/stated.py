"""Numbers and names that tables of cells state."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cartflow.cells.traits.laws import Ramp
from cartflow.core.outcome import InputError, suggest
from cartflow.core.parameters import Parameter


def ramp_of(threshold: Parameter | None, saturation: Parameter | None, where: str) -> Ramp:
    """Return the ramp of two numbers, 0 and infinite unless given. Raises `InputError`."""
    ramp = Ramp(threshold=value_of(threshold, 0.0), saturation=value_of(saturation, np.inf))
    if ramp.saturation <= ramp.threshold:
        msg = f"{where}.saturation: {ramp.saturation:g} must be above the threshold"
        raise InputError(msg)
    return ramp


def require(name: str, allowed: Iterable[str], where: str, what: str) -> None:
    """Raise `InputError` unless a name is among those `allowed`, which are a `what`."""
    if name not in allowed:
        msg = f"{where}: '{name}' is no {what}; {suggest(name, list(allowed))}"
        raise InputError(msg)


def value_of(number: Parameter | None, default: float = 0.0) -> float:
    """Return the value of a number, or of what holds without it."""
    return default if number is None else number.value

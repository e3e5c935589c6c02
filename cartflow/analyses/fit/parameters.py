"""What is estimated: numbers within ranges, most of them on a logarithmic scale."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.units.quantities import split

Array = np.ndarray
Vary = Mapping[str, Any] | Sequence[str]
FORMS = "KEY=[LOW, HIGH] UNIT, KEY=linear:[LOW, HIGH] UNIT, or KEY alone for its own range"
_BRACKETS = re.compile(r"\s*\[([^\[\],]+),([^\[\],]+)\]\s*(.*)", re.DOTALL)
_DOTS = re.compile(r"\s*([^.\s]*(?:\.[^.\s]+)?)\s*\.\.\s*(.*)", re.DOTALL)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,199}")
# About a value without a range of its own.
_AROUND = 10.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a text of ``--vary`` states; `bounds` None for the number's own range."""

    key: str
    bounds: tuple[float, float] | None
    unit: str
    logarithmic: bool | None


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """An estimated number in its `unit`, between `low` and `high`.

    `kind` is ``number`` of the model or study (its `key`), ``observed`` (it stands in observables
    alone) or ``error`` (of the observable `key`). With a `subject` it is that one's own.
    """

    name: str
    key: str
    kind: Literal["number", "observed", "error"]
    unit: str
    low: float
    high: float
    logarithmic: bool
    stated: float
    subject: str = ""

    def inner(self, value: float) -> float:
        """Return a value on the scale on which it is sought."""
        return math.log(value) if self.logarithmic else value

    @property
    def bounds(self) -> tuple[float, float]:
        """The range on the scale on which it is sought."""
        return self.inner(self.low), self.inner(self.high)


def values_of(parameters: Sequence[Parameter], inner: Array) -> Array:
    """Return the values of all parameters, themselves, from those on the inner scale."""
    logged = np.array([p.logarithmic for p in parameters], dtype=bool)
    found = np.where(logged, np.exp(np.where(logged, inner, 0.0)), inner)
    low, high = (np.array([getattr(p, end) for p in parameters]) for end in ("low", "high"))
    return np.clip(found, low, high)


def read_vary(vary: Vary) -> list[Wanted]:
    """Return what is to be varied, from texts or from ranges by key. Raises `InputError`."""
    if isinstance(vary, str):
        vary = [vary]
    if isinstance(vary, Mapping):
        found = [_given(arguments.text(key, "vary: key"), vary[key]) for key in vary]
    else:
        found = [_read(text) for text in arguments.names(vary, "vary")]
    keys = [each.key for each in found]
    for key in keys:
        if keys.count(key) > 1:
            msg = f"--vary {key}: is given twice"
            raise InputError(msg)
    return found


def _given(key: str, value: Any) -> Wanted:
    if value is None:
        return _read(key)
    if isinstance(value, str):
        return _read(f"{key}={value}")
    if isinstance(value, (list, tuple)) and len(value) == 2:
        low, high = (arguments.number(each, f"vary: {key}") for each in value)
        return _checked(_key(key), low, high, "", None)
    msg = f"vary: {key}: got {arguments.shown(value)}; it must be a text or (low, high)"
    raise InputError(msg)


def _read(text: str) -> Wanted:
    left, equals, right = text.partition("=")
    key = _key(left.strip())
    if not equals:
        return Wanted(key=key, bounds=None, unit="", logarithmic=None)
    logarithmic = None
    for word, meant in (("linear:", False), ("log:", True)):
        if right.strip().startswith(word):
            right, logarithmic = right.strip().removeprefix(word), meant
    match = _BRACKETS.fullmatch(right) or _DOTS.fullmatch(right)
    if match is None:
        msg = f"--vary {text[:80]}: written is {FORMS}"
        raise InputError(msg)
    ends = (match[1], f"{match[2]} {match[3]}" if match.re is _BRACKETS else match[2])
    try:
        (low, no_unit), (high, unit) = (split(end.strip()) for end in ends)
    except InputError as error:
        msg = f"--vary {key}: {error}; written is {FORMS}"
        raise InputError(msg) from None
    if no_unit not in ("1", unit):
        msg = f"--vary {key}: the ends have the units {no_unit} and {unit}; give one, last"
        raise InputError(msg)
    return _checked(key, low, high, unit, logarithmic)


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        msg = f"--vary: {arguments.shown(text)} is no key; written is {FORMS}"
        raise InputError(msg)
    return text


def _checked(key: str, low: float, high: float, unit: str, logarithmic: bool | None) -> Wanted:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        msg = f"--vary {key}: goes from {low:g} to {high:g}; it must rise, and be finite"
        raise InputError(msg)
    if logarithmic and low <= 0:
        msg = f"--vary {key}: begins at {low:g}; on a logarithmic scale it must be above 0"
        raise InputError(msg)
    return Wanted(key=key, bounds=(low, high), unit=unit, logarithmic=logarithmic)


def ranged(
    wanted: Wanted, unit: str, stated: float, own: tuple[float, float] | None
) -> tuple[float, float, bool]:
    """Return low, high, and whether the scale is logarithmic, of what is `wanted`.

    Without bounds the range is the number's `own`, or a factor of ten about its value. Raises
    `InputError` where there is neither.
    """
    bounds = wanted.bounds or own
    if bounds is None:
        if not stated > 0:
            msg = f"--vary {wanted.key}: has no range of its own; give one: {FORMS}"
            raise InputError(msg)
        bounds = (stated / _AROUND, stated * _AROUND)
    low, high = bounds
    if not low < high:
        msg = f"--vary {wanted.key}: its own range is {low:g} to {high:g} {unit}; give another"
        raise InputError(msg)
    positive = low > 0
    return low, high, positive if wanted.logarithmic is None else wanted.logarithmic


def several(parameter_names: Sequence[str]) -> str:
    """Return names as words read them: ``a, b and c``."""
    *most, last = parameter_names
    return f"{', '.join(most)} and {last}" if most else last

"""The unit of every expression, so that no rate adds what cannot be added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from cartflow.core.outcome import InputError
from cartflow.core.units.dimensions import compose, internal_unit
from cartflow.core.units.parsing import dimensionality
from cartflow.kinetics.expressions.grammar import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    to_text,
)

# Powers of ng, cell, mm and day.
Dimension: TypeAlias = tuple[float, float, float, float]

_KEYS = ("[mass]", "[cell]", "[length]", "[time]")
_BASES = ("ng", "cell", "mm", "day")
PLAIN: Dimension = (0.0, 0.0, 0.0, 0.0)


def dimension_of(unit: str) -> Dimension:
    """Return the powers of ng, cell, mm and day in `unit`; raise `InputError` for others."""
    powers: dict[str, Any] = dict(dimensionality(internal_unit(unit)))
    mass, cell, length, time = (float(powers.get(key, 0)) for key in _KEYS)
    return mass, cell, length, time


def unit_text(dimension: Dimension) -> str:
    """Return `dimension` as a unit, such as ``cell/mm^3/day``, or ``a plain number``."""
    if dimension == PLAIN:
        return "a plain number"
    return compose(dict(zip(_BASES, dimension, strict=True)))


def check(expression: Expression, dimensions: Mapping[str, Dimension], needed: Dimension) -> None:
    """Raise `InputError`, with both units, unless `expression` has the dimension `needed`."""
    found = expression_dimension(expression, dimensions)
    if not _equal(found, needed):
        msg = f"'{_short(expression)}' has the unit {unit_text(found)}, "
        raise InputError(msg + f"but {unit_text(needed)} is needed")


def expression_dimension(expression: Expression, dimensions: Mapping[str, Dimension]) -> Dimension:
    """Return the dimension of `expression`, given those of its names.

    Raises `InputError` where unlike units are added, compared, raised to a power that is no
    plain number, or given to exp, log or tanh.
    """
    match expression:
        case Number():
            return PLAIN
        case Name(name):
            return dimensions[name]
        case Negative(operand):
            return expression_dimension(operand, dimensions)
        case Binary("^", base, exponent):
            return _raised(expression, base, exponent, dimensions)
        case Binary(sign, left, right):
            first = expression_dimension(left, dimensions)
            second = expression_dimension(right, dimensions)
            if sign == "*":
                return _times(first, second, 1.0)
            if sign == "/":
                return _times(first, second, -1.0)
            return _same(expression, first, second)
        case Call(_, arguments):
            return _call(expression, [expression_dimension(a, dimensions) for a in arguments])
    raise AssertionError(expression)


def _raised(
    whole: Expression, base: Expression, exponent: Expression, dimensions: Mapping[str, Dimension]
) -> Dimension:
    inner = expression_dimension(base, dimensions)
    power = expression_dimension(exponent, dimensions)
    if power != PLAIN:
        msg = f"the exponent in '{_short(whole)}' has the unit {unit_text(power)}"
        raise InputError(msg + "; a plain number is needed")
    if inner == PLAIN:
        return PLAIN
    value = _literal(exponent)
    if value is None:
        msg = f"'{_short(whole)}' raises {unit_text(inner)} to a power that is not written out"
        raise InputError(msg + "; write (a/b)^n with a and b of equal unit")
    return _times(PLAIN, inner, value)


def _call(whole: Call, inner: list[Dimension]) -> Dimension:
    if whole.function == "sqrt":
        return _times(PLAIN, inner[0], 0.5)
    if whole.function in {"abs", "floor", "ceil"}:
        return inner[0]
    if whole.function in {"less", "at_most", "equal"}:
        _same(whole, inner[0], inner[1])
        return PLAIN
    if whole.function == "if":
        return _same(whole, inner[1], inner[2])
    if whole.function in {"min", "max"}:
        return _same(whole, inner[0], inner[1])
    if inner[0] != PLAIN:
        msg = f"'{_short(whole)}' takes {unit_text(inner[0])}; a plain number is needed"
        raise InputError(msg)
    return PLAIN


def _same(whole: Expression, first: Dimension, second: Dimension) -> Dimension:
    if not _equal(first, second):
        msg = f"'{_short(whole)}' joins {unit_text(first)} with {unit_text(second)}"
        raise InputError(msg)
    return first


def _equal(first: Dimension, second: Dimension) -> bool:
    return all(abs(a - b) < 1e-9 for a, b in zip(first, second, strict=True))


def _times(first: Dimension, second: Dimension, power: float) -> Dimension:
    mass, cell, length, time = (round(a + power * b, 9) for a, b in zip(first, second, strict=True))
    return mass, cell, length, time


def _literal(expression: Expression) -> float | None:
    match expression:
        case Number(value):
            return value
        case Negative(operand):
            inner = _literal(operand)
            return None if inner is None else -inner
        case Binary("/", Number(above), Number(below)) if below != 0:
            return above / below
    return None


def _short(expression: Expression) -> str:
    text = to_text(expression)
    return text if len(text) <= 100 else text[:100] + "..."

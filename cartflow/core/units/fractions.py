"""The numbers that floats stand for, as fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

_MOST_DIGITS = 6  # of a denominator; fractions with more lie near any number


def rational(value: float) -> Fraction:
    """Return the number that a float stands for: a fraction of few digits, or its decimal.

    It rounds to `value` again. Sums and multiples of times are taken so, and rounded once.

    >>> rational(0.1) * 3, rational(1 / 1440)
    (Fraction(3, 10), Fraction(1, 1440))
    """
    near = fraction_near(value, lambda near: float(near) == value)
    return Fraction(repr(float(value))) if near is None else near


def fraction_near(value: float, fits: Callable[[Fraction], bool]) -> Fraction | None:
    """Return the first fraction near `value` that fits, or None where all are long."""
    exact = Fraction(value)
    small = 0 < abs(exact) < 1
    for digits in range(_MOST_DIGITS + 1):
        near = (1 / exact if small else exact).limit_denominator(10**digits)
        near = 1 / near if small else near
        if fits(near):
            return near
    return None


def decimal(number: float) -> Fraction:
    """Return a float as the decimal number that it was written as."""
    return Fraction(repr(number))

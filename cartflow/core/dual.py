"""Dual numbers in compiled loops: complex ones whose imaginary part is a small multiple of a slope.

Loops that compare real parts alone, and take no magnitude, carry a derivative along in the
imaginary part when they are given complex arrays: with `SMALL` times a slope there, a product is
right to round-off, since `SMALL` squared is far below it (Squire and Trapp 1998). The functions
here are those that complex numbers would not do as real ones do.
"""

from __future__ import annotations

import math
from typing import Any

from numba import types
from numba.extending import overload

from cartflow.core.compiling import serial

SMALL = 1e-20


@serial
def positive(x: Any) -> Any:
    """Return the number, or nought where it is below nought; nan stays."""
    return x - x if x.real < 0.0 else x


@serial
def exponential(x: complex) -> complex:
    """Return e^x of a dual number."""
    value = math.exp(x.real)
    return complex(value, value * x.imag)


@serial
def logarithm(x: complex) -> complex:
    """Return ln x of a dual number."""
    return complex(math.log(x.real), x.imag / x.real)


@serial
def root(x: complex) -> complex:
    """Return the square root of a dual number; a nought that does not change has no slope."""
    value = math.sqrt(x.real)
    return complex(value, 0.5 * x.imag / value if x.imag != 0.0 else 0.0)


@serial
def tangent(x: complex) -> complex:
    """Return the hyperbolic tangent of a dual number."""
    value = math.tanh(x.real)
    return complex(value, (1.0 - value * value) * x.imag)


@serial
def magnitude(x: complex) -> complex:
    """Return |x| of a dual number."""
    return -x if x.real < 0.0 else x


@serial
def quotient(x: complex, y: complex) -> complex:
    """Return x / y of dual numbers."""
    over = 1.0 / y.real
    value = x.real * over
    return complex(value, (x.imag - value * y.imag) * over)


def ratio(x: Any, y: Any) -> Any:
    """Return x / y of plain or dual numbers; complex ones take several times as long."""
    return x / y


@overload(ratio, jit_options={"error_model": "numpy"})
def _ratio(x: Any, y: Any) -> Any:
    def plain(x: Any, y: Any) -> Any:
        return x / y

    def dual(x: Any, y: Any) -> Any:
        return quotient(x + 0j, y + 0j)

    return dual if isinstance(x, types.Complex) or isinstance(y, types.Complex) else plain


@serial
def power(x: complex, y: complex) -> complex:
    """Return x^y of dual numbers, with no slope to what does not change."""
    value, slope = x.real**y.real, 0.0
    if x.imag != 0.0:
        slope += x.imag * y.real * x.real ** (y.real - 1.0)
    if y.imag != 0.0 and value != 0.0:
        slope += y.imag * value * math.log(x.real)
    return complex(value, slope)

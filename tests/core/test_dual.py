"""Functions of dual numbers: values are those of real ones, slopes those of closed forms."""

import math

import numba
import pytest

from cartflow.core.dual import (
    SMALL,
    exponential,
    logarithm,
    magnitude,
    positive,
    power,
    quotient,
    ratio,
    root,
    tangent,
)

X, DX = 0.7, 1.3


@pytest.mark.parametrize(
    ("function", "value", "slope"),
    [
        (exponential, math.exp(X), math.exp(X)),
        (logarithm, math.log(X), 1.0 / X),
        (root, math.sqrt(X), 0.5 / math.sqrt(X)),
        (tangent, math.tanh(X), 1.0 - math.tanh(X) ** 2),
        (magnitude, X, 1.0),
        (positive, X, 1.0),
    ],
)
def test_functions_of_one_number(function, value, slope):
    found = function(complex(X, SMALL * DX))
    assert found.real == value
    assert found.imag / SMALL == pytest.approx(slope * DX, rel=1e-14)


def test_what_is_below_nought():
    below = complex(-X, SMALL * DX)
    assert magnitude(below) == complex(X, -SMALL * DX)
    assert positive(below) == 0.0
    assert positive(-X) == 0.0
    assert positive(X) == X
    assert math.isnan(positive(math.nan))


def test_powers_and_quotients_of_two_numbers():
    x, y = complex(X, SMALL * DX), complex(2.5, SMALL * 0.4)
    value = X**2.5
    assert power(x, y).real == value
    slope = 2.5 * X**1.5 * DX + 0.4 * value * math.log(X)
    assert power(x, y).imag / SMALL == pytest.approx(slope, rel=1e-14)
    # A whole power of a number below nought is one; nought stays nought.
    assert power(-x, complex(3.0)).real == (-X) ** 3.0
    assert power(complex(0.0, SMALL), complex(2.0)) == 0.0
    assert power(complex(0.0), y) == 0.0
    slope = (DX - X / 2.5 * 0.4) / 2.5
    assert quotient(x, y).imag / SMALL == pytest.approx(slope, rel=1e-14)


@numba.njit(error_model="numpy")
def divided(x, y):
    return ratio(x, y)


def test_a_ratio_is_a_division_of_what_it_is_given():
    assert divided(1.0, 3.0) == 1.0 / 3.0
    assert divided(1.0, 0.0) == math.inf
    assert divided(1.0, complex(4.0, 4.0 * SMALL)) == complex(0.25, -0.25 * SMALL)

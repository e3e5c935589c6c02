"""Derivatives of arrays by differences, against closed forms; what is not smooth is told."""

import numpy as np
import pytest

from cartflow.core.differences import NotSmooth, slopes_of
from cartflow.core.outcome import InputError


@pytest.mark.parametrize(
    ("family", "slope"),
    [
        (lambda x: 3.0 + 2.0 * x, 2.0),
        (lambda x: 1.0 / (1.0 + x), -1.0),
        (lambda x: (1.0 + x) ** -3, -3.0),
        (lambda x: np.exp(5.0 * x), 5.0),
        (np.sin, 1.0),
    ],
)
def test_slopes_are_those_of_closed_forms(family, slope):
    found = slopes_of(lambda x: [np.array([family(x), 7.0, np.inf]), np.zeros((0, 2))])
    np.testing.assert_allclose(found[0], [slope, 0.0, 0.0], rtol=1e-11)
    assert found[1].shape == (0, 2)


def test_what_is_straight_is_asked_for_twice_beside_the_number():
    asked = []

    def line(x):
        asked.append(x)
        return [np.array([3.0 + 2.0 * x, -7.0, 1e-9 * x])]

    np.testing.assert_allclose(slopes_of(line)[0], [2.0, 0.0, 1e-9], rtol=1e-13)
    assert len(asked) == 3


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("family", "slope"), [(lambda x: 4.0 * x, 4.0), (np.exp, 1.0)])
def test_slopes_to_one_side_where_the_other_is_refused(side, family, slope):
    def one_way(x):
        if side * x < 0:
            raise InputError("not that way")
        return [np.array(family(x))]

    assert slopes_of(one_way)[0] == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize(
    "family",
    [
        lambda x: float(x > 0.005),
        lambda x: 1.0 + 1e-3 * abs(x),
        lambda x: 1.0 + (x == 0.0),
        lambda x: np.zeros(2 + (x > 0.0)),
    ],
)
def test_what_jumps_or_has_a_kink_is_told(family):
    with pytest.raises(NotSmooth):
        slopes_of(lambda x: [np.array(family(x))])


def test_what_is_refused_both_ways_says_why():
    def nowhere(x):
        if x:
            raise InputError("nowhere to go")
        return [np.zeros(1)]

    with pytest.raises(InputError, match="nowhere to go"):
        slopes_of(nowhere)

"""The error of a finest mesh from coarser ones, against errors that are known powers."""

import numpy as np
import pytest

from cartflow.results.mesh_error.estimate import estimates


def runs(limit, constant, order, count):
    return [{"x": limit * (1.0 + constant * (0.1 * 2**k) ** order)} for k in range(count)]


@pytest.mark.parametrize("order", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("constant", [0.8, -0.8])
def test_an_error_that_falls_as_a_power_is_found_with_its_order(order, constant):
    # An order of one exactly is not told from a shift that does not fall.
    found = estimates(runs(7.0, constant, order * 1.0001, 3))["x"]
    true = abs(constant) * 0.1**order / (1.0 + constant * 0.1**order)
    assert found.order == pytest.approx(order, rel=1e-3)
    assert found.measured
    assert found.error == pytest.approx(true, rel=2e-3)
    assert found.width_for(true / 4, 0.1) == pytest.approx(0.1 * 0.25 ** (1 / order), rel=1e-2)
    assert found.width_for(1.0, 0.1) == 0.1


def test_the_order_of_the_scheme_is_the_highest():
    found = estimates(runs(7.0, 0.8, 4.0, 3))["x"]
    assert found.order == 2.0
    # As the coarser pair of meshes has it: their shift, a quarter of it, a third of that.
    limit = 1.0 + 0.8 * 0.1**4
    assert found.error == pytest.approx(0.8 * (0.4**4 - 0.2**4) / 12 / limit)


def test_two_meshes_take_the_first_order():
    found = estimates(runs(7.0, 0.8, 2.0, 2))["x"]
    assert (found.order, found.measured) == (1.0, False)
    assert found.error == abs(found.shift)


def test_shifts_that_do_not_fall_are_not_made_small():
    up = estimates([{"x": 1.0}, {"x": 1.1}, {"x": 0.6}])["x"]
    assert up.error == pytest.approx(0.5)
    even = estimates([{"x": 1.0}, {"x": 1.1}, {"x": 1.25}])["x"]
    assert even.error == pytest.approx(0.1)
    assert not up.measured
    assert not even.measured
    assert (up.bound, even.bound) == (True, False)


@pytest.mark.parametrize(("last", "bound"), [(0.3, False), (0.7, True), (-0.05, True), (0.0, True)])
def test_three_meshes_that_follow_no_power_bound_the_error(last, bound):
    found = estimates([{"x": 1.0}, {"x": 1.1}, {"x": 1.1 + last}])["x"]
    assert found.bound == bound
    assert found.error >= abs(last) / 12 - 1e-12


def test_nothing_moves_and_what_is_missing_is_left_out():
    found = estimates([{"x": 2.0, "y": 1.0}, {"x": 2.0}, {"x": 2.0}])
    assert list(found) == ["x"]
    assert found["x"].error == 0.0
    assert np.isclose(found["x"].width_for(0.01, 0.3), 0.3)


@pytest.mark.parametrize("small", [0.0, 4e-16, -3e-13, 9e-11])
def test_shifts_of_round_off_have_no_order(small):
    for runs_ in ([{"x": 3.0}, {"x": 3.0 * (1 + small)}, {"x": 3.0}], [{"x": 3.0}, {"x": 3.0}]):
        assert estimates(runs_)["x"].round_off
    assert not estimates([{"x": 3.0}, {"x": 3.0}, {"x": 3.0 * (1 + 1e-6)}])["x"].round_off

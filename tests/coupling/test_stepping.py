"""Step control: growth, landing on events, and the limited extrapolation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.stepping import (
    Limit,
    StepControl,
    StepLoop,
    error_estimate,
    extrapolated,
    landing,
    relative_difference,
)

AMOUNTS = arrays(float, 7, elements=st.floats(0, 1e6, allow_subnormal=False))
WEIGHTS = np.array([0.1, 2.0, 1.0, 1.0, 0.5, 3.0, 1.0])


def test_next_step_grows_at_most_by_its_factor_and_never_beyond_the_maximum():
    control = StepControl(maximum_step=0.3)
    assert control.next_step(0.01, 0.0, 1) == pytest.approx(0.02)
    assert control.next_step(0.2, 0.0, 1) == 0.3
    assert control.next_step(0.01, np.inf, 1) == pytest.approx(0.002)


def test_next_step_follows_the_order_of_the_error():
    # An error of the third order per step if extrapolated, of the second if not.
    assert StepControl().next_step(0.01, 8.0, 1) == pytest.approx(0.01 * 0.9 / 2)
    assert StepControl(extrapolate=False).next_step(0.01, 4.0, 1) == pytest.approx(0.01 * 0.9 / 2)


def test_fixed_steps_stay_as_they_are():
    assert StepControl(fixed=True, initial_step=0.03).next_step(0.7, 1e9, 1) == 0.03


def tries(power, control, order=2):
    """The steps tried, one after another, where the error is 8 (step / 1e-3)^power."""
    tried = []

    def attempt(dt):
        tried.append(dt)
        return dt, 8.0 * (dt / 1e-3) ** power, StepFailed("oxygen", "it changes too fast")

    StepLoop(control=control, order=order).step(0.0, 1.0, Limit(), attempt)
    return np.array(tried)


def test_a_step_refused_again_is_shortened_by_the_power_that_was_seen():
    control = StepControl(tolerance=1e-3, initial_step=1e-3, minimum_step=1e-12)
    tried = tries(0.5, control)
    # First by the order's power, 4; then at most by five, to 0.9 of where the error is allowed.
    wanted = np.array([1.0, 0.9 * 8.0**-0.25, 0.18 * 8.0**-0.25, 0.036 * 8.0**-0.25, 0.9 / 64])
    np.testing.assert_allclose(tried, 1e-3 * wanted, rtol=1e-9)


def test_a_step_refused_again_goes_by_the_order_where_its_error_does():
    control = StepControl(tolerance=1e-3, initial_step=1e-3, minimum_step=1e-12)
    assert control.shorter_step(1e-3, 8.0, 2, (2e-3, 8.0 * 16.0)) == control.next_step(1e-3, 8.0, 2)
    # Nor where nothing is known of the error, or it falls faster.
    for refused in ((0.0, 0.0), (2e-3, np.inf), (2e-3, 8e9)):
        assert control.shorter_step(1e-3, 8.0, 2, refused) == control.next_step(1e-3, 8.0, 2)
    # An error that does not fall at all asks for the shortest there is.
    assert control.shorter_step(1e-3, 1.2, 2, (2e-3, 1.2)) == pytest.approx(2e-4)
    fixed = StepControl(fixed=True, initial_step=0.03)
    assert fixed.shorter_step(0.03, 8.0, 2, (0.06, 9.0)) == 0.03


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ({"minimum_step": 0.0}, "0 < minimum_step"),
        ({"initial_step": 1e-12}, "minimum_step <= initial_step"),
        ({"maximum_step": 1e-6}, "initial_step <= maximum_step"),
        ({"tolerance": 0.0}, "tolerance 0 "),
        ({"tolerance": -1.0}, "tolerance -1 "),
        ({"tolerance": np.nan}, "tolerance nan "),
    ],
)
def test_bad_controls(steps, message):
    with pytest.raises(InputError, match=message):
        StepControl(**steps)


def test_landing_hits_the_event_and_leaves_no_sliver():
    assert landing(1.0, 5.0, 3.0) == 2.0
    assert landing(1.0, 2.0 * (1 - 1e-10), 3.0) == 2.0
    assert landing(1.0, 1.9, 3.0) == 1.0
    assert landing(1.0, 0.9, 3.0) == 0.9
    assert landing(1.0, 0.9, np.inf) == 0.9


@given(st.floats(0, 1e3), st.floats(1e-6, 10), st.floats(1e-5, 1e2))
def test_steps_that_land_reach_the_event(start, dt, ahead):
    event, time, steps = start + ahead, start, []
    for _ in range(4):
        step = landing(time, dt, event)
        steps.append(step)
        assert 0 < step <= max(dt * (1 + 1e-8), 1e-12)
        if step == event - time:
            break
        # Never more than one step as short as half of the last whole one.
        assert event - time - step >= 0.5 * step * (1 - 1e-8)
        time += step


@settings(deadline=None)  # the first example compiles
@given(AMOUNTS, AMOUNTS)
def test_extrapolation_is_nonnegative_and_keeps_the_linear_total(whole, halves):
    values, moved = extrapolated(whole, halves, WEIGHTS, 1)
    assert np.all(values >= 0)
    wanted = (2 * halves - whole) @ WEIGHTS
    if moved < 1.0:
        scale = (2 * halves + whole) @ WEIGHTS
        assert values @ WEIGHTS == pytest.approx(wanted, abs=1e-14 * scale)
    else:
        assert values is halves
    if np.all(2 * halves >= whole):
        assert values == pytest.approx(2 * halves - whole, rel=1e-14)
        assert moved <= 1e-14


def test_extrapolation_reports_what_its_limit_moved():
    whole, halves = np.array([10.0, 3.0]), np.array([10.0, 1.0])
    values, moved = extrapolated(whole, halves, np.ones(2), 1)
    # Wanted is 10 and -1, 9 together; kept are 10 and the halves' 1, scaled by 9/11.
    assert values == pytest.approx(np.array([90 / 11, 9 / 11]))
    assert moved == pytest.approx(2 / 11)
    _, nothing_left = extrapolated(np.array([5.0]), np.array([1.0]), np.ones(1), 1)
    assert nothing_left == 1.0


def test_relative_difference_is_that_of_volumes_with_a_floor():
    volumes, floor = np.array([1.0, 3.0]), np.array([0.0, 14.0])
    whole, halves = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[2.0, 1.0], [0.0, 2.0]])
    found = relative_difference(whole, halves, volumes, floor)
    assert found == pytest.approx([1 / 5, 4 / 20])


def test_error_estimate_counts_what_was_moved():
    found = error_estimate(np.array([1e-4, 1e-4]), np.array([0.0, 1e-5]), 1)
    assert found == pytest.approx([1e-6, 1e-5])

"""Exposure measures against integrals that are known."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.pbpk.metrics import (
    auc,
    cumulative_auc,
    half_life,
    killing_potential,
    maximum,
    survivors,
    terminal_half_lives,
)

TIMES = np.array([0.0, 0.5, 2.0, 3.0, 10.0])


def test_linear_rule_is_exact_for_lines():
    assert auc(TIMES, 2.0 + 3.0 * TIMES, "linear") == pytest.approx(20.0 + 150.0, rel=1e-14)
    assert auc(TIMES, 2.0 + 3.0 * TIMES) == pytest.approx(170.0, rel=1e-14)


def test_linear_log_rule_is_exact_for_exponentials():
    exact = (1 - np.exp(-7.0)) / 0.7
    assert auc(TIMES, np.exp(-0.7 * TIMES)) == pytest.approx(exact, rel=1e-13)
    assert auc(TIMES, np.exp(-0.7 * TIMES), "linear") > 1.05 * exact


def test_rules_agree_where_a_course_hardly_falls():
    level = 1.0 - 1e-9 * TIMES
    assert auc(TIMES, level) == pytest.approx(auc(TIMES, level, "linear"), rel=1e-14)


def test_zeros_are_joined_by_lines():
    assert auc(np.array([0.0, 1.0, 2.0]), np.array([2.0, 0.0, 0.0])) == 1.0


def test_cumulative_area_ends_at_the_area():
    grown = cumulative_auc(TIMES, np.exp(-TIMES))
    assert grown[0] == 0
    assert grown[-1] == auc(TIMES, np.exp(-TIMES))
    assert np.all(np.diff(grown) > 0)


def test_maximum():
    assert maximum(TIMES, np.array([1.0, 5.0, 5.0, 2.0, 0.0])) == (5.0, 0.5)


def test_half_lives():
    assert half_life(TIMES, np.exp(-0.7 * TIMES), 1.0) == pytest.approx(np.log(2) / 0.7)
    times = np.linspace(0, 40, 401)
    two = np.exp(-2.0 * times) + 0.01 * np.exp(-0.1 * times)
    first, last = terminal_half_lives(times, two)
    assert first == pytest.approx(np.log(2) / 2.0, rel=0.05)
    assert last == pytest.approx(np.log(2) / 0.1, rel=1e-3)
    assert half_life(TIMES, np.ones(5), 0.0) == np.inf
    assert np.isnan(half_life(TIMES, np.ones(5), 9.0))


@pytest.mark.parametrize(("end", "spread"), [(40.0, 1e-2), (80.0, 1e-4), (160.0, 1e-6)])
def test_the_last_half_life_tends_to_the_slowest_phase(end, spread):
    # Of a course that falls by many decades at once, as cells do that trap in the lung.
    times = np.concatenate([[0.0], np.geomspace(1e-4, end, 200)])
    course = np.exp(-1e3 * times) + 1e-4 * np.exp(-0.3 * times) + 1e-5 * np.exp(-0.06 * times)
    _, last = terminal_half_lives(times, course)
    assert last == pytest.approx(np.log(2) / 0.06, rel=spread)


def test_one_phase_has_one_half_life():
    first, last = terminal_half_lives(TIMES, 3 * np.exp(-0.3 * TIMES))
    assert first == pytest.approx(np.log(2) / 0.3)
    assert last == pytest.approx(np.log(2) / 0.3)


def test_survivors_solve_their_equation():
    # dN/dt = -k C(t) N with C = exp(-t): N(10) = exp(-k (1 - exp(-10))).
    fine = np.linspace(0, 10, 2001)
    share = survivors(0.4, auc(fine, np.exp(-fine)))
    assert share == pytest.approx(np.exp(-0.4 * (1 - np.exp(-10.0))), rel=1e-12)


def test_killing_potential_is_the_integral_of_rate_and_cells():
    rate, cells = np.full(5, 2.0), np.exp(-TIMES)
    assert killing_potential(TIMES, rate, cells) == pytest.approx(2 * (1 - np.exp(-10.0)))


@pytest.mark.parametrize(
    ("times", "values", "message"),
    [
        ([0, 1], [1, 2, 3], "two equal columns"),
        ([0], [1], "two equal columns"),
        ([0, 0], [1, 1], "times must rise"),
        ([0, 1], [1, -1], "not negative"),
        ([0, 1], [1, np.nan], "must be finite"),
    ],
)
def test_bad_courses(times, values, message):
    with pytest.raises(InputError, match=message):
        auc(np.array(times), np.array(values))


def test_bad_rules_and_rates():
    with pytest.raises(InputError, match="unknown rule 'log'"):
        auc(TIMES, TIMES, "log")
    with pytest.raises(InputError, match="0 or more"):
        survivors(-1.0, 1.0)

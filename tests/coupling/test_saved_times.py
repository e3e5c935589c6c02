"""Times to save lie within the steps of one system: they change no number, and are as exact."""

from dataclasses import replace

import numpy as np
import pytest
from coupling.test_time_error import study

from cartflow.core.entries import entries_of
from cartflow.core.tableaus import RODAS4, RODAS4P
from cartflow.coupling.ledger import residual
from cartflow.coupling.line.band import columns, factorise, solve
from cartflow.coupling.line.saving import weigh
from cartflow.coupling.line.stepper import Going, LineStepper
from cartflow.coupling.line.ways import eliminate, solve_along, ways_of
from cartflow.pbpk.flows.observables import in_body

TIMES = (0.0, 1e-3, 0.02, 0.3, 1.0, 1.7, 2.01, 2.5, 3.0)


@pytest.fixture(scope="module")
def simulation():
    """Return a simulation of three days, with an infusion after two, without a companion."""
    of = study("khot2019", "predator_prey_exhaustion", 3).simulation
    return replace(of.unchecked(), save_times=TIMES)


@pytest.fixture(scope="module")
def record(simulation):
    """Return its run."""
    return simulation.run()


def accounts(state):
    """Return all that is counted, one after the other."""
    return np.concatenate([getattr(state.ledger, name) for name in state.ledger.__annotations__])


def test_they_change_no_bit_of_the_end(simulation, record):
    for times in ((0.0, 3.0), tuple(np.linspace(0.0, 3.0, 41))):
        other = replace(simulation, save_times=times).run()
        assert len(other.states) == len(times)
        assert other.accepted_steps == record.accepted_steps
        for part in (lambda s: s.tumour, lambda s: s.body, accounts):
            np.testing.assert_array_equal(part(other.states[-1]), part(record.states[-1]))


def test_what_is_saved_is_as_exact_as_the_steps(simulation, record):
    control = replace(simulation.control, tolerance=1e-9)
    exact = replace(simulation, control=control).run()
    tolerance = simulation.control.tolerance
    for mine, true in zip(record.states[1:], exact.states[1:], strict=True):
        assert mine.time == true.time
        for a, b in ((mine.tumour.T, true.tumour.T), (mine.body.T, true.body.T)):
            assert np.abs(a - b).sum() < tolerance * np.abs(b).sum()
        np.testing.assert_allclose(
            accounts(mine), accounts(true), rtol=tolerance, atol=tolerance * 1e6 * 1e-3
        )


def test_every_cell_is_there_and_none_is_below_nought(simulation, record):
    coupled = simulation.coupled
    for state in record.states:
        assert state.tumour.min() >= 0.0
        assert state.body.min() >= 0.0
        inside = coupled.in_tumour(state.tumour)
        gap = residual(state.ledger, in_body(coupled.network, state.body), inside, 0.0)
        assert abs(gap.sum()) <= 1e-12 * (state.ledger.infused + state.ledger.born).sum()


def test_a_method_without_dense_output_takes_steps_of_their_own(simulation):
    found = []
    start = simulation.coupled.start(simulation.initial, 0.0)
    start.body[0, 0] = start.ledger.infused[0] = 1e6
    control = replace(simulation.control, tolerance=1e-4)
    for method in (RODAS4, RODAS4P):
        stepper = LineStepper(simulation.coupled, control, method)
        floor = np.full(len(simulation.initial), 1e-3)
        end, _ = stepper.advance(start, Going.first(control), 0.05, floor, None, [1e-3, 0.02])
        assert end.time == 0.05
        assert stepper.saves.apart[:2].tolist() == [method is RODAS4P] * 2
        found.append([*stepper.passed, end])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one.tumour, other.tumour, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(one.body, other.body, rtol=1e-3, atol=1.0)


def test_the_dense_output_is_of_third_order():
    """y' = -y^2 from y = 1, whose solution is 1 / (1 + t)."""

    def error(h, share):
        m, u, y = RODAS4, np.zeros(6), 1.0
        for i in range(6):
            at = y + m.a[i] @ u
            u[i] = (-(at**2) + m.c[i] @ u / h) / (1.0 / (m.gamma * h) + 2.0 * y)
        weights = np.zeros(6)
        weigh(m, share, weights)
        return abs(y + weights @ u - 1.0 / (1.0 + share * h))

    for share in (0.2, 0.5, 0.8):
        assert np.log2(error(0.1, share) / error(0.05, share)) == pytest.approx(4.0, abs=0.35)
    assert np.log2(error(0.1, 1.0) / error(0.05, 1.0)) == pytest.approx(5.0, abs=0.35)


@pytest.mark.parametrize("diagonal", [1e3, 1.0, 0.0])
def test_a_band_is_solved_whether_rows_are_swapped_or_not(diagonal):
    random, n, width = np.random.default_rng(0), 40, 6
    matrix, band = np.zeros((n, n)), np.zeros((n, columns(width)))
    for i in range(n):
        for j in range(max(0, i - width), min(n, i + width + 1)):
            value = random.normal() * 10.0 ** random.uniform(-2, 2)
            matrix[i, j] = band[i, j - i + width] = diagonal if i == j else value
    right = random.normal(size=n)
    pivots, reach, scale, x = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n), right + 0
    factorise(band, pivots, scale, reach)
    solve(band, pivots, scale, reach, x)
    swapped = (pivots != np.arange(n)).any()
    assert swapped == (diagonal < 1e3)
    assert np.abs(matrix @ x - right).max() < 1e-9 * np.abs(x).max() * np.abs(matrix).max()


def test_a_body_is_solved_along_its_ways():
    random, n = np.random.default_rng(1), 20
    rates = np.where(random.random((n, n)) < 0.12, 10.0 ** random.uniform(-2, 5, (n, n)), 0.0)
    np.fill_diagonal(rates, 0.0)
    np.fill_diagonal(rates, -rates.sum(axis=0))
    matrix, ways = 3.0 * np.eye(n) - rates, ways_of(entries_of(rates), n)
    x = random.random(n)
    true = np.linalg.solve(matrix, x)
    factors = matrix.copy()
    eliminate(factors, ways)
    solve_along(factors, ways, x)
    np.testing.assert_allclose(x, true, rtol=1e-12)

"""The exact solutions are what they say: modes, boundaries, totals; the lines conserve."""

import numpy as np
import pytest

from cartflow.validation.numerics.exact_solutions import (
    SIZE,
    _mode,
    bounded,
    drifting,
    eigenfunction,
    geometry,
    reacting,
)
from cartflow.validation.numerics.lines import Row, between
from cartflow.validation.organs.lumped import Lumped, graded


@pytest.mark.parametrize("shape", ["slab", "ball"])
def test_eigenfunctions_by_differences(shape):
    place = geometry(shape, 400)
    phi, value = eigenfunction(place)
    x = place.centres[:, 0]
    h = x[1] - x[0]
    second = np.diff(phi, 2) / h**2
    first = (phi[2:] - phi[:-2]) / (2 * h)
    laplacian = second + (2 * first / x[1:-1] if shape == "ball" else 0.0)
    assert laplacian == pytest.approx(-value * phi[1:-1], abs=2e-3 * value)
    # No flux at the outer face: the last cells are even about it.
    assert abs(phi[-1] - phi[-2]) < 2e-4
    assert np.abs(phi).max() <= 1.0


@pytest.mark.parametrize(("shape", "biot"), [("slab", 0.7), ("ball", 0.7), ("ball", 3.0)])
def test_film_modes_satisfy_their_condition(shape, biot):
    q = _mode(shape, biot)
    h = 1e-6

    def phi(x):
        return np.sinc(q * x / np.pi) if shape == "ball" else np.cos(q * x)

    slope = (phi(SIZE + h) - phi(SIZE - h)) / (2 * h)
    assert -slope / phi(SIZE) == pytest.approx(biot, rel=1e-6)
    assert phi(np.linspace(0, SIZE, 50)).min() > 0


@pytest.mark.parametrize("shape", ["slab", "ball", "box 2-D", "box 3-D"])
def test_drifting_cells_keep_their_total(shape):
    exact = drifting(shape, {"ball": 160, "box 3-D": 20}.get(shape, 40))
    volumes = exact.problem.geometry.cell_volumes
    totals = [exact.solution(t) @ volumes for t in (0.0, 0.2, 0.4)]
    assert totals == pytest.approx([totals[0]] * 3, rel=2e-3)


def test_forced_solution_satisfies_its_equation():
    exact = reacting("slab", 10)
    problem = exact.problem
    h, time = 1e-6, 0.3
    state = np.array([exact.solution(time), exact.start[1], np.full(10, time)])
    _, value = eigenfunction(problem.geometry)
    spread = -0.2 * value * (exact.solution(time) - 600.0)
    change = problem.network.derivative(state)[0] - problem.egress * state[0] + spread
    expected = (exact.solution(time + h) - exact.solution(time - h)) / (2 * h)
    assert change == pytest.approx(expected, rel=1e-6, abs=1e-4)


def test_a_face_held_at_zero_empties_faster_than_one_with_a_film():
    rates = [
        -np.log(e.solution(1.0)[0] / e.solution(0.0)[0])
        for e in (bounded("slab", 10, "fixed"), bounded("slab", 10, "film"))
    ]
    assert rates[0] == pytest.approx(0.3 / 1.6**2 * (np.pi / 4) ** 2)
    assert rates[1] < rates[0]


def test_lines_lose_nothing_between_cells():
    row = Row(edges=np.linspace(0.0, 2.0, 11), round=True)
    assert row.volumes.sum() == pytest.approx(4 / 3 * np.pi * 8)
    flux = between(np.random.default_rng(1).random(10))
    assert row.spread(flux) @ row.volumes == pytest.approx(0.0, abs=1e-12)


def test_graded_steps_start_small_and_end_on_time():
    times = graded(40, 2.0)
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(2.0)
    steps = np.diff(times)
    assert steps[1:] / steps[:-1] == pytest.approx(np.full(39, np.exp(9 / 40)))


def test_the_lumped_organ_keeps_its_cells():
    lumped = Lumped()
    assert lumped.exact(0.7).sum() == pytest.approx(3e6, rel=1e-9)
    assert lumped.error(lumped.start(), 0.0) == 0.0

"""Dispersion relations against their limits, each other, and one step of each engine."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.pde.lines.rosenbrock import GAMMA
from cartflow.validation.fronts.dispersion import (
    LINEAR,
    PulledFront,
    backward_euler,
    continuous,
    nagumo_speed,
    porous_fisher_speed,
    rosenbrock,
    semi_discrete,
)
from cartflow.validation.problems import cells_problem, engine_of

RATE, DIFFUSIVITY = 0.7, 0.02


def test_continuous_front():
    front = continuous(RATE, DIFFUSIVITY)
    assert front.speed == pytest.approx(2 * np.sqrt(RATE * DIFFUSIVITY))
    assert front.steepness == pytest.approx(np.sqrt(RATE / DIFFUSIVITY))
    with pytest.raises(InputError, match="positive net rate, not -1"):
        continuous(-1.0, DIFFUSIVITY)


def test_bramson_and_its_mean():
    front = PulledFront(speed=2.0, steepness=1.0)
    assert front.speed_at(50.0) == pytest.approx(2 - 1.5 / 50)
    assert front.speed_at(50.0, LINEAR) == pytest.approx(2 - 0.5 / 50)
    times = np.linspace(50, 60, 2001)
    mean = np.mean([front.speed_at(t) for t in 0.5 * (times[1:] + times[:-1])])
    assert front.mean_speed(50.0, 60.0) == pytest.approx(mean, rel=1e-8)


@pytest.mark.parametrize(
    "relation",
    [
        lambda h: semi_discrete(RATE, DIFFUSIVITY, h),
        lambda h: backward_euler(RATE, 0.0, DIFFUSIVITY, h, 1e-6),
        lambda h: backward_euler(RATE + 0.4, 0.4, DIFFUSIVITY, h, 1e-6),
        lambda h: rosenbrock(RATE, DIFFUSIVITY, h, 1e-6, GAMMA),
    ],
)
def test_every_relation_tends_to_the_continuous_one(relation):
    exact = continuous(RATE, DIFFUSIVITY)
    fine = relation(0.01 / exact.steepness)
    assert fine.speed == pytest.approx(exact.speed, rel=2e-5)
    assert fine.steepness == pytest.approx(exact.steepness, rel=1e-3)


def test_asymptotic_speeds_of_two_grids():
    # D = r = 1: minima of ln G(s)/(s dt), found by other code.
    assert backward_euler(1.0, 0.0, 1.0, 0.5, 0.1).speed == pytest.approx(2.0142, abs=1e-4)
    assert backward_euler(1.0, 0.0, 1.0, 0.25, 0.05).speed == pytest.approx(2.0040, abs=1e-4)


@pytest.mark.parametrize("name", ["fast", "fipy"])
def test_one_step_multiplies_an_exponential_as_its_relation_says(name):
    spacing, step, steepness = 0.05, 0.1, 3.0
    geometry = slab(20.0, 400)
    network = load("logistic_growth").with_parameters({"growth_rate": f"{RATE} 1/day"})
    solver = engine_of(name, cells_problem(geometry, network, DIFFUSIVITY))
    x = geometry.centres[:, 0]
    start = 1e-6 * np.exp(-steepness * x)
    new, _ = solver.step(start[None], step)
    growth = (new[0] / start)[150:250]
    spread = DIFFUSIVITY * (2 * np.cosh(steepness * spacing) - 2) / spacing**2
    if solver.order == 1:
        expected = (1 + RATE * step) / (1 - step * spread)
    else:
        z, g = step * (RATE + spread), GAMMA
        expected = (1 + (1 - 2 * g) * z + (0.5 - 2 * g + g**2) * z**2) / (1 - g * z) ** 2
    assert growth == pytest.approx(np.full(100, expected), rel=1e-9)


def test_pushed_speeds():
    assert nagumo_speed(2.0, 0.25, 0.1) == pytest.approx(0.5 * 0.8)
    assert porous_fisher_speed(2.0, 0.25) == pytest.approx(0.5)

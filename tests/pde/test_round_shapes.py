"""Hollow balls and cylinders against exact solutions, on both engines."""

import numpy as np
import pytest
from scipy.special import i0, i1, k0, k1

from cartflow.core.parameters import parameter
from cartflow.geometries.shapes.ball import ball, hollow_ball
from cartflow.geometries.shapes.cylinder import cylinder, cylindrical_shell
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import FixedValue, PrescribedFlux, Robin
from cartflow.validation.problems import cells_problem, decaying, engine_of

INNER, OUTER, DIFFUSIVITY, RATE = 0.5, 2.0, 0.1, 0.4
Q = np.sqrt(RATE / DIFFUSIVITY)
ENGINES = ["fast", "fipy"]


def hollow(r):
    """1 at the wall, no flux at the rim: u r is a sinh and a cosh."""
    wide = OUTER - r
    shape = np.sinh(Q * wide) - Q * OUTER * np.cosh(Q * wide)
    at_wall = np.sinh(Q * (OUTER - INNER)) - Q * OUTER * np.cosh(Q * (OUTER - INNER))
    return INNER / r * shape / at_wall


def solid(r):
    return i0(Q * r) / i0(Q * OUTER)


def around_a_vessel(r):
    def value(x):
        return k0(Q * x) * i1(Q * OUTER) + i0(Q * x) * k1(Q * OUTER)

    return value(r) / value(INNER)


SHAPES = {
    "hollow ball": (lambda n, **k: hollow_ball(INNER, OUTER, n, **k), "wall", hollow),
    "cylinder": (lambda n, **k: cylinder(OUTER, n, 3.0, **k), "rim", solid),
    "cylindrical shell": (
        lambda n, **k: cylindrical_shell(INNER, OUTER, n, **k),
        "wall",
        around_a_vessel,
    ),
}


def steady(problem, engine, start=0.0):
    """Return what is left after steps that grow from minutes to years."""
    solver = engine_of(engine, problem)
    state = np.full((1, problem.geometry.size), start)
    for step in np.geomspace(1e-3, 1e3, 25):
        state, _ = solver.step(state, step)
    return state[0]


def error(name, cells, engine, **keys):
    build, surface, exact = SHAPES[name]
    geometry = build(cells, **keys)
    held = {surface: FixedValue(value=1.0)}
    network = decaying("phenotype", RATE)
    problem = cells_problem(geometry, network, DIFFUSIVITY, boundaries=held)
    return np.abs(steady(problem, engine) - exact(geometry.centres[:, 0])).max()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", SHAPES)
def test_what_diffuses_and_decays_converges_at_second_order(name, engine):
    errors = np.array([error(name, n, engine) for n in (40, 80, 160)])
    assert errors[-1] < 3e-4
    assert np.log2(errors[:-1] / errors[1:]).min() >= 1.9


@pytest.mark.parametrize("name", SHAPES)
def test_graded_cells_converge_at_second_order_too(name):
    errors = np.array([error(name, n, "fast", grading=8) for n in (20, 40, 80)])
    assert np.log2(errors[:-1] / errors[1:]).min() >= 1.8
    assert errors[-1] < 1e-3


def test_the_same_cells_graded_resolve_a_thin_layer_better():
    rate = 400.0 * DIFFUSIVITY
    r, found = ball(OUTER, 30), []
    for geometry in (r, ball(OUTER, 30, grading=20)):
        held = {"rim": FixedValue(value=1.0)}
        problem = cells_problem(geometry, decaying("phenotype", rate), DIFFUSIVITY, boundaries=held)
        x = geometry.centres[:, 0]
        exact = OUTER / x * np.sinh(20.0 * x) / np.sinh(20.0 * OUTER)
        off = np.abs(steady(problem, "fast") - exact) @ geometry.cell_volumes
        found.append(off / (exact @ geometry.cell_volumes))
    assert found[1] < 0.1 * found[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_krogh_s_cylinder(engine):
    """Krogh 1919: what tissue uses up at a constant rate M comes from the vessel alone.

    c = c0 + M/(4 D) (r^2 - a^2) - M R^2/(2 D) ln(r/a).
    """
    use, first = 0.1, 5.0
    errors = []
    for cells in (20, 40, 80):
        geometry = cylindrical_shell(INNER, OUTER, cells, 2.0)
        network = Network(
            name="krogh",
            species=(Species(name="oxygen", role="solute", unit="ng/mm^3"),),
            parameters={"use": parameter(f"{use} ng/mm^3/day", "ng/mm^3/day", source="assumed")},
            reactions=(Reaction(name="use", consumes={"oxygen": 1}, rate="use", per="tissue"),),
        )
        held = {"wall": FixedValue(value=first)}
        problem = cells_problem(geometry, network, DIFFUSIVITY, boundaries=held)
        r = geometry.centres[:, 0]
        exact = (
            first
            + use / (4 * DIFFUSIVITY) * (r**2 - INNER**2)
            - use * OUTER**2 / (2 * DIFFUSIVITY) * np.log(r / INNER)
        )
        errors.append(np.abs(steady(problem, engine, first) - exact).max())
    assert errors[-1] < 2e-3 * first
    assert np.log2(np.array(errors[:-1]) / errors[1:]).min() >= 1.8


@pytest.mark.parametrize("engine", ENGINES)
def test_a_flux_in_at_the_wall_leaves_through_a_film_at_the_rim(engine):
    """Steady diffusion between two spheres: u = flux a^2 (1/(k R^2) + (1/r - 1/R)/D)."""
    flux, film, geometry = 2.0, 0.3, hollow_ball(INNER, OUTER, 40)
    through = {
        "wall": PrescribedFlux(flux=flux),
        "rim": Robin(transfer_coefficient=film),
    }
    problem = cells_problem(geometry, decaying("phenotype", 0.0), DIFFUSIVITY, boundaries=through)
    r = geometry.centres[:, 0]
    passed = flux * INNER**2
    exact = passed * (1 / (film * OUTER**2) + (1 / r - 1 / OUTER) / DIFFUSIVITY)
    found = steady(problem, engine)
    assert found == pytest.approx(exact, rel=2e-3)

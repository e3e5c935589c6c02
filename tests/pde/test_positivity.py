"""No field may turn negative, and nothing may be lost: sharp fronts, long steps, jumps."""

import numpy as np
import pytest

from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network, Species
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

GEOMETRIES = {
    "slab": lambda: slab(2.0, 60),
    "ball": lambda: ball(2.0, 60),
    "box 2-D": lambda: box((1.0, 2.0), (8, 16)),
    "box 3-D": lambda: box((0.6, 0.6, 2.0), (5, 5, 12)),
}


def engine(geometry, diffusivity, chemotaxis=None):
    network = Network(
        name="move",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="signal", role="signal", unit="ng/mm^3"),
        ),
    )
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=(
                Field(name="cart", diffusivity=diffusivity, chemotaxis=chemotaxis),
                Field(name="signal"),
            ),
            tissue=Tissue(porosity=np.ones(geometry.size), hindrance=Hindrance()),
            egress=np.zeros(geometry.size),
        )
    )


def bump(geometry):
    cells = np.zeros(geometry.size)
    cells[np.argmin(np.abs(geometry.centres[:, -1] - 0.5))] = 1e6
    return cells


def run(model, state, steps):
    volumes, total = model.problem.geometry.cell_volumes, model.problem.totals(state)
    for dt in steps:
        state, _ = model.step(state, dt)
        assert state.min() >= 0.0
        assert model.problem.totals(state) == pytest.approx(total, rel=1e-12)
    assert np.isfinite(state).all()
    return state, volumes


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_sharp_chemotactic_front_at_a_peclet_number_of_fifty(shape):
    geometry = GEOMETRIES[shape]()
    z = geometry.centres[:, -1]
    spacing = 2.0 / np.unique(z).size
    speed = 0.5
    law = Chemotaxis(attractant="signal", law="linear", sensitivity=speed)
    model = engine(geometry, np.full(geometry.size, speed * spacing / 50), law)
    # The signal rises to a ridge, so that cells pile up there.
    state = np.array([bump(geometry), 2.0 - np.abs(z - 1.3)])
    state, volumes = run(model, state, (1e-3, 0.1, 1.0, 1.0, 20.0, 500.0))
    gathered = np.abs(z - 1.3) < 0.25
    assert (state[0] * volumes)[gathered].sum() > 0.9 * (state[0] @ volumes)


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_drift_without_any_diffusion(shape):
    geometry = GEOMETRIES[shape]()
    law = Chemotaxis(attractant="signal", law="linear", sensitivity=1.0)
    model = engine(geometry, np.zeros(geometry.size), law)
    state = np.array([bump(geometry), geometry.centres[:, -1]])
    run(model, state, (1e-4, 0.1, 10.0))


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_jumps_of_the_diffusivity_by_ten_thousand(shape):
    geometry = GEOMETRIES[shape]()
    z = geometry.centres[:, -1]
    diffusivity = np.where(np.floor(z / 0.25) % 2 == 0, 1e-2, 1e-6)
    state = np.array([bump(geometry), np.zeros(geometry.size)])
    run(engine(geometry, diffusivity), state, (1e-3, 1.0, 100.0, 1e4))


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_fast_fields_keep_their_total(shape):
    # dt D/dx^2 up to 1e6 and more: the solver's round-off must not reach the balance.
    geometry = GEOMETRIES[shape]()
    state = np.array([bump(geometry), np.zeros(geometry.size)])
    state, volumes = run(engine(geometry, np.full(geometry.size, 1e3)), state, [0.1, 1.0, 10.0] * 3)
    mean = state[0] @ volumes / volumes.sum()
    assert state[0] == pytest.approx(np.full(geometry.size, mean), rel=1e-3)


def test_strong_killing_at_a_sharp_edge_with_long_steps():
    geometry = slab(2.0, 40)
    x = geometry.centres[:, 0]
    network = load("predator_prey").with_parameters({"killing_rate": "1e4 1/h"})
    problem = Problem(
        geometry=geometry,
        network=network,
        fields=(Field(name="cart", diffusivity=np.full(40, 0.01)), Field(name="tumour")),
        tissue=Tissue(porosity=np.ones(40), hindrance=Hindrance()),
        egress=np.full(40, 5.0),
    )
    model, state = FipyEngine(problem), np.array([np.where(x < 0.3, 1e5, 0.0), np.full(40, 5e4)])
    for dt in (0.5, 0.5, 2.0, 2.0):
        before = problem.totals(state)[0]
        state, a = model.step(state, dt)
        assert state.min() >= 0.0
        after = before + (a.born - a.died - a.egress)[0]
        assert problem.totals(state)[0] == pytest.approx(after, rel=1e-12)

"""A ball of exact shells against exact solutions."""

import numpy as np
import pytest

from cartflow.core.parameters import parameter
from cartflow.geometries.shapes.ball import ball
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import FixedValue
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

RADIUS, DIFFUSIVITY = 2.0, 0.5


def uptake_engine(shells, thiele, boundaries):
    """First-order uptake with Thiele modulus R sqrt(k/D)."""
    geometry = ball(RADIUS, shells)
    rate = (thiele / RADIUS) ** 2 * DIFFUSIVITY
    network = Network(
        name="uptake",
        species=(Species(name="oxygen", role="solute", unit="ng/mm^3"),),
        parameters={"k": parameter(f"{rate!r} 1/day", "1/day", source="assumed")},
        reactions=(Reaction(name="uptake", consumes={"oxygen": 1}, rate="k*oxygen"),),
    )
    item = Field(
        name="oxygen", solute=True, diffusivity=np.full(shells, DIFFUSIVITY), boundaries=boundaries
    )
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=(item,),
            tissue=Tissue(porosity=np.ones(shells), hindrance=Hindrance()),
            egress=np.zeros(shells),
        )
    )


def steady_error(shells, thiele):
    model = uptake_engine(shells, thiele, {"rim": FixedValue(value=3.0)})
    state, _ = model.step(np.ones((1, shells)), 1e12)
    ratio = model.problem.geometry.centres[:, 0] / RADIUS
    exact = 3.0 * np.sinh(thiele * ratio) / (ratio * np.sinh(thiele))
    return np.max(np.abs(state[0] / exact - 1.0))


def test_steady_uptake_at_thiele_modulus_one():
    assert steady_error(40, 1.0) < 1e-4


@pytest.mark.parametrize("thiele", [1.0, 5.0])
def test_steady_uptake_converges_at_second_order(thiele):
    errors = [steady_error(n, thiele) for n in (20, 40, 80)]
    orders = np.log2(errors[:-1]) - np.log2(errors[1:])
    assert np.all(orders >= 1.9), (errors, orders)


def test_decay_of_the_first_mode():
    # Without flux through the rim, sin(q r)/r with q R = 4.4934 decays at D q^2.
    shells, q = 80, 4.493409457909064 / RADIUS
    model = uptake_engine(shells, 0.0, {})
    r = model.problem.geometry.centres[:, 0]
    mode = np.sin(q * r) / (q * r)
    state, volumes = (2.0 + mode)[None, :], model.problem.geometry.cell_volumes
    total, steps, end = state[0] @ volumes, 100, 0.2
    for _ in range(steps):
        state, _ = model.step(state, end / steps)
    rate = DIFFUSIVITY * q**2
    # Backward Euler's own decay of this mode, so that only the error in space is left.
    decay = (1 + rate * end / steps) ** -steps
    assert state[0] == pytest.approx(2.0 + decay * mode, abs=5e-4)
    assert state[0] @ volumes == pytest.approx(total, rel=1e-14)

"""Solutes are stored in the pores: how fast they spread, and that none is lost as pores open."""

import numpy as np
import pytest

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network, Species
from cartflow.pde.boundary import FixedValue
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue


@pytest.mark.parametrize("porosity", [1.0, 0.2])
def test_time_lag_depends_on_the_tortuosity_and_not_on_the_porosity(porosity):
    # Cumulative outflow tends to (D* eps c0/L)(t - L^2/(6 D*)), with D* = D0/lambda^2.
    length, free, tortuosity, value = 1.0, 2.0, 1.6, 3.0
    geometry = slab(length, 40)
    item = Field(
        name="drug",
        solute=True,
        diffusivity=np.full(40, free),
        boundaries={"left": FixedValue(value=value), "right": FixedValue(value=0.0)},
    )
    network = Network(name="d", species=(Species(name="drug", role="solute", unit="ng/mm^3"),))
    tissue = Tissue(
        porosity=np.full(40, porosity), hindrance=Hindrance(law="measured", tortuosity=tortuosity)
    )
    model = FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=(item,),
            tissue=tissue,
            egress=np.zeros(40),
        )
    )
    lag = length**2 / (6 * free / tortuosity**2)
    state, left, dt, steps = np.zeros((1, 40)), 0.0, lag / 15, 90
    for _ in range(steps):
        state, account = model.step(state, dt)
        left += account.left[0]
    flux = porosity * free / tortuosity**2 * value / length
    assert account.left[0] / dt == pytest.approx(flux, rel=1e-3)
    assert steps * dt - left / flux == pytest.approx(lag, rel=0.01)


def enzyme_engine(*, mobile, secretion=0.0, decay=0.0, follows=True):
    """An enzyme that opens pores from 0.2 to 0.7 as it degrades the matrix."""
    geometry = slab(1.0, 16)
    network = load("matrix_degradation").with_parameters(
        {
            "enzyme_secretion_rate": f"{secretion} ng/cell/day",
            "enzyme_decay_rate": f"{decay} 1/day",
        }
    )
    diffusivity = np.full(16, 0.1) if mobile else None
    fields = (
        Field(name="cart"),
        Field(name="enzyme", solute=True, diffusivity=diffusivity),
        Field(name="ecm"),
    )
    tissue = Tissue(
        porosity=np.full(16, 0.2),
        open_porosity=0.7 if follows else None,
        matrix="ecm",
        hindrance=Hindrance(law="maxwell"),
    )
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=fields,
            tissue=tissue,
            egress=np.zeros(16),
        )
    )


def enzyme_start(model):
    x = model.problem.geometry.centres[:, 0]
    return np.array([np.full(16, 100.0), np.exp(-20 * (x - 0.3) ** 2), np.ones(16)])


@pytest.mark.parametrize("mobile", [True, False], ids=["mobile", "immobile"])
def test_amount_is_kept_while_the_pores_open(mobile):
    model = enzyme_engine(mobile=mobile)
    state = enzyme_start(model)
    amount = model.problem.totals(state)[1]
    assert amount == pytest.approx(0.2 * state[1] @ model.problem.geometry.cell_volumes)
    for _ in range(30):
        state, _ = model.step(state, 0.1)
        assert model.problem.totals(state)[1] == pytest.approx(amount, rel=1e-12)
    assert model.problem.storage(state)[1].max() > 0.4
    if not mobile:
        # What stays in place is diluted by the room that opens.
        start = enzyme_start(model)
        opened = 0.7 - 0.5 * state[2]
        assert state[1] * opened == pytest.approx(start[1] * 0.2, rel=1e-12)


@pytest.mark.parametrize("mobile", [True, False], ids=["mobile", "immobile"])
@pytest.mark.parametrize("follows", [True, False], ids=["opening", "fixed"])
def test_secretion_and_decay_act_on_amounts(mobile, follows):
    model = enzyme_engine(mobile=mobile, secretion=1e-3, decay=0.4, follows=follows)
    state, dt = enzyme_start(model), 0.05
    amount = model.problem.totals(state)[1]
    for _ in range(10):
        state, _ = model.step(state, dt)
        # 100 cells/mm3 in 1 mm3; backward Euler in the decay.
        amount = (amount + 1e-3 * 100.0 * dt) / (1 + 0.4 * dt)
        assert model.problem.totals(state)[1] == pytest.approx(amount, rel=1e-12)


def test_a_solute_at_rest_stays_even_where_the_porosity_differs():
    geometry = slab(1.0, 10)
    network = Network(name="d", species=(Species(name="drug", role="solute", unit="ng/mm^3"),))
    tissue = Tissue(porosity=np.linspace(0.1, 0.9, 10), hindrance=Hindrance(law="bruggeman"))
    item = Field(name="drug", solute=True, diffusivity=np.full(10, 2.0))
    problem = Problem(
        geometry=geometry, network=network, fields=(item,), tissue=tissue, egress=np.zeros(10)
    )
    state, _ = FipyEngine(problem).step(np.full((1, 10), 0.3), 5.0)
    # Equal concentration in the fluid is the equilibrium, not equal amount per tissue.
    assert state[0] == pytest.approx(np.full(10, 0.3), rel=1e-12)
    assert problem.totals(state) == pytest.approx([0.3 * 0.5], rel=1e-13)


def test_coefficients_follow_the_matrix():
    # Cells: D0 x hindrance x gain^(1 - ecm); solutes: D0 x porosity x the tissue's hindrance.
    model = enzyme_engine(mobile=True)
    problem = model.problem
    ecm = np.linspace(0, 1, 16)
    state = np.array([np.ones(16), np.ones(16), ecm])
    porosity = 0.7 - 0.5 * ecm
    assert problem.storage(state)[[0, 2]] == pytest.approx(np.ones((2, 16)))
    assert problem.storage(state)[1] == pytest.approx(porosity)
    enzyme = problem.place_diffusivity(problem.fields[1], state)
    assert enzyme == pytest.approx(0.1 * porosity * 2 / (3 - porosity))
    bare = Field(name="cart", diffusivity=np.full(16, 0.5), open_gain=4.0)
    assert problem.place_diffusivity(bare, state) == pytest.approx(0.5 * 4.0 ** (1 - ecm))
    slowed = Field(name="cart", diffusivity=np.full(16, 0.5), hindrance=Hindrance(law="bruggeman"))
    assert problem.place_diffusivity(slowed, state) == pytest.approx(0.5 * porosity**0.5)
    assert np.all(problem.place_diffusivity(problem.fields[0], state) == 0)

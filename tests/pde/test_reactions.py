"""Reactions in the mesh against the same network well mixed, and what a step counts."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.core.parameters import parameter
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import combine, load, names
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.kinetics.runs.ode import integrate
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.reference.reactions import Reactions
from cartflow.pde.tissue import Tissue

COMBINED = [
    ("predator_prey", "chemokine"),
    ("predator_prey_exhaustion", "chemokine", "matrix_degradation"),
    ("sahoo2020", "matrix_degradation"),
]
MODELS = [(name,) for name in names()] + COMBINED
START = {
    "pro_b": 400.0,
    "immature_b": 300.0,
    "mature_b": 1e4,
    "cart": 4e3,
    "tumour": 3e4,
    "exhausted": 300.0,
    "chemokine": 2e-3,
    "enzyme": 0.3,
    "ecm": 0.9,
}


def network_of(models):
    return combine("test", [load(name) for name in models])


def engine(network, cells=3, mobile=True):
    """Every field moves but tumour and matrix; cells follow the chemokine if there is one."""
    geometry = slab(1.0, cells)
    follow = None
    if "chemokine" in network.species_names:
        follow = Chemotaxis(attractant="chemokine", law="linear", sensitivity=1.0)
    fields = [
        Field(
            name=s.name,
            solute=s.role == "solute",
            diffusivity=np.full(cells, 0.1) if mobile and s.role != "resident" else None,
            chemotaxis=follow if mobile and s.role == "phenotype" else None,
        )
        for s in network.species
    ]
    tissue = Tissue(porosity=np.ones(cells), hindrance=Hindrance())
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=tuple(fields),
            tissue=tissue,
            egress=np.zeros(cells),
        )
    )


def even_state(network, cells=3):
    start = [START.get(name, 1.0) for name in network.species_names]
    return np.repeat(np.array(start)[:, None], cells, axis=1)


@pytest.mark.parametrize("models", MODELS, ids="+".join)
def test_without_gradient_and_flux_the_right_hand_side_is_the_networks(models):
    network = network_of(models)
    state = even_state(network)
    found = engine(network).right_hand_side(state)
    expected = network.derivative(state)
    # What diffusion between equal values leaves by round-off is D/dx^2 = 0.9 a day times u.
    size = np.abs(network.stoichiometry) @ np.abs(network.rates(state)) + state
    assert np.all(np.abs(found - expected) <= 1e-12 * size)


@pytest.mark.parametrize("models", MODELS, ids="+".join)
def test_without_gradient_and_flux_the_run_converges_to_the_ode(models):
    network = network_of(models)
    start = even_state(network)[:, 0]
    turnover = np.abs(network.stoichiometry) @ np.abs(network.rates(start))
    end = min(0.5, 0.25 / max(np.max(turnover / start), 1e-9))
    exact = integrate(
        network, dict(zip(network.species_names, even_state(network)[:, 0], strict=True)), [0, end]
    )[-1]
    errors = []
    for steps in (10, 20):
        model, state = engine(network), even_state(network)
        for _ in range(steps):
            state, _ = model.step(state, end / steps)
        # Nothing has made the field uneven.
        assert state == pytest.approx(np.repeat(state[:, :1], 3, axis=1), rel=1e-11)
        errors.append(np.abs(state[:, 0] / exact - 1.0))
    coarse, fine = errors
    real = fine > 1e-10
    assert np.all(np.log2(coarse[real] / fine[real]) >= 0.9), errors
    assert fine.max() < 0.3
    assert real.any() == bool(network.reactions)


def exhaustion_account(steps, end=2.0):
    network = load("predator_prey_exhaustion")
    model, state = engine(network, 2, mobile=False), even_state(network, 2)
    volumes = model.problem.geometry.cell_volumes
    start = state @ volumes
    sums = np.zeros((3, 3))
    for _ in range(steps):
        before = state @ volumes
        state, a = model.step(state, end / steps)
        change = a.born - a.died + a.converted + a.supplied - a.left - a.egress
        product = network.is_product
        assert (state @ volumes)[product] == pytest.approx((before + change)[product], rel=1e-12)
        assert abs(a.converted.sum()) <= 1e-15 * np.abs(a.converted).sum()
        assert np.all(a.born >= 0)
        assert np.all(a.died >= 0)
        sums += [a.born, a.died, a.converted]
    assert np.abs(sums[:, 2]).max() == 0  # tumour cells are not counted
    gained = sums[0] - sums[1] + sums[2]
    assert (state @ volumes)[:2] == pytest.approx((start + gained)[:2], rel=1e-12)
    return sums


def test_births_deaths_and_conversions_tend_to_their_exact_integrals():
    network = load("predator_prey_exhaustion")
    parts = np.vstack([network.born, network.died, network.converted])

    def change(time, y):
        rates = network.rates(y[:3])
        return np.concatenate([network.stoichiometry @ rates, parts @ rates])

    start = np.concatenate([even_state(network)[:, 0], np.zeros(9)])
    exact = solve_ivp(change, (0, 2), start, rtol=1e-10, atol=1e-8).y[3:, -1].reshape(3, 3)
    assert exact[2, 1] > 0
    errors = []
    for steps in (400, 800, 1600):
        found = exhaustion_account(steps)
        errors.append(np.abs(found - exact)[exact != 0] / np.abs(exact)[exact != 0])
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) >= 0.9)
    assert errors[-1].max() < 2e-3


def test_killing_much_faster_than_the_step_stays_nonnegative():
    network = load("predator_prey").with_parameters({"killing_rate": "1e6 1/h"})
    model, state = engine(network), even_state(network)
    for dt in (10.0, 1.0, 1e-6):
        state, _ = model.step(state, dt)
        assert state.min() >= 0
    assert state[1].max() < 1e-3


def conversion(rate, unit):
    """Two phenotypes, one turning into the other."""
    return Network(
        name="turn",
        species=(Species(name="young", role="phenotype"), Species(name="old", role="phenotype")),
        parameters={"k": parameter(f"3 {unit}", unit, source="assumed")},
        reactions=(Reaction(name="turn", consumes={"young": 1}, produces={"old": 1}, rate=rate),),
    )


def test_the_step_limit_keeps_conversions_from_taking_more_than_half():
    network = conversion("k*young", "1/day")
    model = engine(network, mobile=False)
    state = np.array([[5.0, 1e-9, 0.0], [0.0, 1.0, 2.0]])
    limit = model.step_limit(state).days
    assert limit == pytest.approx(0.5 / 3.0)
    new, account = model.step(state, limit)
    assert new == pytest.approx(np.array([[2.5, 5e-10, 0.0], [2.5, 1.0, 2.0]]))
    assert account.converted == pytest.approx(np.array([-1, 1]) * (2.5 + 5e-10) / 3)
    assert account.converted.sum() == pytest.approx(0.0, abs=1e-16)
    assert model.step_limit(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])).days == np.inf


def test_a_rate_that_turns_negative_runs_the_reaction_backwards():
    # Logistic growth written as one reaction: above capacity it takes cells away.
    network = Network(
        name="logistic",
        species=(Species(name="cart", role="phenotype"),),
        parameters={
            "r": parameter("2 1/day", "1/day", source="assumed"),
            "capacity": parameter("10 cell/mm^3", "cell/mm^3", source="assumed"),
        },
        reactions=(
            Reaction(name="growth", produces={"cart": 1}, rate="r*cart*(1 - cart/capacity)"),
        ),
    )
    model, state = engine(network, mobile=False), np.array([[5.0, 10.0, 40.0]])
    new, account = model.step(state, 0.1)
    # Births explicit, what is above capacity removed implicitly: 2 x 3 = 6 a day per cell.
    assert new[0] == pytest.approx([5.5, 10.0, 40.0 / 1.6])
    assert account.born == pytest.approx([0.5 / 3])
    assert account.died == pytest.approx([15.0 / 3])
    long, _ = model.step(state, 1e6)
    assert long.min() >= 0


def test_nothing_is_removed_from_empty_tissue():
    given = engine(load("predator_prey"), cells=4).problem
    one = np.ones(4)
    reactions = Reactions(network=given.network, in_pores=given.in_pores)
    step = reactions.at(np.zeros((2, 4)), one, one)
    assert np.all(step.removal == 0)
    assert np.all(step.gain == 0)
    assert step.step_limit() == np.inf

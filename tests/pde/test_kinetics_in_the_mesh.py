"""Every shipped model in the fast engine without gradients: its ODE, and a balance that closes."""

import numpy as np
import pytest

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load, names
from cartflow.kinetics.runs.ode import integrate
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue

CELLS = 3


def engine(network):
    fields = [
        Field(
            name=s.name,
            solute=s.role == "solute",
            diffusivity=np.full(CELLS, 0.1) if s.role != "resident" else None,
        )
        for s in network.species
    ]
    return FastEngine(
        Problem(
            geometry=slab(1.0, CELLS),
            network=network,
            fields=tuple(fields),
            tissue=Tissue(porosity=np.ones(CELLS), hindrance=Hindrance()),
            egress=np.zeros(CELLS),
        )
    )


def start_of(network):
    usual = {"cart": 4e3, "tumour": 3e4}
    return np.array([usual.get(name, 1.0) for name in network.species_names])


def turnover(network, state):
    return np.abs(network.stoichiometry) @ np.abs(network.rates(state))


def short_time(network, start):
    """Return a time in which no species changes by more than about a quarter of itself."""
    return min(0.5, 0.25 / max(np.max(turnover(network, start) / start), 1e-9))


def even(start):
    return np.repeat(start[:, None], CELLS, axis=1)


def advanced(network, start, end, steps):
    model, state = engine(network), even(start)
    accounts = []
    for _ in range(steps):
        state, account = model.step(state, end / steps)
        accounts.append(account)
    return state, accounts


@pytest.mark.parametrize("name", names())
def test_the_right_hand_side_is_the_networks(name):
    network = load(name)
    state = even(start_of(network))
    found = engine(network).right_hand_side(state)
    size = turnover(network, state) + state
    assert np.all(np.abs(found - network.derivative(state)) <= 1e-12 * size)


@pytest.mark.parametrize("name", names())
def test_the_run_is_that_of_the_ode(name):
    network = load(name)
    start = start_of(network)
    end = short_time(network, start)
    begin = dict(zip(network.species_names, start, strict=True))
    exact = integrate(network, begin, [0, end], rtol=1e-11, atol=1e-14)[-1]
    coarse, fine = (advanced(network, start, end, steps)[0] for steps in (100, 200))
    # Second order: the difference of the two takes the leading error away.
    found = (4 * fine - coarse) / 3
    np.testing.assert_allclose(found, even(exact), rtol=1e-8)


@pytest.mark.parametrize("name", names())
def test_the_balance_closes(name):
    network = load(name)
    start = start_of(network)
    state, accounts = advanced(network, start, short_time(network, start), 20)
    volumes = slab(1.0, CELLS).cell_volumes
    born, died, converted = (
        sum(getattr(a, part) for a in accounts) for part in ("born", "died", "converted")
    )
    product = network.is_product
    change = (state - even(start)) @ volumes
    size = (even(start) @ volumes + born + died)[product]
    assert np.all(np.abs((born - died + converted - change)[product]) <= 1e-10 * size)
    assert abs(np.sum(converted)) <= 1e-12 * (np.abs(converted).sum() + 1e-300)


@pytest.mark.parametrize("name", ["sahoo2020", "leon_triana2021_gbm", "liu2022"])
def test_cells_that_are_not_there_yet_get_no_rounding_of_the_tumour(name):
    """Long steps before a dose: a row without other entries must not be mixed with the others."""
    network = load(name)
    model = engine(network)
    state = np.zeros((len(network.species), CELLS))
    state[network.index("tumour")] = np.linspace(1e3, 2e3, CELLS)
    for _ in range(5):
        state, account = model.step(state, 2.0)
        assert np.all(state[network.is_product] == 0.0)
        assert np.all(account.born[network.is_product] == 0.0)

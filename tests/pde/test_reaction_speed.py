"""The bound of the kinetics' rates, by which explicit stages are counted."""

import numpy as np
import pytest

from cartflow.geometries.shapes.box import box
from cartflow.kinetics.files.load import load
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels.reaction_speed import reaction_speed
from cartflow.pde.voxels.steps.stabilised import Stabilised

CELLS = 16


def bound_and_radii(model, state):
    """Return the bound, the spectral radius in every cell and the largest row sum."""
    network, ones = load(model), np.ones(CELLS)
    problem = Problem(
        geometry=box([1.0, 1.0], [4, 4]),
        network=network,
        fields=tuple(Field(name=name) for name in network.species_names),
        tissue=Tissue(porosity=ones, hindrance=Hindrance()),
        egress=0.0 * ones,
    )
    steps = Stabilised(problem)
    bound = reaction_speed(state, np.zeros(0), steps.kinetics, steps.addresses.jacobian)
    jacobians = [differences(problem, state[:, c]) for c in range(CELLS)]
    radii = [np.abs(np.linalg.eigvals(each)).max() for each in jacobians]
    return bound, np.array(radii), max(np.abs(each).sum(axis=1).max() for each in jacobians)


def differences(problem, values):
    """Return the Jacobian of one cell by central differences."""
    network = problem.network
    columns = []
    for s, value in enumerate(values):
        step = np.zeros_like(values)
        step[s] = 1e-6 * value
        ahead, behind = (
            network.stoichiometry @ network.rates((values + sign * step)[:, None])[:, 0]
            for sign in (1.0, -1.0)
        )
        columns.append((ahead - behind) / (2.0 * step[s]))
    return np.array(columns).T


@pytest.mark.parametrize("model", ["il7_sink", "predator_prey_exhaustion", "sahoo2020"])
def test_no_rate_of_any_cell_is_above_the_bound(model):
    random = np.random.default_rng(3)
    species = len(load(model).species_names)
    for _ in range(5):
        state = 10.0 ** random.uniform(-3.0, 5.0, size=(species, CELLS))
        bound, radii, sums = bound_and_radii(model, state)
        assert radii.max() <= bound * (1.0 + 1e-6)
        assert bound <= sums * (1.0 + 1e-6)


def test_units_of_the_species_do_not_matter():
    # Cells by the hundred thousand and interleukin by the picogram: row sums mix the two.
    state = np.tile(np.array([[7.5e5], [1e4], [1e-8]]), (1, CELLS))
    bound, radii, sums = bound_and_radii("il7_sink", state)
    assert bound <= 1.5 * radii.max()
    assert sums > 1e6 * bound

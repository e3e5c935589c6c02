"""All stages of few voxels in one call give what the stages give one after another."""

import numpy as np
import pytest

from cartflow.geometries.images.mask import voxel_mask
from cartflow.kinetics.files.load import load
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels.steps import still_stages
from cartflow.pde.voxels.steps.stages import explicit_stages, stabilised_stages


def ball_and_start():
    """Return cells of two kinds in the mask of a ball, one of which moves and leaves."""
    x = np.arange(19) - 9.0
    r = np.sqrt(sum(axis**2 for axis in np.meshgrid(x, x, x)))
    place = voxel_mask(np.where(r <= 9.0, 1, 0), np.diag([1.0, 1.2, 0.9, 1.0]), {"all_of_it": 1})
    network = load("predator_prey")
    moving = {
        "cart": Field(name="cart", diffusivity=np.full(place.size, 0.03)),
        "tumour": Field(name="tumour"),
    }
    problem = Problem(
        geometry=place,
        network=network,
        fields=tuple(moving[name] for name in network.species_names),
        tissue=Tissue(porosity=np.ones(place.size), hindrance=Hindrance()),
        egress=np.linspace(0.0, 0.8, place.size),
    )
    depth = place.depth / place.depth.max()
    start = {"cart": 50.0 * (1.5 - depth), "tumour": 1e5 * (0.2 + depth)}
    return problem, np.array([start[name] for name in network.species_names])


STAGES = [stabilised_stages(2), stabilised_stages(6), stabilised_stages(7), explicit_stages()]


@pytest.mark.parametrize("stages", STAGES)
def test_stages_in_one_call_are_the_stages_one_after_another(stages):
    problem, start = ball_and_start()
    # Several blocks, the last of which is not full.
    assert problem.geometry.size > still_stages.WIDTH
    assert problem.geometry.size % still_stages.WIDTH != 0
    explicit = FastEngine(problem)._stepper._explicit
    assert explicit._in_one_call
    operator = explicit.operators.at(start)
    once = explicit._still(start, operator, stages, 0.3)
    apart = explicit._through(start, operator, stages, 0.3)
    np.testing.assert_allclose(once.amounts, apart.amounts, rtol=1e-13)
    np.testing.assert_allclose(once.low, apart.low, rtol=1e-13)
    for name in ("forwards", "reverse", "egress"):
        found, wanted = (getattr(each.extents, name) for each in (once, apart))
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12 * wanted.max())


def test_a_value_that_is_not_finite_is_told():
    problem, start = ball_and_start()
    explicit = FastEngine(problem)._stepper._explicit
    start[0, 5] = np.nan
    found = explicit._still(start, explicit.operators.at(start), stabilised_stages(3), 0.1)
    assert np.isnan(found.low[0])

"""The fast engine takes the reference's steps: the same equations, assembled another way."""

import numpy as np
import pytest

from cartflow.geometries.ball import ball
from cartflow.geometries.box import box
from cartflow.geometries.mask import voxel_mask
from cartflow.geometries.phantom import lobulated_phantom
from cartflow.geometries.slab import slab
from cartflow.kinetics.load import combine, load
from cartflow.pde.boundary import FixedValue, RegionSource, Robin
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.fast_engine import FastEngine
from cartflow.pde.fipy_engine import FipyEngine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import DensityDependence, Field, Problem
from cartflow.pde.tissue import Tissue


def mask():
    labels, affine = lobulated_phantom(volume=500.0, spacing=(1.5, 2.0, 3.0))
    return voxel_mask(labels, affine)


GEOMETRIES = {
    "slab": lambda: slab(2.0, 30),
    "ball": lambda: ball(2.0, 30),
    "box in two dimensions": lambda: box([2.0, 1.0], [9, 7]),
    "box in three dimensions": lambda: box([2.0, 1.0, 1.5], [6, 5, 4]),
    "mask": mask,
}


def problem(geometry):
    """Every term at once: drift, matrix, boundaries, sources, egress, density dependence."""
    names = ("predator_prey", "chemokine", "matrix_degradation")
    network = combine("all", [load(name) for name in names])
    edge = next(iter(geometry.boundaries))
    place = np.random.default_rng(3).uniform(0.5, 2.0, geometry.size)
    drift = Chemotaxis(
        attractant="chemokine", law="logarithmic", sensitivity=0.3, half_saturation=1e-3
    )
    moving = {
        "cart": Field(
            name="cart",
            diffusivity=0.01 * place,
            hindrance=Hindrance(tortuosity=1.3),
            open_gain=4.0,
            chemotaxis=drift,
            density_dependence=DensityDependence(reference=500.0),
            boundaries={edge: Robin(transfer_coefficient=0.2, exterior=10.0)},
        ),
        "chemokine": Field(
            name="chemokine",
            diffusivity=np.full(geometry.size, 8.0),
            solute=True,
            boundaries={edge: FixedValue(value=0.0)},
        ),
        "enzyme": Field(
            name="enzyme",
            diffusivity=np.full(geometry.size, 1.0),
            solute=True,
            sources=(RegionSource(region="core", supply=0.1, removal=0.5),),
        ),
    }
    return Problem(
        geometry=geometry,
        network=network,
        fields=tuple(moving.get(n, Field(name=n)) for n in network.species_names),
        tissue=Tissue(
            porosity=0.2 * np.ones(geometry.size),
            hindrance=Hindrance(law="archie", exponent=1.58),
            open_porosity=0.4,
            matrix="ecm",
        ),
        egress=1.1 * geometry.region("rim"),
    )


def start(problem):
    noise = np.random.default_rng(1)
    sizes = {"cart": 1e3, "tumour": 2e4, "chemokine": 1e-2, "enzyme": 1.0, "ecm": 1.0}
    return np.array([sizes[f.name] * noise.random(problem.geometry.size) for f in problem.fields])


@pytest.mark.parametrize("name", GEOMETRIES)
def test_steps_and_right_hand_sides_are_the_same(name):
    given = problem(GEOMETRIES[name]())
    fast, reference = FastEngine(given), FipyEngine(given)
    state = start(given)
    for dt in (0.01, 0.3, 1e-4):
        rates = [engine.right_hand_side(state) for engine in (fast, reference)]
        scale = np.abs(rates[1]).max(axis=1, keepdims=True)
        assert np.all(np.abs(rates[0] - rates[1]) <= 1e-12 * scale)
        ours, account = fast.step(state, dt)
        theirs, expected = reference.step(state, dt)
        assert np.all(np.abs(ours - theirs) <= 1e-12 * theirs.max(axis=1, keepdims=True))
        for entry in ("born", "died", "supplied", "left", "egress"):
            found, wanted = getattr(account, entry), getattr(expected, entry)
            assert found == pytest.approx(wanted, rel=1e-11, abs=1e-9), entry
        assert ours.min() >= 0
        state = ours

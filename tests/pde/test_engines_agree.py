"""The fast engine solves the reference's equations: operators, accounts, orders in time."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.phantom import lobulated_phantom
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.boundary import FixedValue, RegionSource, Robin
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import DensityDependence, Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels import operator
from cartflow.pde.voxels.steps import voxel_steps
from cartflow.validation.problems import cells_problem, inert


def mask():
    labels, affine = lobulated_phantom(volume=500.0, spacing=(1.5, 2.0, 3.0))
    return voxel_mask(labels, affine)


def coarse_mask():
    """Return a mask whose blocks at the rim are partly filled."""
    labels, affine = lobulated_phantom(volume=500.0, spacing=(1.0, 1.0, 1.0))
    return voxel_mask(labels, affine, coarsen=2)


GEOMETRIES = {
    "slab": lambda: slab(2.0, 30),
    "ball": lambda: ball(2.0, 30),
    "box in two dimensions": lambda: box([2.0, 1.0], [9, 7]),
    "box in three dimensions": lambda: box([2.0, 1.0, 1.5], [6, 5, 4]),
    "mask": mask,
    "coarse mask": coarse_mask,
}


def problem(geometry, drifting=True, uniform=False):
    """Every term at once: drift, matrix, boundaries, sources, egress, density dependence."""
    names = ("predator_prey", "chemokine", "matrix_degradation")
    network = combine("all", [load(name) for name in names])
    edge = next(iter(geometry.boundaries))
    place = np.random.default_rng(3).uniform(0.5, 2.0, geometry.size)
    drift = Chemotaxis(
        attractant="chemokine", law="logarithmic", sensitivity=0.03, half_saturation=1e-3
    )
    moving = {
        "cart": Field(
            name="cart",
            diffusivity=0.01 * (np.ones(geometry.size) if uniform else place),
            hindrance=Hindrance(tortuosity=1.3),
            open_gain=1.0 if uniform else 4.0,
            chemotaxis=drift if drifting else None,
            density_dependence=None if uniform else DensityDependence(reference=500.0),
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
            open_porosity=None if uniform else 0.4,
            matrix=None if uniform else "ecm",
        ),
        egress=1.1 * geometry.region("rim"),
    )


SIZES = {"cart": 1e3, "tumour": 2e4, "chemokine": 1e-2, "enzyme": 1.0, "ecm": 1.0}


def rough(problem):
    noise = np.random.default_rng(1)
    return np.array([SIZES[f.name] * noise.random(problem.geometry.size) for f in problem.fields])


def settled(problem, engine):
    """Return a smooth state in which the solutes already follow the cells.

    Before that they race to their balance, and no method of wide steps shows its order.
    """
    centres = problem.geometry.centres
    inside = np.ptp(centres, axis=0) + 1e-9
    wave = np.cos(np.pi * (centres - centres.min(axis=0)) / inside).prod(axis=1)
    state = np.array([SIZES[f.name] * (0.6 + 0.3 * wave) for f in problem.fields])
    return evolve(engine, state, [0.0, 0.3], tolerance=1e-5).states[-1]


@pytest.mark.parametrize("uniform", [False, True])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_operators_are_the_same_to_round_off(name, uniform):
    given = problem(GEOMETRIES[name](), drifting=False, uniform=uniform)
    state = rough(given)
    ours, theirs = (e(given).right_hand_side(state) for e in (FastEngine, FipyEngine))
    assert np.all(np.abs(ours - theirs) <= 1e-12 * np.abs(theirs).max(axis=1, keepdims=True))


def limited_divergence(values, velocity, spacing):
    """Return -d(v u)/dx along the first axis, slopes without corners, first order at the rims."""
    n = len(values)
    flux = np.zeros((n + 1, *values.shape[1:]))
    for f in range(1, n):
        for place in np.ndindex(values.shape[1:]):
            v, u = velocity[(f - 1, *place)], values[(slice(None), *place)]
            near, beyond = (f - 1, f) if v >= 0 else (f, f - 1)
            far = near - 1 if v >= 0 else near + 1
            value = u[near]
            if 0 <= far < n:
                a, b = u[near] - u[far], u[beyond] - u[near]
                slope = a**2 * b**2 / (abs(a) ** 3 + abs(b) ** 3) if a * b > 0 else 0.0
                value += np.copysign(slope, a)
            flux[(f, *place)] = v * value
    return -np.diff(flux, axis=0) / spacing


@pytest.mark.lowest
@pytest.mark.parametrize("name", ["slab", "box in two dimensions", "box in three dimensions"])
def test_drift_is_limited_upwind(name):
    geometry = GEOMETRIES[name]()
    given, still = problem(geometry), problem(geometry, drifting=False)
    state, cart = rough(given), given.network.index("cart")
    found = FastEngine(given).right_hand_side(state) - FastEngine(still).right_hand_side(state)
    u = geometry.scatter(state[cart])
    expected = np.zeros_like(u)
    for axis, dim in enumerate(geometry.dims):
        a = np.moveaxis(geometry.scatter(state[given.network.index("chemokine")]), axis, 0)
        spacing = np.diff(geometry.coordinates[dim])[0]
        response = 0.03 / (a + 1e-3)
        velocity = 0.5 * (response[1:] + response[:-1]) * np.diff(a, axis=0) / spacing
        part = limited_divergence(np.moveaxis(u, axis, 0), velocity, spacing)
        expected += np.moveaxis(part, 0, axis)
    scale = np.abs(expected).max()
    assert found[cart] == pytest.approx(expected[geometry.active], rel=1e-9, abs=1e-11 * scale)


@pytest.mark.parametrize("name", GEOMETRIES)
def test_the_reference_has_the_same_limited_drift(name):
    given = problem(GEOMETRIES[name]())
    state = rough(given)
    ours = FastEngine(given).right_hand_side(state)
    theirs = FipyEngine(given, drift="limited").right_hand_side(state)
    assert np.all(np.abs(ours - theirs) <= 1e-12 * np.abs(theirs).max(axis=1, keepdims=True))


def after(engine, state, end, steps):
    for _ in range(steps):
        state, _ = engine.step(state, end / steps, end / 40)
    return state


@pytest.mark.parametrize("name", GEOMETRIES)
def test_steps_are_second_order(name):
    given = problem(GEOMETRIES[name]())
    engine, end = FastEngine(given), 0.05
    state = settled(given, engine)
    coarse, middle, fine = (after(engine, state, end, n) for n in (40, 80, 160))
    for k, item in enumerate(given.fields):
        first, second = (np.abs(a[k] - b[k]).sum() for a, b in ((coarse, middle), (middle, fine)))
        if first > 1e-12 * np.abs(fine[k]).sum():
            assert np.log2(first / second) >= 1.9, item.name


@pytest.mark.parametrize("name", GEOMETRIES)
def test_every_species_total_follows_its_account(name):
    given = problem(GEOMETRIES[name]())
    engine, state = FastEngine(given), rough(given)
    product = given.network.is_product
    for dt in (1e-4, 3e-3, 1e-2):
        new, account = engine.step(state, dt)
        change = (
            account.born
            - account.died
            + account.converted
            + account.supplied
            - account.left
            - account.egress
        )
        turnover = account.born + account.died + account.supplied + account.left + account.egress
        gap = given.totals(new) - given.totals(state) - change
        assert np.all(np.abs(gap)[product] <= 1e-12 * (given.totals(state) + turnover)[product])
        assert new.min() >= 0
        state = new


def test_index_free_stencils_equal_the_indexed_one(monkeypatch):
    geometry = GEOMETRIES["box in three dimensions"]()
    uniform = problem(geometry, drifting=False, uniform=True)
    cart = uniform.fields[uniform.network.index("cart")]
    barely = cart.diffusivity * (1.0 + 1e-15 * np.arange(geometry.size))
    fields = tuple(replace(f, diffusivity=barely) if f is cart else f for f in uniform.fields)
    indexed, state = replace(uniform, fields=fields), rough(uniform)
    one, two = (FastEngine(p).right_hand_side(state) for p in (uniform, indexed))
    assert np.abs(one - two).max() <= 1e-11 * np.abs(one).max()
    monkeypatch.setattr(operator, "placed_diffusivities", lambda problem, uniform: ())
    three = FastEngine(indexed).right_hand_side(state)
    assert np.abs(two - three).max() <= 1e-11 * np.abs(one).max()


@pytest.mark.parametrize("name", ["box in two dimensions", "box in three dimensions"])
def test_diffusivities_that_differ_by_place_need_no_list_of_neighbours(name, monkeypatch):
    stated = problem(GEOMETRIES[name](), drifting=False, uniform=True)
    place = np.random.default_rng(6).uniform(0.0, 2.0, stated.geometry.size)
    place[:3] = 0.0
    fields = tuple(
        f if f.diffusivity is None else replace(f, diffusivity=f.diffusivity * place)
        for f in stated.fields
    )
    given, state = replace(stated, fields=fields), rough(stated)
    right = FipyEngine(given).right_hand_side(state)
    scale = np.abs(right).max(axis=1, keepdims=True)
    for many in (10**9, 0):
        for constant in ("MANY_STAGES", "MANY_IN_HALVES", "VERY_MANY_STAGES"):
            monkeypatch.setattr(voxel_steps, constant, many)
        engine = FastEngine(given)
        assert np.abs(engine.right_hand_side(state) - right).max() <= 1e-12 * scale.max()
        found = engine.step(state, 1e-4)[0]
        with monkeypatch.context() as context:
            context.setattr(operator, "placed_diffusivities", lambda problem, uniform: ())
            listed = FastEngine(given).step(state, 1e-4)[0]
        np.testing.assert_allclose(found, listed, rtol=1e-9)


@pytest.mark.parametrize("name", list(GEOMETRIES)[2:])
def test_implicit_steps_on_voxels_solve_the_same_equations(name, monkeypatch):
    stated = problem(GEOMETRIES[name]())
    start = settled(stated, FastEngine(stated))
    ends = []
    for many in (0, 10**9):
        for constant in ("MANY_STAGES", "MANY_IN_HALVES", "VERY_MANY_STAGES"):
            monkeypatch.setattr(voxel_steps, constant, many)
        engine = FastEngine(stated)
        ends.append(evolve(engine, start, [0.0, 0.2], tolerance=1e-6).states[-1])
        for _ in range(2):
            before, (start_next, account) = stated.totals(start), engine.step(start, 0.005)
            balance = account.born - account.died + account.converted + account.supplied
            balance -= account.left + account.egress
            products = stated.network.is_product
            after = stated.totals(start_next)
            np.testing.assert_allclose((before + balance)[products], after[products], rtol=1e-12)
    apart = np.abs(ends[0] - ends[1]).sum(axis=1) / ends[1].sum(axis=1)
    np.testing.assert_array_less(apart, 2e-5)


@pytest.mark.parametrize("make", [FastEngine, FipyEngine])
def test_a_box_full_of_unequal_blocks_keeps_its_cells(make):
    # Five voxels in blocks of two: every place of the grid holds tissue, the last less of it.
    geometry = voxel_mask(np.ones((5, 5, 5), dtype=bool), np.eye(4), coarsen=2)
    assert geometry.active.all()
    engine = make(cells_problem(geometry, inert("phenotype"), 1.0))
    state = np.zeros((1, geometry.size))
    state[0, 0] = 1.0
    spread, _ = engine.step(state, 0.5)
    assert float(spread[0] @ geometry.cell_volumes) == pytest.approx(8.0, rel=1e-12)
    assert spread[0].min() >= 0

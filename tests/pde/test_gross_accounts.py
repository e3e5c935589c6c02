"""What comes in and what goes out are counted apart, by boundary and region: closed forms."""

import numpy as np
import pytest

from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.network import Network, Species
from cartflow.pde.boundary import FixedValue, Place, PrescribedFlux, RegionSource, Robin
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

EPS, D = 0.2, 0.5
ENGINES = {"fast": FastEngine, "fipy": FipyEngine}


def two_voxels():
    return voxel_mask(np.ones((2, 1, 1), dtype=int), np.eye(4))


GEOMETRIES = {
    "slab": lambda: slab(1.0, 4),
    "ball": lambda: ball(1.0, 4),
    "box in two dimensions": lambda: box([2.0, 1.0], [4, 3]),
    "box in three dimensions": lambda: box([2.0, 1.0, 1.5], [4, 3, 2]),
    "mask": two_voxels,
}
every_loop = pytest.mark.parametrize(
    ("engine", "shape"), [("fast", g) for g in GEOMETRIES] + [("fipy", "slab")]
)
every_species = pytest.mark.parametrize("name", ["cart", "drug"])


def problem(geometry, name, *, boundaries=None, sources=()):
    solute = name == "drug"
    species = Species(
        name=name,
        role="solute" if solute else "phenotype",
        unit="ng/mm^3" if solute else "cell/mm^3",
    )
    field = Field(
        name=name,
        solute=solute,
        diffusivity=np.full(geometry.size, D),
        boundaries=boundaries or {},
        sources=sources,
    )
    return Problem(
        geometry=geometry,
        network=Network(name="one", species=(species,)),
        fields=(field,),
        tissue=Tissue(porosity=np.full(geometry.size, EPS), hindrance=Hindrance()),
        egress=np.zeros(geometry.size),
    )


def account(engine, given, start, time):
    tolerance = 1e-8 if engine == "fast" else 1e-5
    state = np.full((1, given.geometry.size), start) if np.isscalar(start) else start
    return evolve(ENGINES[engine](given), state, [0.0, time], tolerance=tolerance).account


def close(value, engine):
    return pytest.approx(value, rel=1e-6 if engine == "fast" else 1e-3)


@every_species
@every_loop
def test_a_region_that_supplies_and_removes(engine, shape, name):
    geometry = GEOMETRIES[shape]()
    supply, removal, time = 5.0, 1.1, 3.0
    source = RegionSource(region="all", supply=supply, removal=removal)
    given = problem(geometry, name, sources=(source,))
    found = account(engine, given, 0.0, time)
    assert given.places == (Place(field=name, kind="region", name="all"),)
    came = supply * geometry.volume * time
    there = supply * geometry.volume / removal * -np.expm1(-removal * time)
    assert found.came == pytest.approx([came], rel=1e-12)
    assert found.went == close([came - there], engine)
    assert found.supplied == pytest.approx(found.came, rel=1e-15)
    assert found.left == pytest.approx(found.went, rel=1e-15)


@every_species
@pytest.mark.parametrize(
    ("engine", "shape"),
    [("fast", "two dimensions"), ("fast", "three dimensions"), ("fast", "mask"), ("fipy", "mask")],
)
@pytest.mark.parametrize(
    "condition", [Robin(transfer_coefficient=0.3, exterior=2.0), FixedValue(value=2.0)]
)
def test_a_boundary_that_lets_in_at_one_place_and_out_at_another(engine, shape, name, condition):
    """Two cells around the exterior value: their mean stays, their difference dies out."""
    geometry, boundary = {
        "two dimensions": (box([2.0, 1.0], [2, 1]), "bottom"),
        "three dimensions": (box([2.0, 1.0, 1.0], [2, 1, 1]), "front"),
        "mask": (two_voxels(), "rim"),
    }[shape]
    given = problem(geometry, name, boundaries={boundary: condition})
    inner = D * (EPS if name == "drug" else 1.0)
    held = EPS if name == "drug" else 1.0
    film = 0.3 if isinstance(condition, Robin) else np.inf
    faces = geometry.boundary(boundary)
    per_face = 1.0 / (faces.distances / inner + 1.0 / film)
    rate = float((per_face * faces.areas)[faces.cells == 0].sum())  # mm3/day, of each cell
    fall = (rate + 2.0 * inner) / held  # cells of 1 mm3, 1 mm apart
    half, time = 1.5, 0.2
    found = account(engine, given, np.array([[2.0 + half, 2.0 - half]]), time)
    expected = rate * half / fall * -np.expm1(-fall * time)
    assert found.came == close([expected], engine)
    assert found.went == close([expected], engine)


@every_loop
def test_nothing_crosses_at_equal_values(engine, shape):
    geometry = GEOMETRIES[shape]()
    boundary = next(iter(geometry.boundaries))
    given = problem(geometry, "cart", boundaries={boundary: FixedValue(value=3.0)})
    found = account(engine, given, 3.0, 1.0)
    assert np.abs([found.came, found.went]).max() <= 1e-12 * 3.0 * geometry.volume


@pytest.mark.parametrize("cells", [20, 40, 80])
def test_what_a_boundary_lets_through_does_not_depend_on_the_mesh(cells):
    # Uptake from both sides of a slab: 2 c0 sqrt(D t/pi) by each face, until the middle feels it.
    ends = {"left": FixedValue(value=1.0), "right": FixedValue(value=1.0)}
    given = problem(slab(2.0, cells), "cart", boundaries=ends)
    found = account("fast", given, 0.0, 0.05)
    assert found.came == pytest.approx([2.0 * np.sqrt(D * 0.05 / np.pi)] * 2, rel=0.05 * 20 / cells)
    assert np.all(found.went == 0.0)


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_every_place_has_its_own_account(shape):
    geometry = GEOMETRIES[shape]()
    first = next(iter(geometry.boundaries))
    sources = (
        RegionSource(region="all", supply=2.0, removal=0.5),
        RegionSource(region="core", supply=1.0),
        RegionSource(region="rim", removal=0.7),
    )
    given = problem(geometry, "drug", boundaries={first: PrescribedFlux(flux=0.4)}, sources=sources)
    start = np.random.default_rng(7).random((1, geometry.size))
    found = account("fast", given, start, 0.6)
    names = [(p.kind, p.name) for p in given.places]
    assert names == [("boundary", first), ("region", "all"), ("region", "core"), ("region", "rim")]
    core = float(geometry.region("core") @ geometry.cell_volumes)
    area = geometry.boundary(first).area
    came = [0.4 * area * 0.6, 2.0 * geometry.volume * 0.6, core * 0.6, 0.0]
    assert found.came == pytest.approx(came, rel=1e-12)
    assert found.went[[0, 2]] == pytest.approx([0.0, 0.0], abs=1e-15)
    assert (found.went[[1, 3]] > 0.0).tolist() == [True, bool(geometry.region("rim").any())]
    engine = FastEngine(given)
    new, step = engine.step(start, 0.01)
    change = given.totals(new) - given.totals(start)
    assert change == pytest.approx([step.came.sum() - step.went.sum()], rel=1e-10)

"""A tumour by itself: one system on a line, the engine's own steps elsewhere."""

from dataclasses import fields, replace

import numpy as np
import pytest

from cartflow.core.outcome import InputError, StepFailed
from cartflow.coupling.alone import evolve
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.cylinder import cylinder
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.boundary import FixedValue, RegionSource, Robin
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.fast import evolve as in_steps
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue
from cartflow.validation.problems import cells_problem, inert

LINES = {
    "slab": lambda: slab(1.0, 12),
    "ball": lambda: ball(1.0, 12),
    "cylinder": lambda: cylinder(1.0, 12),
}
EGRESS, SUPPLY, REMOVAL = 0.7, 5.0, 1.1


def crowded(geometry):
    """Drift, kinetics with conversions, a pore fluid, rims, a region and egress at once."""
    models = [load("predator_prey_exhaustion"), load("chemokine")]
    network = combine("all", models)
    size, rim = geometry.size, list(geometry.boundaries)[-1]
    drift = Chemotaxis(
        attractant="chemokine", law="logarithmic", sensitivity=0.03, half_saturation=1e-3
    )
    moving = {
        "cart": Field(
            name="cart",
            diffusivity=np.full(size, 0.01),
            chemotaxis=drift,
            boundaries={rim: Robin(transfer_coefficient=0.1, exterior=2e3)},
            sources=(RegionSource(region="all", supply=20.0, removal=0.1),),
        ),
        "exhausted": Field(name="exhausted", diffusivity=np.full(size, 0.005)),
        "tumour": Field(name="tumour"),
        "chemokine": Field(
            name="chemokine",
            solute=True,
            diffusivity=np.full(size, 1.0),
            boundaries={rim: FixedValue(value=0.0)},
        ),
    }
    given = Problem(
        geometry=geometry,
        network=network,
        fields=tuple(moving[name] for name in network.species_names),
        tissue=Tissue(porosity=np.full(size, 0.3), hindrance=Hindrance(tortuosity=1.4)),
        egress=np.full(size, 0.2),
    )
    start = {"cart": 1e3, "tumour": 2e4}
    return given, np.array([np.full(size, start.get(name, 0.0)) for name in network.species_names])


@pytest.mark.parametrize("shape", LINES)
def test_one_system_ends_where_the_engines_steps_end(shape):
    given, start = crowded(LINES[shape]())
    engine, times = FastEngine(given), [0.5, 1.0, 2.5]
    mine = evolve(engine, start, times, tolerance=1e-8)
    other = in_steps.evolve(engine, start, times, tolerance=1e-8)
    size = np.abs(other.states).max(axis=(0, 2))
    assert (np.abs(mine.states - other.states).max(axis=(0, 2)) < 1e-5 * size).all()
    # A region gives or takes by the sign of a cell's step, which turns within one: gross, not net.
    gross = {"supplied", "left", "came", "went"}
    for item in fields(mine.account):
        found, expected = getattr(mine.account, item.name), getattr(other.account, item.name)
        near = 1e-4 if item.name in gross else 1e-5
        assert found == pytest.approx(expected, rel=near, abs=1e-9), item.name
    for into, out in (("supplied", "left"), ("came", "went")):
        net = [getattr(each, into) - getattr(each, out) for each in (mine.account, other.account)]
        assert net[0] == pytest.approx(net[1], rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("shape", LINES)
def test_the_account_closes(shape):
    given, start = crowded(LINES[shape]())
    found = evolve(FastEngine(given), start, [0.0, 0.3, 2.0], tolerance=1e-3)
    account = found.account
    gained = account.born - account.died + account.converted + account.supplied
    expected = given.totals(start) + gained - account.left - account.egress
    products = given.network.is_product
    turnover = (given.totals(start) + account.born + account.supplied)[products].sum()
    gaps = given.totals(found.states[-1]) - expected
    assert np.abs(gaps[products]).max() < 1e-12 * turnover
    assert found.states.min() >= 0.0


def test_supply_removal_and_egress_by_their_closed_form():
    source = RegionSource(region="all", supply=SUPPLY, removal=REMOVAL)
    geometry = ball(1.0, 6)
    bare = cells_problem(geometry, inert("phenotype"), 0.5, sources=(source,))
    given = replace(bare, egress=np.full(6, EGRESS))
    times = [0.0, 0.4, 1.0, 3.0]
    found = evolve(FastEngine(given), np.zeros((1, 6)), times, tolerance=1e-9)
    rate = REMOVAL + EGRESS
    held = SUPPLY / rate * (1.0 - np.exp(-rate * np.array(times)))
    assert found.states[:, 0] == pytest.approx(np.repeat(held[:, None], 6, axis=1), rel=1e-7)
    stayed = SUPPLY / rate * (3.0 - held[-1] / SUPPLY) * geometry.volume
    assert found.account.egress == pytest.approx([EGRESS * stayed], rel=1e-7)
    through = held[-1] * geometry.volume + EGRESS * stayed
    assert found.account.supplied - found.account.left == pytest.approx([through], rel=1e-7)


def test_steps_pass_the_times_asked_for():
    given, start = crowded(slab(1.0, 12))
    engine, seen = FastEngine(given), []
    few = evolve(engine, start, [0.0, 2.0])
    times = np.linspace(0.0, 2.0, 101).tolist()
    many = evolve(engine, start, times, watch=lambda *at: seen.append(at))
    assert many.accepted_steps == few.accepted_steps
    assert np.array_equal(many.states[-1], few.states[-1])
    assert seen[-1][0] == 2.0
    assert sum(step for _, step in seen) == pytest.approx(2.0)
    assert np.array_equal(many.states[0], start)


@pytest.mark.parametrize("case", ["fipy", "box"])
def test_all_else_goes_by_the_engines_steps(case):
    geometry = box([1.0, 1.0], [4, 3]) if case == "box" else slab(1.0, 6)
    given = cells_problem(geometry, inert("phenotype"), 0.5)
    engine = (FipyEngine if case == "fipy" else FastEngine)(given)
    start = np.arange(geometry.size, dtype=float)[None]
    mine = evolve(engine, start, [0.0, 0.1], tolerance=1e-2)
    other = in_steps.evolve(engine, start, [0.0, 0.1], tolerance=1e-2)
    assert np.array_equal(mine.states, other.states)


def test_no_step_is_longer_than_allowed():
    given = cells_problem(slab(1.0, 6), inert("phenotype"), 0.5)
    found = evolve(FastEngine(given), np.ones((1, 6)), [0.0, 1.0], maximum_step=0.01)
    assert found.accepted_steps >= 100


def test_times_must_rise():
    given = cells_problem(slab(1.0, 6), inert("phenotype"), 0.5)
    with pytest.raises(InputError, match=r"times: \[0.0, 0.0\] must be at least two and rise"):
        evolve(FastEngine(given), np.ones((1, 6)), [0.0, 0.0])


def test_a_number_that_is_none_is_named():
    given = cells_problem(slab(1.0, 6), inert("phenotype"), 0.5)
    with pytest.raises(StepFailed, match="a value is not finite"):
        evolve(FastEngine(given), np.full((1, 6), np.nan), [0.0, 1.0])

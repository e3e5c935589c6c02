"""All stages of a step in one pass give what the stages give one after another."""

import numpy as np
import pytest

from cartflow.core.outcome import StepFailed
from cartflow.core.parameters import parameter
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import combine, load
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import FixedValue, RegionSource, Robin
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels.steps import stabilised
from cartflow.pde.voxels.steps.stabilised import Stabilised
from cartflow.pde.voxels.steps.stages import (
    EXPLICIT,
    FOURTH_ORDER,
    explicit_stages,
    fourth_order_stages,
    stabilised_stages,
)
from cartflow.pde.voxels.wave import steps as wave

# Lengths, cells, the region "core".
BOXES = {
    "two dimensions": ([2.0, 1.0], [9, 7], [(0.5, 1.5), (0.2, 0.8)]),
    "three dimensions": ([2.0, 1.0, 1.5], [6, 5, 4], [(0.5, 1.5), (0, 1), (0, 1)]),
    "rows longer than a run": ([30.0, 0.3], [1500, 3], [(5.0, 9.0), (0, 0.2)]),
    "one cell across": ([1.0, 0.1, 2.0], [5, 1, 8], [(0, 1), (0, 0.1), (0, 1)]),
}


def grid(name):
    lengths, cells, core = BOXES[name]
    return box(lengths, cells, {"core": core})


def problem(geometry, placed=False):
    """Cells of two kinds and a solute that diffuse; edges, a source and egress.

    Cells by rates that differ from place to place if they are `placed`.
    """
    place = np.random.default_rng(8).uniform(0.0, 2.0, geometry.size) if placed else 1.0
    network = combine("all", [load("predator_prey"), load("chemokine")])
    edge, other = list(geometry.boundaries)[:2]
    moving = {
        "cart": Field(
            name="cart",
            diffusivity=place * np.full(geometry.size, 0.02),
            boundaries={edge: Robin(transfer_coefficient=0.2, exterior=10.0)},
            sources=(RegionSource(region="core", supply=30.0, removal=0.5),),
        ),
        "tumour": Field(
            name="tumour",
            diffusivity=np.full(geometry.size, 0.001),
            boundaries={other: FixedValue(value=2e4)},
        ),
        "chemokine": Field(
            name="chemokine",
            diffusivity=place * np.full(geometry.size, 0.05),
            solute=True,
            boundaries={edge: FixedValue(value=0.0)},
        ),
    }
    return Problem(
        geometry=geometry,
        network=network,
        fields=tuple(moving[name] for name in network.species_names),
        tissue=Tissue(porosity=0.2 * np.ones(geometry.size), hindrance=Hindrance()),
        egress=0.7 * geometry.region("core"),
    )


def steppers(given):
    """Return a stepper that takes the stages in one pass, and one that does not."""
    one, other = Stabilised(given), Stabilised(given)
    assert one._wave is not None
    other.__dict__["_wave"] = None
    return one, other


def rough(given):
    noise = np.random.default_rng(2).random((len(given.fields), given.geometry.size))
    return noise * np.array([[800.0], [2e4], [1e-2]])


def numbers(extents):
    crossed = [extents.came, extents.went]
    return np.concatenate([extents.forwards, extents.reverse, extents.egress, *crossed])


@pytest.mark.parametrize(("tiles", "placed"), [(1, False), (3, False), (3, True)])
@pytest.mark.parametrize("name", BOXES)
def test_one_pass_equals_stage_by_stage(name, tiles, placed, monkeypatch):
    monkeypatch.setattr(wave, "_SMALL", 0)
    monkeypatch.setattr(wave.numba, "get_num_threads", lambda: tiles)
    given = problem(grid(name), placed)
    one, other = steppers(given)
    state = rough(given)
    right = other.right_hand_side(state)
    assert one.right_hand_side(state) == pytest.approx(right, rel=1e-12, abs=1e-9)
    for ours, theirs in (
        (one.step(state, 0.05, 0.4), other.step(state, 0.05, 0.4)),
        (one.explicit_step(state, 0.01, None), other.explicit_step(state, 0.01, None)),
    ):
        assert ours.amounts == pytest.approx(theirs.amounts, rel=1e-12)
        assert numbers(ours.extents) == pytest.approx(numbers(theirs.extents), rel=1e-12)
        assert ours.size == pytest.approx(theirs.size, rel=1e-12)
        # It is what is left of sums as large as the amounts.
        rounding = 1e-15 * theirs.size.max()
        assert ours.difference == pytest.approx(theirs.difference, rel=1e-9, abs=rounding)
        assert np.array_equal(ours.low < 0.0, theirs.low < 0.0)


def test_cells_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(wave, "_SMALL", 0)
    given = problem(box([3.0, 2.0], [40, 31], {"core": [(0, 1), (0, 1)]}))
    ends = []
    for tiles in (1, 2, 5):
        monkeypatch.setattr(wave.numba, "get_num_threads", lambda tiles=tiles: tiles)
        ends.append(Stabilised(given).step(rough(given), 0.05, 0.4).amounts)
    assert np.array_equal(ends[0], ends[1])
    assert np.array_equal(ends[0], ends[2])


def smooth(given):
    x = given.geometry.centres
    hill = np.exp(-((x - x.mean(axis=0)) ** 2).sum(axis=1))
    return np.array([500.0 * hill, 1e4 * (0.5 + 0.4 * hill), 1e-2 * hill])


@pytest.mark.parametrize("order", [3, 4])
def test_explicit_steps_have_their_order_and_their_difference_second(order, monkeypatch):
    if order == 3:
        monkeypatch.setattr(stabilised, "fourth_order_stages", lambda reach: None)
    given = problem(box([2.0, 2.0], [10, 10], {"core": [(0, 1), (0, 1)]}))
    engine = FastEngine(given)

    def end(steps):
        state, differences = smooth(given), []
        for _ in range(steps):
            state, _, difference, _ = engine.explicit_step(state, 0.4 / steps)
            differences.append(difference)
        return state, np.array(differences).sum(axis=0)

    # Steps of fourth order are long: only the shortest all have as many stages.
    first = 8 if order == 3 else 32
    (coarse, a), (middle, b), (fine, c) = (end(n) for n in (first, 2 * first, 4 * first))
    seen = np.log2(np.abs(coarse - middle).max() / np.abs(middle - fine).max())
    assert seen == pytest.approx(order, abs=0.1 if order == 3 else 0.3)
    # Each step's difference is of third order, their sum of second.
    assert np.log2(a / b) == pytest.approx([2.0] * 3, abs=0.2)
    assert np.log2(b / c) == pytest.approx([2.0] * 3, abs=0.1)


ALL_STAGES = [
    explicit_stages(),
    *(stabilised_stages(n) for n in (2, 7, 40)),
    *(fourth_order_stages(reach) for reach in (1.0, 20.0, FOURTH_ORDER)),
]


@pytest.mark.parametrize("stages", ALL_STAGES)
def test_shares_are_of_second_order(stages):
    # The stages' times follow from the same rows, with slope one.
    times = [0.0] * 4
    for mu, nu, _, new, old, third, fourth in stages.rows:
        back = third * times[-3] + fourth * times[-4]
        times.append(mu * times[-1] + nu * times[-2] + new + old + back)
    times = times[3:]
    assert times[-1] == pytest.approx(1.0, rel=1e-12)
    assert stages.shares.sum() == pytest.approx(1.0, rel=1e-12)
    assert stages.shares @ times[:-1] == pytest.approx(0.5, rel=1e-12)


def test_explicit_limit_is_where_the_stages_become_unstable():
    def factor(z):
        values = [1.0, 1.0 + 0.5 * z]
        for mu, nu, rest, new in explicit_stages().rows[1:, :4]:
            values.append(mu * values[-1] + nu * values[-2] + rest + new * z * values[-1])
        return abs(values[-1])

    assert max(factor(z) for z in np.linspace(-1.05 * EXPLICIT, 0.0, 1000)) <= 1.0 + 1e-3
    assert factor(-1.06 * EXPLICIT) > 1.0


@pytest.mark.parametrize("reach", [1.0, 8.0, 20.0, 50.0, FOURTH_ORDER])
def test_stages_of_fourth_order_are_stable_and_follow_the_exponential(reach):
    rows = fourth_order_stages(reach).rows

    def factor(z):
        values = [1.0] * 4
        for mu, nu, rest, new, _, third, fourth in rows:
            back = third * values[-3] + fourth * values[-4] + rest
            values.append((mu + new * z) * values[-1] + nu * values[-2] + back)
        return values[-1]

    assert max(abs(factor(z)) for z in np.linspace(-1.05 * reach, -0.1, 2000)) <= 1.0
    errors = [abs(factor(z) - np.exp(z)) for z in (-0.2, -0.1)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(5.0, abs=0.3)


def test_beyond_the_last_there_are_none():
    assert fourth_order_stages(1.01 * FOURTH_ORDER) is None


@pytest.mark.parametrize("tolerance", [1e-3, 1e-7])
def test_totals_follow_the_account(tolerance):
    given = problem(grid("three dimensions"))
    start = rough(given)
    found = evolve(FastEngine(given), start, [0.0, 0.5], tolerance=tolerance)
    before, after = given.totals(start)[0], given.totals(found.states[-1])[0]
    account = found.account
    change = account.born + account.supplied + account.converted
    change = change - account.died - account.left - account.egress
    assert after - before == pytest.approx(change[0], rel=1e-10, abs=1e-10 * before)


def test_values_that_are_not_finite_are_named():
    given = problem(grid("two dimensions"))
    state = rough(given)
    state[1, 5] = 1e308
    with pytest.raises(StepFailed, match="not finite"):
        FastEngine(given).step(state, 0.1)
    # The memory that the step used is whole again.
    new, _ = FastEngine(given).step(rough(given), 0.01)
    assert np.all(np.isfinite(new))


@pytest.mark.parametrize(
    "rate",
    [
        "k*cart*exp(-k*tumour/c/m)",
        "k*(cart + tumour*m/(c + c)*c/k)",
        "(m - k)*cart/(c/m)/k*c",
    ],
)
def test_divisions_by_what_does_not_vary_may_stand_in_one_another(rate):
    size, spread = 12, np.random.default_rng(0)
    units = {"k": "1/day", "c": "cell/mm^3", "m": "1/day"}
    network = Network(
        name="nested",
        species=(Species(name="cart", role="phenotype"), Species(name="tumour", role="resident")),
        parameters={
            name: parameter(f"{value} {units[name]}", units[name], source="assumed")
            for name, value in (("k", 1.7), ("c", 3.0), ("m", 2.0))
        },
        reactions=(Reaction(name="birth", produces={"cart": 1}, rate=rate),),
    )
    start = 0.5 + spread.random((2, size))
    found = []
    for geometry in (slab(1.0, size), box([1.0, 1.0], [4, 3])):
        given = Problem(
            geometry=geometry,
            network=network,
            fields=(Field(name="cart", diffusivity=np.full(size, 1e-12)), Field(name="tumour")),
            tissue=Tissue(porosity=np.ones(size), hindrance=Hindrance()),
            egress=np.zeros(size),
        )
        state = start.copy()
        for _ in range(20):
            state = FastEngine(given).step(state, 0.01)[0]
        found.append(state[0])
    # Both of second order in time: far closer than a wrong divisor.
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)


def test_an_engine_used_again_repeats_its_result():
    given = problem(grid("two dimensions"))
    engine, start = FastEngine(given), smooth(given)
    first, again = (evolve(engine, start, [0.0, 0.7], tolerance=1e-5) for _ in range(2))
    assert first.accepted_steps == again.accepted_steps
    assert np.array_equal(first.states, again.states)

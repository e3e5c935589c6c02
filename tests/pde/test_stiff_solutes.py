"""Solutes that are fast against the voxel: implicit steps beside explicit ones of cells."""

import numba
import numpy as np
import pytest

from cartflow.core.outcome import StepFailed
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.box import box
from cartflow.kinetics.files.load import load
from cartflow.pde.boundary import FixedValue, RegionSource, Robin
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels.implicit.conjugate import BoxSystem
from cartflow.pde.voxels.implicit.methods import ROS2, ROS34PW2
from cartflow.pde.voxels.implicit.multigrid import padded
from cartflow.pde.voxels.implicit.runs import MOST, runs
from cartflow.pde.voxels.implicit.slopes import implicit_pairs
from cartflow.pde.voxels.steps import voxel_steps
from cartflow.pde.voxels.steps.stabilised import Stabilised
from cartflow.pde.voxels.steps.voxel_steps import VoxelSteps

FAST = 144.0  # mm^2/day: oxygen

MODEL = """
title = "Tumour cells that breathe"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[species.tumour]
role = "resident"
unit = "cell/mm^3"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[species.lactate]
role = "solute"
unit = "ng/mm^3"
[parameters.uptake]
value = "0.1 ng/cell/day"
source = "assumed"
standing = "assumed"
[parameters.half]
value = "0.5 ng/mm^3"
source = "assumed"
standing = "assumed"
[parameters.decay]
value = "{decay} 1/day"
source = "assumed"
standing = "assumed"
[parameters.killing]
value = "2e-3 mm^3/cell/day"
source = "assumed"
standing = "assumed"
[parameters.growth]
value = "0.5 1/day"
source = "assumed"
standing = "assumed"
[reactions.breathing]
consumes = {{ oxygen = 1 }}
produces = {{ lactate = 0.5 }}
rate = "uptake*tumour*oxygen/(half + oxygen)"
[reactions.decay_of_oxygen]
consumes = {{ oxygen = 1 }}
rate = "decay*oxygen"
[reactions.decay_of_lactate]
consumes = {{ lactate = 1 }}
rate = "decay*lactate"
[reactions.killing]
consumes = {{ tumour = 1 }}
rate = "killing*cart*tumour"
[reactions.growth]
produces = {{ cart = 1 }}
rate = "growth*cart*oxygen/(half + oxygen)"
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    def made(decay=20.0):
        file = tmp_path_factory.mktemp("model") / "breathing.toml"
        file.write_text(MODEL.format(decay=decay))
        return load(file)

    return made


def problem(geometry, network, *, porosity=1.0, solutes=FAST, cells=3e-3, boundaries=None, **more):
    n = geometry.size
    fields = (
        Field(name="cart", diffusivity=np.full(n, cells)),
        Field(name="tumour"),
        Field(
            name="oxygen",
            solute=True,
            diffusivity=np.full(n, solutes),
            boundaries=boundaries or {},
            **more,
        ),
        Field(name="lactate", solute=True, diffusivity=np.full(n, 0.3 * solutes)),
    )
    return Problem(
        geometry=geometry,
        network=network,
        fields=fields,
        tissue=Tissue(porosity=np.broadcast_to(porosity, n).copy(), hindrance=Hindrance()),
        egress=np.full(n, 0.2),
    )


def ball(cells, width=0.02):
    x = np.arange(cells) - (cells - 1) / 2
    r = np.sqrt(sum(axis**2 for axis in np.meshgrid(x, x, x))) / (cells / 2)
    labels = np.where(r <= 0.5, 2, np.where(r <= 1.0, 1, 0))
    return voxel_mask(labels, np.diag([width, width, width, 1.0]), {"outer": 1, "core": 2})


def start(geometry, oxygen=1.0, lactate=0.0):
    deep = geometry.depth > 0.4 * geometry.depth.max()
    rows = [np.where(deep, 0.0, 300.0), np.where(deep, 1e5, 0.0)]
    return np.array([*rows, np.full(geometry.size, oxygen), np.full(geometry.size, lactate)])


def mode(cells, width, diffusivity):
    """A discrete eigenmode of a closed box, and its rate of decay by diffusion, 1/day."""
    axis = np.cos(np.pi * (np.arange(cells) + 0.5) / cells)
    rate = diffusivity * (2.0 - 2.0 * np.cos(np.pi / cells)) / width**2
    values = np.broadcast_to(1.0 + 0.5 * axis, (cells,) * 3).ravel()
    return values, rate


@pytest.mark.parametrize("order", [2, 3])
def test_a_mode_decays_at_the_order_of_the_method(order, network, monkeypatch):
    monkeypatch.setattr(voxel_steps, "MANY_IN_HALVES", 0)
    monkeypatch.setattr(voxel_steps, "MANY_STAGES", 0)
    cells, width = 16, 0.1
    stated = problem(box([cells * width] * 3, [cells] * 3), network(decay=3.0), solutes=20.0)
    first, rate = mode(cells, width, 20.0)
    assert 12 * 20.0 / width**2 > 100 * rate  # the grid is far stiffer than the mode
    engine, errors = FastEngine(stated), []
    end = 0.06
    exact = (1.0 + (first - 1.0) * np.exp(-rate * end)) * np.exp(-3.0 * end)
    for steps in (2, 4, 8):
        state = np.zeros((4, first.size))
        state[2] = first
        for _ in range(steps):
            if order == 2:
                state, _ = engine.step(state, end / steps)
            else:
                state = engine.implicit_step(state, end / steps, 1e-12)[0]
        errors.append(np.abs(state[2] - exact).max())
    observed = np.log2(np.array(errors[:-1]) / errors[1:])
    assert observed[-1] == pytest.approx(order, abs=0.35)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize("method", [ROS2, ROS34PW2])
def test_methods_are_stable_for_any_rate_and_explicit_up_to_two(method):
    def grown(implicit, explicit):
        k = np.zeros(len(method.weights))
        for i in range(k.size):
            right = (implicit + explicit) * (1.0 + method.stages[i] @ k) + method.couplings[i] @ k
            k[i] = right / (1.0 - method.gamma * implicit)
        return 1.0 + method.weights @ k

    assert all(abs(grown(-z, 0.0)) <= 1.0 for z in np.logspace(-3, 9, 200))
    assert abs(grown(-1e9, 0.0)) < 1e-6
    assert all(abs(grown(0.0, -z)) <= 1.0 for z in np.linspace(0.0, 1.98, 50))


@pytest.fixture(scope="module")
def hard(network):
    """A ball of two porosities with everything at its rim and in its core."""
    geometry = ball(14)
    porosity = np.where(geometry.region("core"), 0.15, 0.4)
    boundaries = {"rim": Robin(transfer_coefficient=30.0, exterior=1.0)}
    source = RegionSource(region="core", supply=50.0, removal=30.0)
    stated = problem(
        geometry, network(), porosity=porosity, boundaries=boundaries, sources=(source,)
    )
    return stated, start(geometry)


@pytest.mark.parametrize("way", ["turns", "alone"])
def test_every_account_closes_to_round_off(hard, way):
    stated, state = hard
    stepper = VoxelSteps(stated)
    before = stated.totals(state)
    if way == "turns":
        stepped = stepper.step(state, 0.01, 0.05)
    else:
        stepped = stepper.implicit_step(state, 0.02, 1e-3)
    assert stepped.difference is not None
    after = stepped.amounts @ stated.geometry.cell_volumes
    turned_over = np.abs(stated.network.stoichiometry) @ stepped.extents.forwards
    change = stepped.extents.change(stated.network)
    np.testing.assert_array_less(
        np.abs(before + change - after), 1e-12 * (before + after + turned_over)
    )
    # Much came, left, was taken up and made.
    assert stepped.extents.came[0] > 0.01 * before[2]
    assert stepped.extents.forwards[0] > 0.01 * before[2]


def test_implicit_equals_explicit_in_the_limit(hard, monkeypatch):
    stated, state = hard
    engine, times = FastEngine(stated), [0.0, 0.005, 0.02]
    found = evolve(engine, state, times, tolerance=1e-7)
    in_turns = found.states[1]
    for _ in range(15):
        in_turns, _ = engine.step(in_turns, 0.001, like=0.05)
    for name in ("MANY_IN_HALVES", "MANY_STAGES", "VERY_MANY_STAGES"):
        monkeypatch.setattr(voxel_steps, name, 10**9)
    wanted = evolve(FastEngine(stated), state, times, tolerance=1e-7)
    sizes = np.abs(wanted.states[-1]).sum(axis=1)
    for state, within in ((found.states[-1], 2e-6), (in_turns, 1e-4)):
        apart = np.abs(state - wanted.states[-1]).sum(axis=1) / sizes
        np.testing.assert_array_less(apart, within)
    for name in ("born", "died", "egress", "came", "went"):
        np.testing.assert_allclose(
            getattr(found.account, name), getattr(wanted.account, name), rtol=1e-4, atol=1e-9
        )


def test_threads_do_not_change_a_bit(network):
    geometry = box([0.6] * 3, [30] * 3)
    sides = dict.fromkeys(geometry.boundaries, FixedValue(value=1.0))
    stated, state = problem(geometry, network(), boundaries=sides), start(geometry, 0.5)
    before, found = numba.get_num_threads(), []
    try:
        for threads in sorted({1, before}):
            numba.set_num_threads(threads)
            engine = FastEngine(stated)
            found += [(engine.step(state, 0.02)[0], engine.implicit_step(state, 0.02, 1e-5)[0])]
    finally:
        numba.set_num_threads(before)
    for step, alone in found[1:]:
        np.testing.assert_array_equal(step, found[0][0])
        np.testing.assert_array_equal(alone, found[0][1])


def test_an_invaded_ball_stays_nonnegative_and_becomes_steady(network):
    # First-order uptake: effectiveness 3 (phi coth phi - 1)/phi^2 of Thiele modulus phi.
    geometry, decay = ball(20), 5000.0
    fixed = {"rim": FixedValue(value=1.0)}
    stated = problem(geometry, network(decay=decay), boundaries=fixed)
    state = np.zeros((4, geometry.size))
    engine = FastEngine(stated)
    found = evolve(engine, state, [0.0, 0.002, 0.01, 0.3], tolerance=1e-5)
    assert found.states.min() >= 0.0
    radius = (3.0 * geometry.volume / (4.0 * np.pi)) ** (1.0 / 3.0)
    phi = radius * np.sqrt(decay / FAST)
    effectiveness = 3.0 * (phi / np.tanh(phi) - 1.0) / phi**2
    mean = found.states[-1][2] @ geometry.cell_volumes / geometry.volume
    assert mean == pytest.approx(effectiveness, rel=5e-3)


def test_islands_without_decay_keep_what_they_have(network):
    labels = np.zeros((24, 9, 9), dtype=int)
    labels[:8], labels[10:20], labels[22, 4, 4] = 1, 1, 1
    geometry = voxel_mask(labels, np.diag([0.02, 0.02, 0.05, 1.0]), {"outer": 1})
    stated = problem(geometry, network(decay=0.0))
    state = np.zeros((4, geometry.size))
    along = geometry.centres[:, 0] - geometry.centres[:, 0].min()
    island = np.digitize(along, [0.18, 0.42])
    state[2] = np.where(geometry.centres[:, 1] > np.median(geometry.centres[:, 1]), 1.0, 0.0)
    state[2][island == 2] = 0.7
    volumes = geometry.cell_volumes
    before = [state[2][island == k] @ volumes[island == k] for k in range(3)]
    found = evolve(FastEngine(stated), state, [0.0, 0.4], tolerance=1e-4).states[-1][2]
    for k, total in enumerate(before):
        here = island == k
        assert found[here] @ volumes[here] == pytest.approx(total, rel=1e-12)
        np.testing.assert_allclose(found[here], total / volumes[here].sum(), rtol=1e-5)


def test_a_solute_that_does_not_move_is_no_hindrance(network):
    geometry = box([0.2] * 3, [10] * 3)
    stated = problem(geometry, network())
    n = geometry.size
    still = Field(name="lactate", solute=True, diffusivity=np.zeros(n))
    stated = Problem(
        geometry=geometry,
        network=stated.network,
        fields=(*stated.fields[:3], still),
        tissue=stated.tissue,
        egress=stated.egress,
    )
    found = evolve(FastEngine(stated), start(geometry, lactate=0.3), [0.0, 0.1], tolerance=1e-3)
    far = start(geometry)[1] == 0.0
    np.testing.assert_allclose(found.states[-1][3][far], 0.3 * np.exp(-2.0), rtol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 40), (1, 33, 40), (17, 20, 23)])
def test_linear_systems_are_solved_whatever_the_voxels(shape):
    random = np.random.default_rng(3)
    exchange = random.lognormal(0.0, 1.0, (3, *shape))
    exchange *= np.array([1.0, 30.0, 1e-3])[:, None, None, None]
    for axis in range(3):
        last = [slice(None)] * 3
        last[axis] = slice(-1, None)
        exchange[(axis, *last)] = 0.0
    system = BoxSystem(exchange)
    system.local[:] = padded(random.lognormal(-8.0, 1.0, shape))
    wanted = padded(random.random(shape))
    system.set_local()
    system.x[:] = wanted
    system.true_rest()
    system.right[:] = -system.rest
    total = np.abs(system.right).sum()
    assert system.solve(system.begin(), 1e-12 * total) <= 1e-12 * total
    np.testing.assert_allclose(system.x, wanted, rtol=0, atol=1e-6)
    assert system.iterations < 80


@pytest.mark.parametrize("shape", [(41, 29, 33), (300, 1, 91)])
def test_a_cycle_is_symmetric_and_the_same_whoever_does_its_parts(shape):
    random = np.random.default_rng(5)
    exchange = random.lognormal(0.0, 1.0, (3, *shape))
    for axis in range(3):
        np.moveaxis(exchange[axis], axis, 0)[-1] = 0.0
    system = BoxSystem(exchange)
    system.local[:] = padded(random.lognormal(-6.0, 1.0, shape))
    first, second = padded(random.random((2, *shape)) - 0.3)
    system.set_local()
    before, found = numba.get_num_threads(), []
    try:
        for threads in sorted({1, before}):
            numba.set_num_threads(threads)
            products = []
            for right, other in ((first, second), (second, first)):
                system._finest.right[:] = right
                near, product = system._grids.cycle(other)
                assert product == pytest.approx(other @ near.astype(float), rel=1e-12)
                products.append(product)
            assert products[0] == pytest.approx(products[1], rel=1e-5)
            system.right[:] = first
            system.solve(system.begin(), 1e-9 * np.abs(first).sum())
            found.append((*products, system.x.copy()))
    finally:
        numba.set_num_threads(before)
    for one, other in zip(found[0], found[-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_cells_stand_in_runs_of_places_that_follow_one_another():
    place = np.concatenate([np.arange(7, 7 + 2 * MOST + 5), [9000, 9002], np.arange(9100, 9103)])
    rows = runs(place)
    np.testing.assert_array_equal(
        np.concatenate([np.arange(begin, begin + n) for _, begin, n in rows]), place
    )
    np.testing.assert_array_equal(rows[:, 0], np.cumsum(rows[:, 2]) - rows[:, 2])
    assert rows[:, 2].tolist() == [MOST, MOST, 5, 1, 1, 3]


@pytest.mark.parametrize("dt", [1.2e-3, 3e-3, 1e-2])
def test_a_step_that_is_given_up_early_would_have_been_refused(dt, hard, network):
    geometry = ball(24, width=0.06)
    fixed = {"rim": FixedValue(value=1.0)}
    sharp = problem(geometry, network(), boundaries=fixed)
    for stated, state in (hard, (sharp, start(geometry))):
        engine = FastEngine(stated)
        with pytest.raises(StepFailed, match="a value is negative"):
            engine.implicit_step(state, dt, 1e-3, 0.05)
        try:
            _, _, difference, size = engine.implicit_step(state, dt, 1e-3)
        except StepFailed:
            continue
        # At the largest tolerance there is.
        assert (difference / size).max() ** (4.0 / 3.0) > 0.1


def test_what_a_limit_has_seen_of_a_state_is_what_a_step_sees(network):
    geometry = box([0.4] * 3, [20] * 3)
    sides = dict.fromkeys(geometry.boundaries, FixedValue(value=1.0))
    stated, state = problem(geometry, network(), boundaries=sides), start(geometry, 0.5)
    fresh, asked = VoxelSteps(stated), VoxelSteps(stated)
    asked.step_limit(2.0 * state)
    wanted = fresh.implicit_step(state, 0.02, 1e-5).amounts
    np.testing.assert_array_equal(asked.implicit_step(state, 0.02, 1e-5).amounts, wanted)
    asked.step_limit(state)
    np.testing.assert_array_equal(asked.implicit_step(state, 0.02, 1e-5).amounts, wanted)


def test_a_reaction_is_implicit_by_the_solute_that_is_solved_for_first():
    stoichiometry = np.array([[-1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]])
    pattern = np.array([[True, True, False], [False, True, True]])
    assert implicit_pairs(stoichiometry, pattern, (0, 1, 2)) == [(0, 0), (1, 1)]
    assert implicit_pairs(stoichiometry, pattern, (2,)) == [(1, 2)]


def test_nothing_is_implicit_where_nothing_is_stiff(network):
    geometry = box([10.0] * 3, [8] * 3)
    stated, state = problem(geometry, network(decay=1.0), solutes=1.0), start(geometry)
    stepper, explicit = VoxelSteps(stated), Stabilised(stated)
    assert stepper.implicit_step(state, 0.5, 1e-5) is None
    assert stepper.step_limit(state) == explicit.step_limit(state)
    np.testing.assert_array_equal(
        stepper.step(state, 0.5, 0.0).amounts, explicit.step(state, 0.5, 0.0).amounts
    )


def test_fast_kinetics_of_a_slow_solute_are_implicit_too(network, monkeypatch):
    geometry = box([8.0] * 3, [4] * 3)
    source = RegionSource(region="all", supply=2e6)
    stated = problem(geometry, network(decay=1e6), solutes=1.0, sources=(source,))
    state = np.zeros((4, geometry.size))
    monkeypatch.setattr(Stabilised, "stabilised", None)  # it would take 1000 stages
    for _ in range(6):
        state, account = FastEngine(stated).step(state, 0.5)
    np.testing.assert_allclose(state[2], 2.0, rtol=1e-9)
    assert account.came[0] == pytest.approx(2e6 * 0.5 * geometry.volume, rel=1e-12)

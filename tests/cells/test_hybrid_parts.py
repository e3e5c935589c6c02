"""The parts of cells below a threshold: who pays for whole cells, hops, and when they switch."""

import numba
import numpy as np
import pytest
from scipy.linalg import expm

from cartflow.cells.hybrid.borders import charged
from cartflow.cells.hybrid.densities import Densities, whole_numbers
from cartflow.cells.hybrid.flows import Flows
from cartflow.cells.hybrid.hops import Ways
from cartflow.cells.hybrid.hops import hopped as after_days
from cartflow.cells.hybrid.neighbours import neighbours_of
from cartflow.cells.hybrid.thresholds import Threshold
from cartflow.cells.movement.walk import placed, room_of
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.problem import Field


def hopped(cells, room, mesh, diffusivity, days, step, seed):
    """Return the cells after hops of kinds that diffuse, between closed walls."""
    rows = np.where(diffusivity > 0.0, np.arange(diffusivity.size), -1)
    passed = np.outer(diffusivity, mesh.passed)
    ways = Ways(row=rows, passed=passed, out=np.zeros((diffusivity.size, 0, mesh.volumes.size)))
    return after_days(cells, room, mesh, ways, np.full(cells.size, days), step, seed)


def generator_of(mesh, passed):
    """Return the matrix M of finite volumes, d n/dt = M n, for numbers of cells.

    `passed` is the rate at which each face lets cells through, per density.
    """
    matrix = np.zeros((mesh.volumes.size, mesh.volumes.size))
    for here in range(mesh.volumes.size):
        for face in range(mesh.start[here], mesh.start[here + 1]):
            matrix[mesh.to[face], here] += passed[face] / mesh.volumes[here]
            matrix[here, here] -= passed[face] / mesh.volumes[here]
    return matrix


@pytest.mark.parametrize(
    "geometry", [slab(1.0, 12), ball(0.5, 8), box([0.3, 0.2, 0.2], [3, 2, 2])], ids=lambda g: g.name
)
def test_hops_have_the_chances_of_the_finite_volumes(geometry):
    mesh, room, number = neighbours_of(geometry), room_of(geometry), 40_000
    cells = placed(room, np.zeros(number, int), np.full(number, geometry.size // 2), 0, 0, 5)
    moved = hopped(cells, room, mesh, np.array([0.02]), 0.4, 1, 5)
    expected = number * expm(0.4 * generator_of(mesh, 0.02 * mesh.passed))[:, geometry.size // 2]
    found = moved.counts(1, geometry.size)[0]
    usual = expected > 5
    chi = ((found - expected) ** 2 / expected)[usual].sum()
    assert chi < usual.sum() + 4 * np.sqrt(2 * usual.sum())
    assert found.sum() == number


def drifting(geometry, attractant, diffusivity, sensitivity=0.05):
    """Return what passes the faces for cells up the gradient of an attractant."""
    law = Chemotaxis(attractant="oxygen", law="linear", sensitivity=sensitivity)
    item = Field(name="cart", diffusivity=np.full(geometry.size, diffusivity), chemotaxis=law)
    mesh = neighbours_of(geometry)
    flows = Flows(item=item, diffusivity=diffusivity, geometry=geometry, mesh=mesh)
    return flows, flows.at(attractant), mesh


@pytest.mark.parametrize("diffusivity", [0.02, 0.0])
@pytest.mark.parametrize("geometry", [slab(1.0, 12), box([0.3, 0.2, 0.2], [3, 2, 2])])
def test_hops_up_a_gradient_have_the_chances_of_finite_volumes(geometry, diffusivity):
    attractant = np.linspace(0.0, 1.0, geometry.size) ** 2
    _, passed, mesh = drifting(geometry, attractant, diffusivity)
    room, number, here = room_of(geometry), 40_000, geometry.size // 2
    cells = placed(room, np.zeros(number, int), np.full(number, here), 0, 0, 5)
    out = np.zeros((1, 1, geometry.size))
    out[0, 0, here] = 0.3
    ways = Ways(row=np.array([0]), passed=passed[None], out=out)
    moved = after_days(cells, room, mesh, ways, np.full(number, 0.4), 1, 5)
    matrix = generator_of(mesh, passed)
    matrix[here, here] -= 0.3
    expected = number * expm(0.4 * matrix)[:, here]
    expected = np.append(expected, number - expected.sum())
    inside = np.bincount(moved.place[moved.place >= 0], minlength=geometry.size)
    found = np.append(inside, (moved.place == -1).sum())
    assert (found[expected < 1e-9] == 0).all()
    usual = expected > 5
    chi = ((found - expected)[usual] ** 2 / expected[usual]).sum()
    assert usual.sum() > 3
    assert chi < usual.sum() + 4 * np.sqrt(2 * usual.sum())


def test_drift_is_central_where_it_is_slow_and_upwind_where_it_is_fast():
    geometry = slab(1.0, 10)
    attractant = geometry.coordinates[geometry.dims[0]]
    for diffusivity, steepest in ((0.02, 0.125), (0.0, np.inf)):
        flows, passed, mesh = drifting(geometry, attractant, diffusivity)
        assert flows.steepest(attractant) == pytest.approx(steepest)
        slopes = generator_of(mesh, passed)
        # What is even everywhere moves at v = 0.05 mm/day: it only piles up at the far wall.
        np.testing.assert_allclose((slopes @ mesh.volumes)[1:-1], 0.0, atol=1e-15)
        assert (slopes @ mesh.volumes)[-1] == pytest.approx(0.05)
        assert (passed >= 0.0).all()


def test_kinds_that_do_not_diffuse_stay():
    geometry = slab(1.0, 12)
    cells = placed(room_of(geometry), np.arange(200) % 2, np.full(200, 6), 0, 0, 5)
    mesh = neighbours_of(geometry)
    moved = hopped(cells, room_of(geometry), mesh, np.array([0.0, 0.02]), 1.0, 1, 5)
    assert (moved.place[moved.kind == 0] == 6).all()
    assert (moved.place[moved.kind == 1] != 6).any()
    np.testing.assert_array_equal(moved.position[moved.kind == 0], cells.position[::2])


def test_threads_change_no_bit():
    geometry, number = slab(1.0, 12), 100_000
    room, mesh, threads = room_of(geometry), neighbours_of(geometry), numba.get_num_threads()
    cells, found = placed(room, np.zeros(number, int), np.full(number, 6), 0, 0, 5), []
    for each in (1, threads):
        numba.set_num_threads(each)
        found.append(hopped(cells, room, mesh, np.array([0.02]), 0.4, 1, 5))
    numba.set_num_threads(threads)
    np.testing.assert_array_equal(found[0].place, found[1].place)
    np.testing.assert_array_equal(found[0].position, found[1].position)


def test_the_nearest_density_pays():
    mesh = neighbours_of(slab(1.0, 10))
    payers = np.isin(np.arange(10), [0, 1, 8, 9])
    debts = np.zeros(10)
    debts[[3, 5]] = 0.5, -0.25
    paid, left = charged(debts, payers, mesh)
    assert left == 0.0
    # Mesh cell 3 is two steps from 1, mesh cell 5 three from 8 and four from 1.
    np.testing.assert_allclose(paid, [0, 0.5, 0, 0, 0, 0, 0, 0, -0.25, 0], atol=1e-15)


def test_what_lies_between_two_is_paid_by_both_and_nobody_pays_alone():
    mesh = neighbours_of(slab(1.0, 5))
    debts = np.array([0.0, 0.0, 0.5, 0.0, 0.0])
    paid, left = charged(debts, np.isin(np.arange(5), [0, 4]), mesh)
    np.testing.assert_allclose(paid, [0.25, 0, 0, 0, 0.25])
    assert left == 0.0
    paid, left = charged(debts, np.zeros(5, dtype=bool), mesh)
    assert (paid == 0.0).all()
    assert left == 0.5


def test_what_is_paid_sums_to_the_debts_on_any_mesh():
    random = np.random.default_rng(1)
    geometry = box([1.0, 1.0, 1.0], [7, 6, 5])
    mesh = neighbours_of(geometry)
    for _ in range(20):
        payers = random.random(geometry.size) < 0.1
        debts = np.where(payers, 0.0, random.normal(size=geometry.size))
        paid, left = charged(debts, payers, mesh)
        assert paid.sum() + left == pytest.approx(debts.sum(), abs=1e-12)
        assert (paid[~payers] == 0.0).all()


def test_whole_numbers_have_the_mean_and_sum_of_the_amounts():
    random = np.random.default_rng(2)
    amounts = random.uniform(0.0, 3.0, 17)
    drawn = np.array([whole_numbers(amounts, chance) for chance in random.random(20_000)])
    assert (np.abs(drawn - amounts) < 1.0).all()
    assert (np.abs(drawn.sum(axis=1) - amounts.sum()) < 1.0).all()
    share = amounts - np.floor(amounts)
    error = np.sqrt(share * (1 - share) / 20_000)
    assert (np.abs(drawn.mean(axis=0) - amounts) < 4.5 * error).all()


def test_what_was_few_is_many_only_from_twice_the_threshold_on():
    threshold = Threshold(cells=np.full(4, 10.0), group=np.arange(4))
    numbers = np.array([9.9, 10.0, 19.9, 20.0])
    before = np.ones(4, dtype=bool)
    assert threshold.many(numbers, before).tolist() == [False, True, True, True]
    assert threshold.many(numbers, ~before).tolist() == [False, False, False, True]


def test_regions_switch_as_a_whole():
    threshold = Threshold(cells=np.full(4, 10.0), group=np.array([0, 0, 1, 1]))
    numbers = np.array([9.0, 1.0, 9.0, 0.9])
    assert threshold.many(numbers, np.ones(4, bool)).tolist() == [True, True, False, False]


def test_a_density_pays_no_more_than_it_has():
    mesh = neighbours_of(slab(1.0, 3))
    found = Densities.of([Threshold(cells=np.full(3, 1.0), group=np.arange(3))], mesh)
    found.many[0] = [True, False, False]
    found.amounts[0] = [0.1, 0.5, 0.0]
    numbers = np.array([0, 2, 0])
    found._pay(0, numbers)
    np.testing.assert_allclose(found.amounts[0], 0.0)
    assert found.crossed.fractions[0] + numbers.sum() == pytest.approx(0.6, abs=1e-15)


def test_a_density_gives_whole_cells_with_the_mean_of_what_leaves():
    mesh = neighbours_of(slab(1.0, 3))
    threshold, amounts = Threshold(cells=np.full(3, 1.0), group=np.arange(3)), [1.3, 20.6, 4.0]
    gone = []
    for step in range(4000):
        found = Densities.of([threshold], mesh)
        found.many[0], found.amounts[0] = True, amounts
        gone.append(found.leave(0, np.array([0.5, 0.1, 0.0]), step, 1))
        kept = found.amounts[0].sum() + found.crossed.fractions[0]
        assert kept == pytest.approx(25.9 - gone[-1], abs=1e-12)
        assert (found.amounts[0] >= 0.0).all()
    assert abs(np.mean(gone) - (0.65 + 2.06)) < 4 * np.std(gone) / np.sqrt(4000)

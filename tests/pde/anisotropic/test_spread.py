"""Diffusion by a tensor: exact spread, order, sign, walls, turned tissue, and FiPy beside it."""

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import spsolve

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.anisotropic.lattice import dyads
from cartflow.pde.anisotropic.shapes import split
from cartflow.pde.boundary import FixedValue
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.operators.arms import arms
from cartflow.pde.problem import Field
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.validation.problems import inert, problem_of


def tensor(along, across, direction):
    unit = np.asarray(direction, dtype=float)
    unit = unit / np.linalg.norm(unit, axis=-1, keepdims=True)
    dyad = unit[..., :, None] * unit[..., None, :]
    along, across = (np.asarray(d)[..., None, None] for d in (along, across))
    return across * np.eye(3) + (along - across) * dyad


def moving(geometry, tensors, boundaries=None):
    mean, shape = split(geometry, np.broadcast_to(tensors, (geometry.size, 3, 3)))
    network = inert("phenotype")
    field = Field(name="u", diffusivity=mean, anisotropy=shape, boundaries=boundaries or {})
    return problem_of(geometry, network, (field,))


def system(geometry, tensors):
    """Return the matrix of -div D grad, 1/day."""
    mean, shape = split(geometry, np.broadcast_to(tensors, (geometry.size, 3, 3)))
    found = arms(geometry, shape, mean == 0.0)
    passes = found.exchange(mean)
    ends = np.concatenate([found.owner, found.neighbour])
    others = np.concatenate([found.neighbour, found.owner])
    between = csr_array((np.tile(passes, 2), (ends, others)), shape=(geometry.size,) * 2)
    return (diags_array(between.sum(axis=1)) - between) / geometry.cell_volumes[0]


def bell(places, covariance):
    return np.exp(-0.5 * np.einsum("na,ab,nb->n", places, np.linalg.inv(covariance), places))


def moments(values, places):
    weights = values / values.sum()
    return np.einsum("n,na,nb->ab", weights, places, places)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_tensor_is_a_sum_of_dyads_with_no_weight_below_zero(dimensions):
    noise = np.random.default_rng(2)
    turns = np.linalg.qr(noise.normal(size=(500, dimensions, dimensions)))[0]
    values = 10 ** noise.uniform(-2, 0, size=(500, dimensions))
    tensors = np.einsum("nab,nb,ncb->nac", turns, values, turns)
    found = dyads(tensors)
    assert found.weights.min() >= 0.0
    again = np.einsum("nm,nma,nmb->nab", found.weights, found.offsets, found.offsets)
    np.testing.assert_allclose(again, tensors, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("lengths", "cells", "direction"),
    [([4.0, 4.0], [64, 64], [np.cos(0.5), np.sin(0.5), 0]), ([3.0] * 3, [24] * 3, [1, 2, 3])],
)
def test_a_bell_spreads_by_twice_the_tensor_and_never_below_zero(lengths, cells, direction):
    geometry = box(lengths, cells)
    spreads = tensor(0.1, 0.01, direction)
    places = geometry.centres - 0.5 * np.array(lengths)
    d = len(lengths)
    start = bell(places, 0.15**2 * np.eye(d))[None]
    days = 0.3
    states = evolve(FastEngine(moving(geometry, spreads)), start, [0.0, days]).states
    grown = moments(states[-1][0], places) - moments(start[0], places)
    np.testing.assert_allclose(grown, 2 * days * spreads[:d, :d], rtol=0, atol=2e-5 * days)
    assert states[-1].min() >= 0.0
    assert states[-1].sum() == pytest.approx(start.sum(), rel=1e-13)


def test_a_jump_stays_above_zero_at_ten_to_one_where_nine_neighbours_cannot():
    geometry = box([1.0, 1.0], [24, 24])
    spreads = tensor(0.1, 0.01, [2, 1, 0])
    start = np.zeros((1, geometry.size))
    start[0, 24 * 12 + 12] = 1.0
    engine = FastEngine(moving(geometry, spreads))
    assert engine.right_hand_side(start)[0].min() == engine.right_hand_side(start)[0, 300]
    state = start
    for _ in range(20):
        state, _ = engine.step(state, 1e-3)
        assert state.min() >= 0.0
    assert state.sum() == pytest.approx(1.0, rel=1e-13)


def order_on_smooth_fields(ratio, cells):
    """Errors of u - div D grad u = f, D and its direction smooth in space, u a bell."""
    width = 1.0 / 6.0
    errors = []
    for n in cells:
        geometry = box([2.0, 2.0], [n, n])
        x, y = (geometry.centres - 1.0).T
        u = np.exp(-(x**2 + y**2) / (2 * width**2))
        step = 1e-4

        def flux(x, y):
            angle = 0.3 + x + x * y
            along = 0.05 * (1 + 0.3 * np.cos(x + 2 * y))
            axis = np.stack([np.cos(angle), np.sin(angle), 0 * x], axis=-1)
            d = tensor(along, along / ratio, axis)
            bell = np.exp(-(x**2 + y**2) / (2 * width**2))
            slope = -np.stack([x, y, 0 * x], axis=-1) / width**2 * bell[:, None]
            return d, np.einsum("nab,nb->na", d, slope)

        right = u - sum(
            (
                8
                * (
                    flux(x + step * e, y + step * f)[1][:, a]
                    - flux(x - step * e, y - step * f)[1][:, a]
                )
                - (
                    flux(x + 2 * step * e, y + 2 * step * f)[1][:, a]
                    - flux(x - 2 * step * e, y - 2 * step * f)[1][:, a]
                )
            )
            / (12 * step)
            for a, (e, f) in enumerate(((1, 0), (0, 1)))
        )
        matrix = system(geometry, flux(x, y)[0]) + diags_array(np.ones(geometry.size))
        apart = np.abs(spsolve(matrix.tocsc(), right) - u)
        errors.append((apart.mean(), np.sqrt((apart**2).mean()), apart.max()))
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


@pytest.mark.parametrize("ratio", [2.0, 10.0])
def test_smooth_fields_are_of_second_order_in_every_norm(ratio):
    assert order_on_smooth_fields(ratio, [48, 96]).min() > 1.9


def test_an_isotropic_tensor_is_the_scalar_scheme():
    geometry = box([1.0, 1.0, 1.0], [5, 6, 7])
    place = np.random.default_rng(3).uniform(0.0, 2.0, geometry.size)
    place[:20] = 0.0
    plain = problem_of(geometry, inert("phenotype"), (Field(name="u", diffusivity=place),))
    shaped = moving(geometry, place[:, None, None] * np.eye(3))
    state = np.random.default_rng(4).random((1, geometry.size))
    one, other = (FastEngine(p).right_hand_side(state) for p in (plain, shaped))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * np.abs(one).max())


def rotated(angle):
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return turn


def test_a_turned_image_of_the_same_tissue_gives_the_same_numbers():
    labels = np.ones((12, 10, 8), dtype=np.uint8)
    spacing = np.diag([0.1, 0.15, 0.2, 1.0])
    start = np.random.default_rng(5).random((1, labels.size))
    found = []
    for turn in (np.eye(4), rotated(0.4)):
        geometry = voxel_mask(labels, turn @ spacing)
        spreads = turn[:3, :3] @ tensor(0.1, 0.01, [1, 2, 1]) @ turn[:3, :3].T
        found.append(FastEngine(moving(geometry, spreads)).right_hand_side(start))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-11 * np.abs(found[0]).max())


def test_a_box_of_an_oblique_image_diffuses_by_its_voxels_in_millimetres():
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    start = np.random.default_rng(5).random((1, labels.size))
    found = []
    for turn in (np.eye(4), rotated(0.4)):
        geometry = voxel_mask(labels, turn @ np.diag([0.1, 0.1, 0.1, 1.0]))
        field = Field(name="u", diffusivity=np.full(geometry.size, 0.02))
        engine = FastEngine(problem_of(geometry, inert("phenotype"), (field,)))
        found.append(engine.right_hand_side(start))
    np.testing.assert_allclose(*found, rtol=1e-11)


def test_cells_climb_gradients_per_millimetre_on_oblique_images():
    labels = np.ones((6, 5, 4), dtype=np.uint8)
    labels[0, 0, 0] = 0
    network = combine("both", [inert("phenotype"), load("chemokine")])
    found = []
    for turn in (np.eye(4), rotated(0.4)):
        geometry = voxel_mask(labels, turn @ np.diag([0.1, 0.1, 0.1, 1.0]))
        drift = Chemotaxis(attractant="chemokine", law="linear", sensitivity=1.0)
        even = np.full(geometry.size, 0.02)
        fields = {"u": Field(name="u", diffusivity=even, chemotaxis=drift)}
        moving = tuple(fields.get(n, Field(name=n)) for n in network.species_names)
        state = np.random.default_rng(5).random((len(moving), geometry.size))
        found.append(FastEngine(problem_of(geometry, network, moving)).right_hand_side(state))
    np.testing.assert_allclose(*found, rtol=1e-10, atol=1e-9)


def test_a_turned_box_spreads_as_the_straight_one():
    """A strip along its fibres, and the same strip at 30 degrees to the voxels."""
    along, across, days, width = 0.1, 0.01, 1.0, 0.04
    grid = 72
    centres = (np.arange(grid) + 0.5) * width - 0.5 * grid * width
    x, y = np.meshgrid(centres, centres, indexing="ij")
    counts = []
    for angle in (0.0, np.pi / 6):
        p, q = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
        labels = ((np.abs(p) < 1.2) & (np.abs(q) < 0.4)).astype(np.uint8)[:, :, None]
        affine = np.diag([width, width, width, 1.0])
        affine[:2, 3] = centres[0]
        geometry = voxel_mask(labels, affine, planar=True)
        own = geometry.centres[:, :2] @ [np.cos(angle), np.sin(angle)]
        start = np.exp(-((own + 0.8) ** 2) / (2 * 0.2**2))[None]
        spreads = tensor(along, across, [np.cos(angle), np.sin(angle), 0])
        end = evolve(FastEngine(moving(geometry, spreads)), start, [0.0, days]).states[-1][0]
        middle = end / end.sum()
        counts.append([middle @ own, np.sqrt(middle @ own**2 - (middle @ own) ** 2)])
        assert end.min() >= 0.0
        assert end.sum() == pytest.approx(start.sum(), rel=1e-12)
    np.testing.assert_allclose(counts[1], counts[0], rtol=0.01)


def wall_with_a_gap():
    """A plate one voxel thick across a block, which an oblique arm could jump over."""
    labels = np.ones((16, 16, 4), dtype=np.uint8)
    labels[8, :, :] = 0
    return voxel_mask(labels, np.diag([0.1, 0.1, 0.1, 1.0]))


def test_no_arm_reaches_through_a_wall():
    geometry = wall_with_a_gap()
    start = (geometry.centres[:, 0] < 0.8).astype(float)[None]
    engine = FastEngine(moving(geometry, tensor(0.1, 0.005, [3, 1, 1])))
    state, _ = engine.step(start, 0.1)
    np.testing.assert_array_equal(state[0, start[0] == 0.0], 0.0)
    np.testing.assert_allclose(state[0, start[0] == 1.0], 1.0, rtol=1e-12)


def test_nothing_moves_into_cells_in_which_nothing_moves():
    geometry = box([1.0, 1.0], [12, 12])
    spreads = np.tile(tensor(0.1, 0.01, [2, 1, 0]), (geometry.size, 1, 1))
    still = np.abs(geometry.centres[:, 0] - 0.5) < 0.05
    spreads[still] = 0.0
    start = (geometry.centres[:, 0] < 0.45).astype(float)[None]
    state, _ = FastEngine(moving(geometry, spreads)).step(start, 0.2)
    np.testing.assert_array_equal(state[0, geometry.centres[:, 0] > 0.45], 0.0)


@pytest.mark.parametrize("make", [wall_with_a_gap, lambda: box([1.0, 1.0, 1.0], [8, 8, 8])])
def test_fipy_moves_smooth_fields_alike(make):
    geometry = make()
    inner = np.ptp(geometry.centres, axis=0)
    places = (geometry.centres - geometry.centres.mean(axis=0)) / inner
    state = (1.0 + 0.1 * bell(places, 0.2**2 * np.eye(3)))[None]
    problem = moving(geometry, tensor(0.1, 0.06, [1, 0.5, 0.2]))
    fast, fipy = FastEngine(problem), FipyEngine(problem)
    inside = np.all(np.abs(places) < 0.3, axis=1)
    one, other = (e.right_hand_side(state)[0][inside] for e in (fast, fipy))
    assert np.abs(one - other).max() < 0.15 * np.abs(one).max()
    for engine in (fast, fipy):
        after, _ = engine.step(state, 1e-2)
        assert after.sum() == pytest.approx(state.sum(), rel=1e-9)


def test_fixed_values_stand_on_sides_of_a_box_and_are_refused_on_masks():
    geometry = box([1.0, 1.0], [16, 16])
    spreads = tensor(0.1, 0.02, [0, 1, 0])
    held = {side: FixedValue(value=v) for side, v in (("left", 0.0), ("right", 1.0))}
    engine = FastEngine(moving(geometry, spreads, held))
    line = geometry.centres[:, :1].T.copy()
    np.testing.assert_allclose(engine.right_hand_side(line), 0.0, atol=1e-12)
    mask = wall_with_a_gap()
    edge = next(iter(mask.boundaries))
    with pytest.raises(InputError, match="only a flux can be given on the surface of a mask"):
        moving(mask, spreads, {edge: FixedValue(value=0.0)})


def test_what_has_no_directions_is_refused():
    line = ball(1.0, 10)
    shape = np.tile(np.eye(3)[np.triu_indices(3)], (10, 1))
    field = Field(name="u", diffusivity=np.ones(10), anisotropy=shape)
    with pytest.raises(InputError, match="for boxes and masks, and the ball is one without"):
        problem_of(line, inert("phenotype"), (field,))


@pytest.mark.parametrize(
    ("tensors", "match"),
    [
        (np.diag([1.0, 1.0, -0.1]), "eigenvalues -0.1, 1, 1"),
        (np.diag([1.0, 1.0, 1e-6]), "none less than"),
    ],
)
def test_tensors_that_are_not_positive_are_refused(tensors, match):
    geometry = box([1.0, 1.0, 1.0], [3, 3, 3])
    with pytest.raises(InputError, match=match):
        split(geometry, np.tile(tensors, (27, 1, 1)))


def test_implicit_steps_take_the_same_arms(monkeypatch):
    from cartflow.pde.voxels.steps import voxel_steps

    geometry = box([1.0, 1.0], [16, 16])
    problem = moving(geometry, tensor(0.1, 0.01, [2, 1, 0]))
    start = (1.0 + bell(geometry.centres - 0.5, 0.1**2 * np.eye(2)))[None]
    explicit = FastEngine(problem).step(start, 0.01)[0]
    monkeypatch.setattr(voxel_steps, "MANY_STAGES", 0)
    monkeypatch.setattr(voxel_steps, "_SLOW", 1e-6)
    implicit = FastEngine(problem).step(start, 0.01)[0]
    np.testing.assert_allclose(implicit, explicit, rtol=1e-3)
    assert implicit.sum() == pytest.approx(start.sum(), rel=1e-12)
    assert not np.array_equal(implicit, explicit)

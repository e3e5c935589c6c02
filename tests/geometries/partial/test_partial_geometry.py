"""Masks of filled shares: volume, surface, depth and what passes, against the ball they show."""

import numpy as np
import pytest
from filled_shares import shares

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.images.partial import partial_volume_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.pde.boundary import FixedValue, PrescribedFlux, Robin
from cartflow.pde.operators.operator import Operators
from cartflow.validation.problems import cells_problem, engine_of, inert

VOXELS = {"cubic": (1.0, 1.0, 1.0), "twice as high": (1.0, 1.0, 2.0)}


def rates(geometry):
    """Return the largest rate of a cell: closed, with a film of any strength, with a value."""
    conditions = [None, *(Robin(transfer_coefficient=k) for k in (1.0, 10.0)), FixedValue(value=1)]
    found = []
    for condition in conditions:
        boundaries = {} if condition is None else {"rim": condition}
        problem = cells_problem(geometry, inert("phenotype"), 1.0, boundaries=boundaries)
        at, faces = Operators(problem).at(np.ones((1, geometry.size))), geometry.connectivity
        ends = np.r_[faces.owner, faces.neighbour]
        inner = np.bincount(ends, np.tile(at.exchange[0], 2), geometry.size)
        found.append((inner / geometry.cell_volumes + at.loss[0]).max())
    return found


@pytest.mark.parametrize("voxel", VOXELS.values(), ids=VOXELS)
@pytest.mark.parametrize("radius", [8.0, 16.0])
def test_volume_area_and_depth_are_those_of_the_ball(voxel, radius):
    for seed in range(2):
        held, affine = shares(radius, voxel, seed)
        geometry = partial_volume_mask(held, affine)
        # Shares are kept in four bytes.
        assert geometry.volume == pytest.approx(held.sum() * np.prod(voxel), rel=1e-8)
        assert geometry.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=1e-3)
        assert geometry.boundary("rim").area == pytest.approx(4 * np.pi * radius**2, rel=2e-3)
        true = radius - np.linalg.norm(geometry.centres, axis=1)
        away = np.abs(geometry.depth - np.maximum(true, 0.0)) / max(voxel)
        assert away.mean() < 0.07
        assert np.quantile(away, 0.99) < 0.35
        assert away.max() < 0.7


@pytest.mark.parametrize("voxel", [*VOXELS.values(), (1.0, 1.0, 4.0)])
def test_steps_are_no_shorter_than_half_of_the_uncut_mask(voxel):
    held, affine = shares(8.0 * max(voxel) / 2, voxel, 3)
    cut, whole = partial_volume_mask(held, affine), voxel_mask(held >= 0.5, affine)
    assert cut.size == whole.size
    for here, there in zip(rates(cut), rates(whole), strict=True):
        assert here < 2.0 * there


def lost(geometry, condition, engine):
    """Return the share of the cells that a ball of ones loses (or wins) in a day."""
    problem = cells_problem(geometry, inert("phenotype"), 1.4, boundaries={"rim": condition})
    solver, state = engine_of(engine, problem), np.ones((1, geometry.size))
    for _ in range(25):
        state, _ = solver.step(state, 1 / 25)
    return 1.0 - float(state[0] @ geometry.cell_volumes) / geometry.volume


@pytest.mark.parametrize("engine", ["fast", "fipy"])
@pytest.mark.parametrize(
    "condition", [Robin(transfer_coefficient=0.08), PrescribedFlux(flux=0.05)], ids=["film", "flux"]
)
def test_what_passes_is_what_passes_on_the_exact_ball(condition, engine):
    held, affine = shares(8.0, (1.0, 1.0, 1.0), 5)
    found = lost(partial_volume_mask(held, affine), condition, engine)
    assert found == pytest.approx(lost(ball(8.0, 80), condition, engine), rel=5e-3)


@pytest.mark.parametrize("engine", ["fast", "fipy"])
def test_what_leaves_at_a_fixed_value_is_counted(engine):
    held, affine = shares(4.0, (1.0, 1.0, 1.0), 5)
    geometry = partial_volume_mask(held, affine)
    boundaries = {"rim": FixedValue(value=0.0)}
    problem = cells_problem(geometry, inert("phenotype"), 1.4, boundaries=boundaries)
    state, left = np.ones((1, geometry.size)), 0.0
    solver = engine_of(engine, problem)
    for _ in range(4):
        state, account = solver.step(state, 0.5)
        assert state.min() >= 0.0
        left += account.left[0]
    assert state[0] @ geometry.cell_volumes + left == pytest.approx(geometry.volume, rel=1e-12)
    assert left > 0.3 * geometry.volume


def test_a_cavity_in_it_is_a_wall():
    outer, affine = shares(10.0, (1.0, 1.0, 1.0), 1)
    inner, _ = shares(5.0, (1.0, 1.0, 1.0), 1)
    pad = (outer.shape[0] - inner.shape[0]) // 2
    shell = partial_volume_mask(outer - np.pad(inner, pad), affine)
    assert shell.volume == pytest.approx(4 / 3 * np.pi * (10**3 - 5**3), rel=1e-3)
    assert shell.boundary("rim").area == pytest.approx(4 * np.pi * 100, rel=0.005)
    assert shell.boundary("wall").area == pytest.approx(4 * np.pi * 25, rel=0.01)


@pytest.mark.parametrize("engine", ["fast", "fipy"])
def test_cells_are_kept(engine):
    held, affine = shares(4.0, (1.0, 1.0, 1.0), 2)
    geometry = partial_volume_mask(held, affine)
    solver = engine_of(engine, cells_problem(geometry, inert("phenotype"), 1.0))
    state = np.zeros((1, geometry.size))
    state[0, :7] = 1.0
    spread, _ = solver.step(state, 0.5)
    assert spread[0] @ geometry.cell_volumes == pytest.approx(
        state[0] @ geometry.cell_volumes, rel=1e-12
    )


def test_twice_as_wide_cells_hold_as_much():
    held, affine = shares(9.0, (1.0, 1.0, 1.0), 2)
    geometry = partial_volume_mask(held, affine)
    coarse = geometry.coarse
    assert coarse.geometry.volume == pytest.approx(geometry.volume, rel=1e-12)
    assert coarse.geometry.boundary("rim").area == pytest.approx(4 * np.pi * 81, rel=0.01)
    assert coarse.mean(np.ones(geometry.size)) == pytest.approx(1.0, rel=1e-12)
    rows = np.asarray(coarse.shared.sum(axis=1)).ravel()
    assert rows == pytest.approx(coarse.geometry.cell_volumes, rel=1e-12)


def test_blocks_of_shares_hold_the_mean():
    held, affine = shares(8.0, (1.0, 1.0, 1.0), 4)
    geometry = partial_volume_mask(held, affine, coarsen=2)
    assert geometry.volume == pytest.approx(held.sum(), rel=1e-8)
    assert geometry.cell_width == 2.0


def test_a_whole_mask_is_what_it_is_without_shares():
    held, affine = shares(8.0, (1.0, 1.0, 1.0), 4)
    whole = held >= 0.5
    cut, plain = partial_volume_mask(whole.astype(float), affine), voxel_mask(whole, affine)
    assert cut.volume == pytest.approx(plain.volume, rel=1e-12)
    # Planes in voxels that say all or nothing are further from the surface than shares make them.
    assert cut.boundary("rim").area == pytest.approx(plain.boundary("rim").area, rel=0.05)


def test_what_is_thinner_than_half_a_voxel_is_said():
    held, affine = shares(8.0, (1.0, 1.0, 1.0), 4)
    sheet = np.pad(held, [(0, 0), (0, 0), (0, 8)])
    sheet[8:12, 8:12, -2] = 0.4
    geometry = partial_volume_mask(sheet, affine)
    assert geometry.volume == pytest.approx(sheet.sum(), rel=1e-8)
    assert any("6.4 mm3 of them touch none" in note for note in geometry.notes)


BAD = {
    "255": (lambda f: 255 * f, "a voxel holds 255; needed are shares from 0 to 1"),
    "negative": (lambda f: f - 0.1, "a voxel holds -0.1; needed are shares from 0 to 1"),
    "nan": (lambda f: np.where(f > 0.5, np.nan, f), "the shares are not all finite"),
    "empty": (lambda f: 0 * f, "the mask is empty: no voxel is filled to any share"),
    "thin": (lambda f: 0.4 * f, "no voxel is filled to half"),
    "text": (lambda f: np.full(f.shape, "a"), "needed are whole numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_are_no_shares_is_refused(name):
    make, message = BAD[name]
    held, affine = shares(3.0, (1.0, 1.0, 1.0), 4)
    with pytest.raises(InputError, match=message):
        partial_volume_mask(make(held), affine)

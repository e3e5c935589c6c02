"""Both engines on cells of no grid: second order, one answer, counted, never below zero."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from cell_meshes import ball_of_tetrahedra, tetrahedra, triangles
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import splu

from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.boundary import FixedValue, PrescribedFlux, RegionSource, Robin
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.operators.operator import Operators
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue
from cartflow.validation.problems import cells_problem, inert

Q = 3.0
ENGINES = [FastEngine, FipyEngine]
made = cache(lambda make, number: make(number))


def at_rest(engine, guess):
    """Return where the right-hand side of one species vanishes; it is linear.

    What differences of two cells alone say is close, and solved for in between.
    """
    geometry = engine.problem.geometry
    faces, volumes = geometry.connectivity, geometry.cell_volumes
    pairs = [faces.owner, faces.neighbour]
    across, shape = np.tile(-faces.conductances, 2), (guess.size, guess.size)
    beside = coo_array((across, (np.concatenate(pairs), np.concatenate(pairs[::-1]))), shape=shape)
    loss = Operators(engine.problem).at(guess[None]).loss[0]
    near = splu((beside - diags_array(beside.sum(axis=1) - loss * volumes)).tocsc())

    def right(values):
        return engine.right_hand_side(values[None])[0] * volumes

    found = guess
    for _ in range(60):
        step = near.solve(right(found))
        found = found + step
        if np.abs(step).max() <= 1e-9 * np.abs(found).max():
            return found
    raise AssertionError("no rest")


def error(values, exact, volumes):
    """Return the relative L2 norm of the error."""
    return np.sqrt(volumes @ (values - exact) ** 2 / (volumes @ exact**2))


def cosines(make, number, engine, corrected=True):
    """Return the error of 2 + cos(pi x) cos(pi y) ... in a closed square or cube."""
    geometry = made(make, number)
    if not corrected:
        faces = replace(geometry.connectivity, oblique=None)
        geometry = replace(geometry, build_connectivity=lambda: faces)
    dimension = 2 if geometry.cell_mesh.thickness else 3
    wave = np.prod(np.cos(np.pi * geometry.centres[:, :dimension]), axis=1)
    decay = dimension * np.pi**2
    source = RegionSource(region="all", supply=decay * (2.0 + 2.0 * wave), removal=decay)
    problem = cells_problem(geometry, inert("phenotype"), 1.0, sources=(source,))
    found = at_rest(engine(problem), 2.0 + wave)
    return error(found - 2.0, wave, geometry.cell_volumes)


def uptake(number, condition, engine):
    """Return the error of ``sinh(q r) / r`` in a ball with a condition on its surface."""
    geometry = made(ball_of_tetrahedra, number)
    r = np.linalg.norm(geometry.centres, axis=1)
    edge, slope = np.sinh(Q), Q * np.cosh(Q) - np.sinh(Q)
    at_rim = {
        "flux": PrescribedFlux(flux=slope),
        "film": Robin(transfer_coefficient=2.0, exterior=edge + slope / 2.0),
        "fixed value": FixedValue(value=edge),
    }[condition]
    problem = cells_problem(
        geometry,
        inert("phenotype"),
        1.0,
        boundaries={"rim": at_rim},
        sources=(RegionSource(region="all", removal=Q**2),),
    )
    exact = np.sinh(Q * r) / r
    return error(at_rest(engine(problem), exact), exact, geometry.cell_volumes)


def test_triangles_are_second_order_and_without_the_correction_wrong():
    errors = [cosines(triangles, n, FastEngine) for n in (16, 64)]
    assert np.log2(errors[0] / errors[1]) / 2.0 >= 1.9
    assert errors[1] < 2e-4
    plain = [cosines(triangles, n, FastEngine, corrected=False) for n in (16, 64)]
    assert np.log2(plain[0] / plain[1]) < 0.5
    assert plain[1] > 500 * errors[1]


@pytest.mark.parametrize("condition", ["flux", "film"])
def test_tetrahedra_in_a_ball_are_second_order(condition):
    errors = [uptake(n, condition, FastEngine) for n in (5, 10)]
    assert np.log2(errors[0] / errors[1]) >= 1.9


def test_a_ball_that_holds_a_value_takes_up_what_it_should():
    errors = [uptake(n, "fixed value", FastEngine) for n in (5, 10)]
    # The least of all conditions; docs/mesh.md.
    assert np.log2(errors[0] / errors[1]) >= 1.7
    assert errors[1] < 0.014


@pytest.mark.slow
def test_the_profile_of_uptake_is_right_within_a_hundredth_on_20000_tetrahedra():
    assert uptake(14, "flux", FastEngine) < 0.01
    assert uptake(14, "fixed value", FastEngine) < 0.01


def test_the_reference_converges_by_gradients_of_its_own():
    errors = [cosines(triangles, n, FipyEngine) for n in (8, 32)]
    assert np.log2(errors[0] / errors[1]) / 2.0 >= 1.7
    assert errors[1] < 2e-3


def climbing(geometry):
    """Return cells that climb a solute, decay apart, with all conditions at the rim and egress."""
    network = combine("all", [load(name) for name in ("predator_prey", "chemokine")])
    law = {"law": "logarithmic", "sensitivity": 0.03, "half_saturation": 1e-3}
    moving = {
        "cart": Field(
            name="cart",
            diffusivity=np.full(geometry.size, 0.02),
            chemotaxis=Chemotaxis(attractant="chemokine", **law),
            boundaries={"rim": Robin(transfer_coefficient=0.2, exterior=10.0)},
        ),
        "chemokine": Field(
            name="chemokine",
            diffusivity=np.full(geometry.size, 8.0),
            solute=True,
            boundaries={"rim": FixedValue(value=0.0)},
        ),
    }
    return Problem(
        geometry=geometry,
        network=network,
        fields=tuple(moving.get(n, Field(name=n)) for n in network.species_names),
        tissue=Tissue(porosity=np.full(geometry.size, 0.3), hindrance=Hindrance(tortuosity=1.6)),
        egress=1.1 * geometry.region("rim"),
    )


SIZES = {"cart": 1e3, "tumour": 2e4, "chemokine": 1e-2}


@pytest.mark.parametrize("engine", [FastEngine, lambda p: FipyEngine(p, drift="limited")])
def test_what_moves_is_counted_and_never_negative(engine):
    problem = climbing(made(tetrahedra, 4))
    noise = np.random.default_rng(1)
    state = np.array([SIZES[f.name] * noise.random(problem.geometry.size) for f in problem.fields])
    # Empty tissue beside full: the gradient along faces must not take what is not there.
    state[:, ::3] = 0.0
    stepping, product = engine(problem), problem.network.is_product
    for dt in (1e-4, 1e-3, 4e-3):
        new, account = stepping.step(state, dt)
        change = account.born - account.died + account.converted
        change = change + account.supplied - account.left - account.egress
        gap = problem.totals(new) - problem.totals(state) - change
        assert np.all(np.abs(gap)[product] <= 1e-12 * problem.totals(state)[product])
        assert new.min() >= 0
        state = new


def test_no_slope_of_an_empty_cell_lets_anything_out():
    problem = cells_problem(made(tetrahedra, 4), inert("phenotype"), 1.0)
    state = np.random.default_rng(2).random((1, problem.geometry.size))
    state[0, ::2] = 0.0
    for engine in ENGINES:
        right = engine(problem).right_hand_side(state)
        assert right[0, ::2].min() >= 0.0


def test_a_drop_spreads_without_loss():
    problem = cells_problem(made(tetrahedra, 4), inert("phenotype"), 1.0)
    state = np.zeros((1, problem.geometry.size))
    state[0, 7] = 1.0
    found = evolve(FastEngine(problem), state, [0.0, 1e-3, 2.0], tolerance=1e-5)
    total = problem.totals(state)[0]
    for each in found.states:
        assert problem.totals(each)[0] == pytest.approx(total, rel=1e-13)
        assert each.min() >= 0.0
    assert np.ptp(found.states[-1]) < 1e-4 * found.states[-1].max()


def test_drift_on_an_even_slope_has_its_speed_through_every_face():
    geometry = made(tetrahedra, 4)
    slope = np.array([0.3, -0.1, 0.2])
    faces = geometry.connectivity
    law = Chemotaxis(attractant="a", law="linear", sensitivity=2.0)
    speed = law.face_velocity(1.0 + geometry.centres @ slope, faces)
    normals = np.asarray(geometry.mesh.faceNormals).T[faces.faces]
    np.testing.assert_allclose(speed, 2.0 * normals @ slope, atol=1e-11)


def test_two_boundaries_with_faces_in_common_are_refused():
    geometry = made(tetrahedra, 2)
    geometry = replace(
        geometry, boundaries={**geometry.boundaries, "skin": geometry.boundary("rim")}
    )
    with pytest.raises(InputError, match="boundaries 'rim' and 'skin' have 48 faces in common"):
        cells_problem(
            geometry,
            inert("phenotype"),
            1.0,
            boundaries={"rim": FixedValue(value=1.0), "skin": PrescribedFlux(flux=1.0)},
        )

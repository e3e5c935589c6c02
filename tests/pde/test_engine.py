"""The engine's step against the same scheme written out densely, and against itself."""

from itertools import pairwise

import numpy as np
import pytest

from cartflow.core.outcome import InputError, StepFailed
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.boundary import FixedValue, RegionSource, Robin
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import DensityDependence, Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

EGRESS, D_CART, D_CHEMOKINE, TORTUOSITY, POROSITY = 0.8, 0.02, 0.5, 1.6, 0.3
CHI, HALF, CEILING, SUPPLY, REMOVAL, FILM = 0.4, 0.05, 0.6, 50.0, 0.9, 0.05


def mask():
    labels = np.zeros((5, 4, 4), dtype=int)
    labels[1:4, 1:4, 0:3] = 1
    labels[0, 2, 1] = 1
    labels[2, 2, 1] = 2
    return voxel_mask(labels, np.diag([0.2, 0.25, 0.3, 1.0]), {"core": 2, "shell": 1})


GEOMETRIES = {
    "ball": lambda: (ball(1.0, 12), "rim"),
    "slab": lambda: (slab(edges=[0, 0.1, 0.3, 0.35, 0.5, 0.9, 1.2]), "right"),
    "box 2-D": lambda: (box((1.0, 0.8), (5, 4)), "left"),
    "box 3-D": lambda: (box((1.0, 0.8, 0.6), (4, 3, 3)), "front"),
    "mask": lambda: (mask(), "rim"),
}


def model_problem(geometry, boundary):
    n = geometry.size
    fields = (
        Field(
            name="cart",
            diffusivity=np.linspace(D_CART, 3 * D_CART, n),
            chemotaxis=Chemotaxis(
                attractant="chemokine",
                law="logarithmic",
                sensitivity=CHI,
                half_saturation=HALF,
                maximal_speed=CEILING,
            ),
            boundaries={boundary: Robin(transfer_coefficient=FILM, exterior=20.0)},
            sources=(RegionSource(region="core", supply=SUPPLY, removal=REMOVAL),),
        ),
        Field(name="tumour"),
        Field(
            name="chemokine",
            solute=True,
            diffusivity=np.full(n, D_CHEMOKINE),
            boundaries={boundary: FixedValue(value=0.01)},
        ),
    )
    return Problem(
        geometry=geometry,
        network=combine("test", [load("predator_prey"), load("chemokine")]),
        fields=fields,
        tissue=Tissue(porosity=np.full(n, POROSITY), hindrance=Hindrance(tortuosity=TORTUOSITY)),
        egress=np.full(n, EGRESS),
    )


def some_state(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.2, 1.0, (3, n)) * np.array([[1e3], [3e4], [0.1]])


def dense_transport(geometry, diffusivity, velocity=None):
    """Return A with A u = outflow of every cell, amount/day: harmonic D, upwind v."""
    faces, matrix = geometry.connectivity, np.zeros((geometry.size, geometry.size))
    for f, (o, n) in enumerate(zip(faces.owner, faces.neighbour, strict=True)):
        a, do, dn = faces.areas[f], faces.owner_distance[f], faces.neighbour_distance[f]
        flow = a / (do / diffusivity[o] + dn / diffusivity[n])
        forth = back = flow
        if velocity is not None:
            forth, back = flow + a * max(velocity[f], 0.0), flow + a * max(-velocity[f], 0.0)
        matrix[o, o] += forth
        matrix[n, o] -= forth
        matrix[n, n] += back
        matrix[o, n] -= back
    return matrix


def chemotactic_velocity(geometry, a):
    faces, result = geometry.connectivity, []
    for f, (o, n) in enumerate(zip(faces.owner, faces.neighbour, strict=True)):
        do, dn = faces.owner_distance[f], faces.neighbour_distance[f]
        response = (dn / (a[o] + HALF) + do / (a[n] + HALF)) / (do + dn)
        speed = CHI * response * (a[n] - a[o]) / (do + dn)
        result.append(min(max(speed, -CEILING), CEILING))
    return result


def reference_step(problem, boundary, state, dt):
    """The scheme by hand: gains at the old state, losses and transport at the new one."""
    p = {name: value.value for name, value in problem.network.parameters.items()}
    geometry, v = problem.geometry, problem.geometry.cell_volumes
    cart, tumour, chemokine = state
    faces = geometry.boundary(boundary)
    core = geometry.region("core")
    seen = tumour / (p["half_saturation"] + tumour)
    new = np.empty_like(state)

    # Cells.
    diffusivity = problem.fields[0].diffusivity
    loss = p["death_rate"] + EGRESS + REMOVAL * core
    gain = p["proliferation_rate"] * seen * cart + SUPPLY * core
    matrix = dense_transport(geometry, diffusivity, chemotactic_velocity(geometry, chemokine))
    right = v * (cart / dt + gain)
    np.fill_diagonal(matrix, matrix.diagonal() + v * (1 / dt + loss))
    for c, area, distance in zip(faces.cells, faces.areas, faces.distances, strict=True):
        open_to = area / (distance / diffusivity[c] + 1 / FILM)
        matrix[c, c] += open_to
        right[c] += open_to * 20.0
    new[0] = np.linalg.solve(matrix, right)

    growth = p["growth_rate"] * tumour * (1 - tumour / p["carrying_capacity"])
    kill = p["killing_rate"] * cart / (p["half_saturation"] + tumour)
    new[1] = (tumour + dt * growth) / (1 + dt * kill)

    # The chemokine follows the new tumour.
    pores = POROSITY * D_CHEMOKINE / TORTUOSITY**2
    matrix = dense_transport(geometry, np.full(geometry.size, pores))
    rate = POROSITY * (1 / dt + p["chemokine_decay_rate"])
    np.fill_diagonal(matrix, matrix.diagonal() + v * rate)
    right = v * (POROSITY * chemokine / dt + p["chemokine_secretion_rate"] * new[1])
    for c, area, distance in zip(faces.cells, faces.areas, faces.distances, strict=True):
        matrix[c, c] += area * pores / distance
        right[c] += area * pores / distance * 0.01
    new[2] = np.linalg.solve(matrix, right)
    return new


@pytest.mark.parametrize("shape", GEOMETRIES)
@pytest.mark.parametrize("dt", [1e-3, 0.05, 0.4])
def test_step_is_the_dense_backward_euler_step(shape, dt):
    geometry, boundary = GEOMETRIES[shape]()
    problem = model_problem(geometry, boundary)
    engine, state = FipyEngine(problem), some_state(geometry.size)
    for _ in range(3):
        expected = reference_step(problem, boundary, state, dt)
        state, _ = engine.step(state, dt)
        scale = expected.max(axis=1, keepdims=True)
        assert np.max(np.abs(state - expected) / scale) < 1e-12


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_account_and_total_agree_on_every_geometry(shape):
    geometry, boundary = GEOMETRIES[shape]()
    problem = model_problem(geometry, boundary)
    engine, state = FipyEngine(problem), some_state(geometry.size)
    for dt in (1e-3, 0.05, 0.4):
        before = problem.totals(state)[0]
        state, a = engine.step(state, dt)
        gained = a.born + a.converted + a.supplied
        after = before + (gained - a.died - a.left - a.egress)[0]
        assert problem.totals(state)[0] == pytest.approx(after, rel=1e-12)
        assert a.egress[0] == pytest.approx(EGRESS * dt * state[0] @ geometry.cell_volumes)


def test_sweeps_converge_to_the_implicit_step():
    geometry, boundary = GEOMETRIES["ball"]()
    problem = model_problem(geometry, boundary)
    start = some_state(geometry.size)
    states = [FipyEngine(problem, sweeps=n).step(start, 0.02)[0] for n in (1, 4, 8, 16)]
    steps = [np.max(np.abs(b / a - 1)) for a, b in pairwise(states)]
    assert steps[1] < 0.1 * steps[0]
    assert steps[2] < 1e-4 * steps[0]


def changing_problem(geometry, motility, **more):
    """Coefficients that change all the time: attractant and drift start from nothing."""
    n = geometry.size
    network = combine(
        "test", [load("predator_prey"), load("chemokine"), load("matrix_degradation")]
    ).with_parameters({"degradation_constant": "200 mm^3/ng/day"})
    follow = Chemotaxis(attractant="chemokine", law="linear", sensitivity=0.3)
    fields = {
        "cart": Field(
            name="cart",
            diffusivity=np.full(n, motility),
            open_gain=50.0,
            chemotaxis=follow,
            hindrance=Hindrance(law="mackie_meares"),
            **more,
        ),
        "chemokine": Field(name="chemokine", solute=True, diffusivity=np.full(n, 0.4)),
        "enzyme": Field(name="enzyme", solute=True, diffusivity=np.full(n, 0.2)),
    }
    return Problem(
        geometry=geometry,
        network=network,
        fields=tuple(fields.get(s, Field(name=s)) for s in network.species_names),
        tissue=Tissue(
            porosity=np.full(n, 0.2),
            open_porosity=0.8,
            matrix="ecm",
            hindrance=Hindrance(law="archie", exponent=1.58),
        ),
        egress=np.full(n, 0.1),
    )


def changing_start(problem):
    x = problem.geometry.centres[:, -1]
    start = {
        "cart": 2e3 * np.exp(-8 * (x - 0.2) ** 2),
        "tumour": np.where(x > 0.6, 5e4, 0.0),
        "ecm": np.ones(x.size),
    }
    return np.array([start.get(s, np.zeros(x.size)) for s in problem.network.species_names])


@pytest.mark.parametrize("geometry", [ball(1.2, 15), box((0.3, 1.2), (3, 8))], ids=["ball", "box"])
@pytest.mark.parametrize("motility", [0.0, 0.01])
@pytest.mark.parametrize("dense", [False, True], ids=["D", "D(u)"])
def test_equations_used_again_equal_new_ones(geometry, motility, dense):
    more = {"density_dependence": DensityDependence(reference=1e3)} if dense else {}
    problem = changing_problem(geometry, motility, **more)
    used, state = FipyEngine(problem), changing_start(problem)
    drift = []
    for dt in (0.02, 0.1, 0.05, 0.2):
        expected, _ = FipyEngine(problem).step(state, dt)
        state, _ = used.step(state, dt)
        scale = np.maximum(expected.max(axis=1, keepdims=True), 1e-30)
        assert np.max(np.abs(state - expected) / scale) < 1e-12
        drift.append(np.abs(np.diff(state[2])).max())
    assert drift[-1] > 0
    assert state[problem.network.index("ecm")].min() < 0.9


def test_order_of_the_models_does_not_matter():
    geometry, boundary = GEOMETRIES["slab"]()
    one = model_problem(geometry, boundary)
    other_network = combine("test", [load("chemokine"), load("predator_prey")])
    place = [one.network.index(name) for name in other_network.species_names]
    assert place != [0, 1, 2]
    other = Problem(
        geometry=geometry,
        network=other_network,
        fields=tuple(one.fields[i] for i in place),
        tissue=one.tissue,
        egress=one.egress,
    )
    state = some_state(geometry.size)
    expected, account = FipyEngine(one).step(state, 0.1)
    found, same = FipyEngine(other).step(state[place], 0.1)
    assert found == pytest.approx(expected[place], rel=1e-14)
    assert same.born == pytest.approx(account.born[place], rel=1e-14)


def test_a_number_that_is_not_finite_names_its_field():
    geometry, boundary = GEOMETRIES["slab"]()
    engine, state = FipyEngine(model_problem(geometry, boundary)), some_state(geometry.size)
    state[1, 2] = 1e308
    with np.errstate(all="ignore"), pytest.raises(StepFailed, match="not finite"):
        engine.step(state, 1e3)
    negative = some_state(geometry.size)
    negative[1, 0] = -1.0
    with pytest.raises(StepFailed, match="tumour: a value is negative"):
        engine.step(negative, 1e-6)


def test_settings_tell_the_solver():
    geometry, boundary = GEOMETRIES["box 2-D"]()
    settings = FipyEngine(model_problem(geometry, boundary), sweeps=2).settings()
    assert settings["engine"] == "fipy"
    assert "BiCGSTAB" in settings["engine_solver"]
    assert settings["engine_sweeps"] == "2"


def test_fields_must_match_the_species():
    geometry, boundary = GEOMETRIES["ball"]()
    one = model_problem(geometry, boundary)
    with pytest.raises(InputError, match="do not match the species"):
        Problem(
            geometry=geometry,
            network=one.network,
            fields=one.fields[:2],
            tissue=one.tissue,
            egress=one.egress,
        )
    with pytest.raises(InputError, match=r"diffusivity -1 is negative"):
        Field(name="cart", diffusivity=np.array([1.0, -1.0]))
    with pytest.raises(InputError, match=r"porosity 0 is not within"):
        Tissue(porosity=np.array([0.5, 0.0]), hindrance=Hindrance())
    with pytest.raises(InputError, match=r"tissue\.matrix: unknown name 'ecmm'"):
        Problem(
            geometry=geometry,
            network=one.network,
            fields=one.fields,
            tissue=Tissue(porosity=np.ones(12), hindrance=Hindrance(), matrix="ecmm"),
            egress=one.egress,
        )

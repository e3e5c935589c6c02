"""Face values: what is exact for layers, and what lets a front move."""

import numpy as np
import pytest

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network, Species
from cartflow.pde.boundary import FixedValue
from cartflow.pde.faces import arithmetic, gradient, harmonic
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import DensityDependence, Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

EDGES = [0.0, 0.1, 0.4, 0.5, 1.1]


def engine(geometry, network, *fields):
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=fields,
            tissue=Tissue(porosity=np.ones(geometry.size), hindrance=Hindrance()),
            egress=np.zeros(geometry.size),
        )
    )


def test_harmonic_mean_is_weighted_by_distance():
    faces = slab(edges=EDGES).connectivity
    d = np.array([1.0, 2.0, 0.5, 4.0])
    expected = [0.2 / (0.05 / 1 + 0.15 / 2), 0.2 / (0.15 / 2 + 0.05 / 0.5), 0.35 / (0.1 + 0.3 / 4)]
    assert harmonic(d, faces) == pytest.approx(expected, rel=1e-14)


def test_harmonic_mean_beside_an_impermeable_cell_is_zero():
    faces = slab(1.0, 4).connectivity
    assert np.all(harmonic(np.array([1.0, 0.0, 0.0, 3.0]), faces) == 0.0)


def test_arithmetic_mean_and_gradient_are_exact_for_a_line():
    geometry = slab(edges=EDGES)
    line = 3.0 - 2.0 * geometry.centres[:, 0]
    faces = geometry.connectivity
    assert arithmetic(line, faces) == pytest.approx(3.0 - 2.0 * np.array(EDGES[1:-1]), rel=1e-14)
    assert gradient(line, faces) == pytest.approx(np.full(3, -2.0), rel=1e-13)


def test_means_of_equal_values_are_that_value():
    faces = slab(edges=EDGES).connectivity
    for mean in (harmonic, arithmetic):
        assert mean(np.full(4, 0.7), faces) == pytest.approx(np.full(3, 0.7), rel=1e-15)


@pytest.mark.parametrize("edges", [np.linspace(0, 1, 11), [0, 0.1, 0.3, 0.4, 0.7, 0.9, 1.0]])
def test_steady_flux_through_two_layers_is_exact(edges):
    geometry = slab(edges=list(edges), area=2.0)
    x = geometry.centres[:, 0]
    d1, d2 = 3.0, 0.02
    item = Field(
        name="tracer",
        diffusivity=np.where(x < 0.4, d1, d2),
        boundaries={"left": FixedValue(value=5.0), "right": FixedValue(value=1.0)},
    )
    model = engine(
        geometry, Network(name="t", species=(Species(name="tracer", role="signal"),)), item
    )
    state = np.zeros((1, geometry.size))
    for dt in (1e8, 1e8, 1e3):
        state, account = model.step(state, dt)
    flux = (5.0 - 1.0) / (0.4 / d1 + 0.6 / d2)
    assert account.supplied / 1e3 == pytest.approx([2.0 * flux], rel=1e-10)
    assert account.left / 1e3 == pytest.approx([2.0 * flux], rel=1e-10)
    exact = np.where(x < 0.4, 5.0 - flux * x / d1, 1.0 + flux * (1.0 - x) / d2)
    assert state[0] == pytest.approx(exact, rel=1e-10)


def test_density_dependence_law():
    law = DensityDependence(reference=4.0, exponent=2.0)
    assert law.factor(np.array([0.0, 2.0, 4.0])) == pytest.approx([0, 0.25, 1.0])


def porous_fisher_speed(dt):
    """The front's speed between t = 1 and 3 by how fast the total grows; D0 = r = K = 1."""
    geometry = slab(14.0, 140)
    x = geometry.centres[:, 0]
    network = load("logistic_growth").with_parameters({"carrying_capacity": "1 cell/mm^3"})
    item = Field(
        name="cart", diffusivity=np.ones(140), density_dependence=DensityDependence(reference=1.0)
    )
    model = engine(geometry, network, item)
    state = np.maximum(0.0, 1.0 - np.exp((x - 9.0) / np.sqrt(2.0)))[None, :]
    total = []
    for _ in range(round(3.0 / dt)):
        state, _ = model.step(state, dt)
        total.append(state[0].sum() * 0.1)
    # The front is sharp: ahead of it there is nothing.
    assert state[0][x > 9.0 + 3.0 * np.sqrt(0.5) + 1.5].max() < 1e-12
    return (total[-1] - total[round(1.0 / dt) - 1]) / 2.0


def test_porous_fisher_front_moves_at_its_exact_speed():
    # u_t = (D0 u u_x)_x + r u (1 - u): speed sqrt(r D0 / 2); the scheme is first order in time.
    coarse, fine = porous_fisher_speed(0.05), porous_fisher_speed(0.025)
    exact = np.sqrt(0.5)
    assert abs(fine - exact) < 0.6 * abs(coarse - exact)
    assert 2 * fine - coarse == pytest.approx(exact, rel=5e-3)


def test_barenblatt_spreads_as_it_must():
    # u_t = (u u_x)_x from a point: half width (9 M t)^(1/3) x (1/2)^(1/3), parabola within.
    geometry = slab(4.0, 200)
    x, volume = geometry.centres[:, 0] - 2.0, geometry.cell_volumes

    def exact(time):
        half = (4.5 * time) ** (1 / 3)
        return np.maximum(0.0, half**2 - x**2) / (6 * time)

    item = Field(
        name="cart", diffusivity=np.ones(200), density_dependence=DensityDependence(reference=1.0)
    )
    cells = Network(name="c", species=(Species(name="cart", role="phenotype"),))
    model, state, time = engine(geometry, cells, item), exact(0.1)[None, :], 0.1
    mass = state[0] @ volume
    assert mass == pytest.approx(1.0, rel=1e-2)
    for _ in range(75):
        state, _ = model.step(state, 0.008)
        time += 0.008
    assert state[0] @ volume == pytest.approx(mass, rel=1e-13)
    assert np.abs(state[0] - exact(time)) @ volume < 0.01


def test_boundary_flux_follows_the_density():
    # Steady (u u_x)_x = 0 between u = 2 and u = 0: flux 2^2/2 over the length, u = sqrt(4 (1 - x)).
    geometry = slab(1.0, 50)
    item = Field(
        name="cart",
        diffusivity=np.ones(50),
        density_dependence=DensityDependence(reference=1.0),
        boundaries={"left": FixedValue(value=2.0), "right": FixedValue(value=0.0)},
    )
    cells = Network(name="c", species=(Species(name="cart", role="phenotype"),))
    model, state = engine(geometry, cells, item), np.zeros((1, 50))
    for _ in range(60):
        state, account = model.step(state, 0.1)
    assert account.supplied / 0.1 == pytest.approx([2.0], rel=1e-4)
    assert account.left / 0.1 == pytest.approx([2.0], rel=1e-4)
    assert state[0] == pytest.approx(2.0 * np.sqrt(1.0 - geometry.centres[:, 0]), rel=0.01)

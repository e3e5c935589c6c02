"""Chemotaxis: its three laws, its ceiling, and how fast it moves a population."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.network import Network, Species
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue

CELLS = (
    Species(name="cart", role="phenotype"),
    Species(name="signal", role="signal", unit="ng/mm^3"),
)


def engine(geometry, law, diffusivity=0.0):
    fields = (
        Field(name="cart", diffusivity=np.full(geometry.size, diffusivity), chemotaxis=law),
        Field(name="signal"),
    )
    tissue = Tissue(porosity=np.ones(geometry.size), hindrance=Hindrance())
    network = Network(name="drift", species=CELLS)
    return FipyEngine(
        Problem(
            geometry=geometry,
            network=network,
            fields=fields,
            tissue=tissue,
            egress=np.zeros(geometry.size),
        )
    )


def linear(sensitivity, **more):
    return Chemotaxis(attractant="signal", law="linear", sensitivity=sensitivity, **more)


def test_responses():
    a = np.array([0.0, 1.0, 3.0])
    k = {"attractant": "signal", "sensitivity": 1.0, "half_saturation": 2.0}
    assert linear(1.0).response(a) == pytest.approx([1, 1, 1])
    assert Chemotaxis(law="logarithmic", **k).response(a) == pytest.approx([1 / 2, 1 / 3, 1 / 5])
    assert Chemotaxis(law="receptor", **k).response(a) == pytest.approx([1, 4 / 9, 4 / 25])


def test_face_velocity_is_sensitivity_times_response_times_slope():
    faces = slab(edges=[0.0, 0.1, 0.3, 0.6]).connectivity
    a = np.array([1.0, 4.0, 2.0])
    assert linear(0.5).face_velocity(a, faces) == pytest.approx([0.5 * 3 / 0.15, -0.5 * 2 / 0.25])
    law = Chemotaxis(attractant="signal", law="logarithmic", sensitivity=2.0, half_saturation=1.0)
    # 1/(a + K) at the face, interpolated linearly between the centres: 1/2, 1/5 and 1/3.
    at_faces = [(0.5 * 0.1 + 0.2 * 0.05) / 0.15, (0.2 * 0.15 + 0.1 / 3) / 0.25]
    expected = [2.0 * at_faces[0] * 20, -2.0 * at_faces[1] * 8]
    assert law.face_velocity(a, faces) == pytest.approx(expected)


def test_logarithmic_drift_in_an_exponential_gradient_does_not_depend_on_the_level():
    geometry = slab(2.0, 200)
    x = geometry.centres[:, 0]
    law = Chemotaxis(attractant="signal", law="logarithmic", sensitivity=0.3, half_saturation=1e-9)
    speed = law.face_velocity(np.exp(2 * x), geometry.connectivity)
    assert speed == pytest.approx(np.full(199, 0.6), rel=1e-3)


def test_the_ceiling_holds_in_both_directions():
    faces = slab(1.0, 3).connectivity
    law = linear(10.0, maximal_speed=0.4)
    assert law.face_velocity(np.array([0.0, 5.0, 0.0]), faces) == pytest.approx([0.4, -0.4])
    assert law.face_velocity(np.array([0.0, 0.01, 0.01]), faces) == pytest.approx([0.3, 0.0])


@pytest.mark.parametrize("direction", [1.0, -1.0])
@pytest.mark.parametrize("shape", ["slab", "box"])
def test_uniform_drift_moves_the_mean_at_its_speed(direction, shape):
    geometry = slab(6.0, 120) if shape == "slab" else box((0.1, 6.0), (2, 120))
    x = geometry.centres[:, -1]
    speed = 0.7
    model = engine(geometry, linear(direction * speed), 0.01)
    state = np.array([np.exp(-0.5 * ((x - 3.0) / 0.2) ** 2), x])
    volumes, dt = geometry.cell_volumes, 0.05
    mean = [state[0] @ (x * volumes) / (state[0] @ volumes)]
    total = state[0] @ volumes
    for _ in range(10):
        state, _ = model.step(state, dt)
        mean.append(state[0] @ (x * volumes) / (state[0] @ volumes))
    # Upwind fluxes broaden the bump, but its mean goes exactly v dt a step.
    assert np.diff(mean) == pytest.approx(np.full(10, direction * speed * dt), rel=1e-6)
    assert state[0] @ volumes == pytest.approx(total, rel=1e-14)
    assert np.all(state[1] == x)


def test_errors():
    with pytest.raises(InputError, match="law 'receptor' needs half_saturation > 0"):
        Chemotaxis(attractant="a", law="receptor", sensitivity=1.0)
    with pytest.raises(InputError, match="maximal_speed 0 must be greater than 0"):
        linear(1.0, maximal_speed=0.0)

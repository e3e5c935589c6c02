"""Problems with solutions known exactly at every place and time, for orders of accuracy.

A source that varies with place and time is stated by the reaction network itself: an immobile
field `profile` holds an eigenfunction of the Laplacian (plus 1, so that it is not negative), an
immobile field `clock` counts days, and the rate `forcing` makes u = a + b (profile - 1)
exp(-k clock) the solution, whatever the reactions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from cartflow.core.parameters import Parameter, parameter
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import BoundaryCondition, FixedValue, Robin
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue

Array = np.ndarray

SIZE = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Exact:
    """A problem, its state at the start, and the first field's solution at any time (days)."""

    problem: Problem
    start: Array
    solution: Callable[[float], Array]
    end: float


Maker = Callable[[int], Exact]


def geometry(shape: str, cells: int) -> Geometry:
    """Return ``slab``, ``ball``, ``box 2-D`` or ``box 3-D`` of 2 mm with `cells` along an axis."""
    if shape == "slab":
        return slab(SIZE, cells)
    if shape == "ball":
        return ball(SIZE, cells)
    dimensions = 2 if shape == "box 2-D" else 3
    return box([SIZE] * dimensions, [cells] * dimensions)


def eigenfunction(shape: Geometry) -> tuple[Array, float]:
    """Return an eigenfunction of -Laplacian without flux at the edges, in [-1, 1], and its value.

    cos(pi x/2) in each direction; in a ball sin(q r)/(q r) with tan(q R) = q R.
    """
    if shape.name == "ball":
        q = brentq(lambda z: np.tan(z) - z, 4.4, 4.5) / SIZE
        return np.sinc(q * shape.centres[:, 0] / np.pi), q**2
    q = np.pi / SIZE
    return np.prod(np.cos(q * shape.centres), axis=1), q**2 * shape.centres.shape[1]


def reacting(shape: str, cells: int) -> Exact:
    """Return cells that diffuse, grow logistically and leave by egress, with a forced solution.

    u_t = D u'' + r u (1 - u/K) - e u + g(x, t), with g such that u = a + b phi exp(-k t).
    """
    place = geometry(shape, cells)
    phi, value = eigenfunction(place)
    diffusivity, egress, a, b, k = 0.2, 0.3, 600.0, 300.0, 1.5
    wanted = "(a + b*(profile - 1)*exp(-k*clock/pace))"
    shape_rate = "(diffusion - k)*b*(profile - 1)*exp(-k*clock/pace)"
    network = _network(
        {
            "growth": "r*u*(1 - u/capacity)",
            "forcing": f"{shape_rate} - r*{wanted}*(1 - {wanted}/capacity) + egress*{wanted}",
        },
        {
            "r": _number(2.0, "1/day"),
            "capacity": _number(1000.0, "cell/mm^3"),
            "a": _number(a, "cell/mm^3"),
            "b": _number(b, "cell/mm^3"),
            "k": _number(k, "1/day"),
            "egress": _number(egress, "1/day"),
            "diffusion": _number(diffusivity * value, "1/day"),
        },
    )

    def solution(time: float) -> Array:
        return a + b * phi * np.exp(-k * time)

    return Exact(
        problem=_problem(place, network, _moving(place, diffusivity), egress=egress),
        start=np.array([solution(0.0), 1.0 + phi, np.zeros(place.size)]),
        solution=solution,
        end=0.5,
    )


def drifting(shape: str, cells: int) -> Exact:
    """Return cells in a potential: a Gaussian that moves to its centre (Ornstein-Uhlenbeck).

    The attractant falls off as the square of the distance, so that v = -theta (x - c): the mean
    goes as exp(-theta t), the variance to D/theta. In a ball the Gaussian stands at the centre.
    """
    place = geometry(shape, cells)
    centre, first = (0.0, 0.0) if shape == "ball" else (1.1, 0.9)
    diffusivity, theta, chi = 0.02, 1.5, 3.0
    distance = place.centres - centre
    signal = 50.0 - 0.5 * theta / chi * (distance**2).sum(axis=1)
    law = Chemotaxis(attractant="signal", law="linear", sensitivity=chi)
    network = Network(
        name="drift",
        species=(
            Species(name="u", role="phenotype"),
            Species(name="signal", role="signal", unit="ng/mm^3"),
        ),
    )

    def solution(time: float) -> Array:
        mean = centre + (first - centre) * np.exp(-theta * time)
        rest = diffusivity / theta
        variance = rest + (0.04 - rest) * np.exp(-2.0 * theta * time)
        exponent = -((place.centres - mean) ** 2).sum(axis=1) / (2.0 * variance)
        dimensions = 3 if shape == "ball" else place.centres.shape[1]
        return 1e3 * np.exp(exponent) * (variance / 0.04) ** (-0.5 * dimensions)

    return Exact(
        problem=_problem(place, network, _moving(place, diffusivity, law)),
        start=np.array([solution(0.0), signal]),
        solution=solution,
        end=0.4,
    )


def bounded(shape: str, cells: int, condition: str) -> Exact:
    """Return a solute in pores whose slowest mode dies out through its outer boundary.

    c = phi exp(-D0/lambda^2 q^2 t) with phi = cos(q x) or sin(q r)/r; ``fixed`` holds 0 at the
    face, ``film`` lets eps D0/lambda^2 c' = -k c pass. Storage drops out, the tortuosity not.
    """
    place = geometry(shape, cells)
    free, porosity, tortuosity, film = 0.3, 0.2, 1.6, 0.02
    inner = free / tortuosity**2
    q = _mode(shape, film / (porosity * inner) if condition == "film" else np.inf)
    x = place.centres[:, 0]
    phi = np.sinc(q * x / np.pi) if shape == "ball" else np.cos(q * x)
    outer: BoundaryCondition = (
        FixedValue(value=0.0) if condition == "fixed" else Robin(transfer_coefficient=film)
    )
    network = Network(name="solute", species=(Species(name="u", role="solute", unit="ng/mm^3"),))
    item = Field(
        name="u",
        diffusivity=np.full(place.size, free),
        solute=True,
        boundaries={"rim" if shape == "ball" else "right": outer},
    )
    tissue = Tissue(
        porosity=np.full(place.size, porosity), hindrance=Hindrance(tortuosity=tortuosity)
    )
    problem = Problem(
        geometry=place, network=network, fields=(item,), tissue=tissue, egress=np.zeros(place.size)
    )
    return Exact(
        problem=problem,
        start=phi[None, :].copy(),
        solution=lambda time: phi * np.exp(-inner * q**2 * time),
        end=4.0,
    )


def _mode(shape: str, biot_per_length: float) -> float:
    """Return the smallest q with -phi'/phi = biot_per_length (1/mm) at the outer face."""
    if np.isinf(biot_per_length):
        return np.pi / SIZE if shape == "ball" else 0.5 * np.pi / SIZE
    if shape == "ball":
        # -phi'/phi = 1/R - q cot(q R)
        return float(
            brentq(
                lambda q: 1.0 / SIZE - q / np.tan(q * SIZE) - biot_per_length,
                1e-6,
                np.pi / SIZE - 1e-9,
            )
        )
    return float(
        brentq(lambda q: q * np.tan(q * SIZE) - biot_per_length, 1e-6, 0.5 * np.pi / SIZE - 1e-9)
    )


def _network(rates: dict[str, str], parameters: dict[str, Parameter]) -> Network:
    reactions = [Reaction(name=name, produces={"u": 1}, rate=rate) for name, rate in rates.items()]
    return Network(
        name="manufactured",
        species=(
            Species(name="u", role="phenotype"),
            Species(name="profile", role="signal", unit="1"),
            Species(name="clock", role="signal", unit="1"),
        ),
        parameters={**parameters, "pace": _number(1.0, "1/day")},
        reactions=(*reactions, Reaction(name="tick", produces={"clock": 1}, rate="pace")),
    )


def _number(value: float, unit: str) -> Parameter:
    return parameter(f"{value!r} {unit}", unit, source="assumed")


def _moving(place: Geometry, diffusivity: float, law: Chemotaxis | None = None) -> Field:
    return Field(name="u", diffusivity=np.full(place.size, diffusivity), chemotaxis=law)


def _problem(place: Geometry, network: Network, moving: Field, egress: float = 0.0) -> Problem:
    still = tuple(Field(name=name) for name in network.species_names[1:])
    return Problem(
        geometry=place,
        network=network,
        fields=(moving, *still),
        tissue=Tissue(porosity=np.ones(place.size), hindrance=Hindrance()),
        egress=np.full(place.size, egress),
    )

"""Steady profiles of what enters, or is made, and decays: exact in a slab and in a ball."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.slab import slab
from cartflow.pde.boundary import FixedValue, RegionSource
from cartflow.validation.problems import cells_problem, decaying, engine_of

Array = np.ndarray

CELLS = 80
LENGTH = 1.0  # mm; radius of the ball, thickness of the slab
DIFFUSIVITY = 0.01  # mm2/day
SURFACE = 1e4  # cells/mm3 at the surface, or made per mm3 over a mean life
THIELE = 1.0  # L sqrt(k/D)


@dataclass(frozen=True, kw_only=True, eq=False)
class Steady:
    """A profile over the depth (mm), as an engine has it and exactly, in cells/mm3."""

    name: str
    engine: str
    depth: Array
    profile: Array
    exact: Array

    @property
    def deviation(self) -> float:
        """The largest deviation, as a share of the highest density."""
        return float(np.max(np.abs(self.profile - self.exact)) / self.exact.max())


def _cosh(geometry: Geometry, thiele: float) -> Array:
    x = geometry.depth / LENGTH
    return np.asarray(np.cosh(thiele * (1.0 - x)) / np.cosh(thiele))


def _sinh(geometry: Geometry, thiele: float) -> Array:
    r = geometry.centres[:, 0] / LENGTH
    return np.asarray(np.sinh(thiele * r) / (r * np.sinh(thiele)))


_SHAPES: dict[str, tuple[Callable[[float, int], Geometry], str, Callable[..., Array]]] = {
    "slab": (slab, "left", _cosh),
    "ball": (ball, "rim", _sinh),
}


def steady(engine: str, shape: str, *, made_within: bool, thiele: float = THIELE) -> Steady:
    """Return the steady profile of cells that enter at the surface, or are made everywhere.

    u = u0 f with f = cosh(phi (1 - x))/cosh(phi) in a slab or sinh(phi r)/(r sinh(phi)) in a
    ball; made at the rate s everywhere and lost at the surface, u = (s/k)(1 - f).
    """
    build, surface, share = _SHAPES[shape]
    geometry = build(LENGTH, CELLS)
    rate = DIFFUSIVITY * (thiele / LENGTH) ** 2
    problem = cells_problem(
        geometry,
        decaying("phenotype", rate),
        DIFFUSIVITY,
        boundaries={surface: FixedValue(value=0.0 if made_within else SURFACE)},
        sources=(RegionSource(region="all", supply=SURFACE * rate),) if made_within else (),
    )
    solver, state = engine_of(engine, problem), np.zeros((1, geometry.size))
    for _ in range(8):
        state, _ = solver.step(state, 1e3 / rate)
    exact = share(geometry, thiele)
    return Steady(
        name=f"{shape}, {'made within' if made_within else 'from the surface'}",
        engine=engine,
        depth=geometry.depth,
        profile=state[0],
        exact=SURFACE * (1.0 - exact if made_within else exact),
    )

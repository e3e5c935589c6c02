"""Solutes through slabs: steady fluxes, the time lag before them, and two layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.shapes.slab import slab
from cartflow.pde.boundary import FixedValue
from cartflow.pde.engine import Engine
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field
from cartflow.pde.tissue import Tissue
from cartflow.validation.fronts.marching import march
from cartflow.validation.problems import engine_of, inert, problem_of

Array = np.ndarray

LENGTH = 1.0  # mm
FREE_DIFFUSIVITY = 8.64  # mm2/day, 100 um2/s, a protein in water
CONCENTRATION = 1.0  # ng/mm3 in the fluid on the left; none on the right
POROSITY, TORTUOSITY = 0.2, 1.6  # brain
CELLS = 100


def _engine(
    name: str, geometry: Geometry, diffusivity: Array, porosity: Array, hindrance: Hindrance
) -> Engine:
    field = Field(
        name="u",
        solute=True,
        diffusivity=diffusivity,
        boundaries={
            "left": FixedValue(value=CONCENTRATION),
            "right": FixedValue(value=0.0),
        },
    )
    tissue = Tissue(porosity=porosity, hindrance=hindrance)
    return engine_of(name, problem_of(geometry, inert("solute"), (field,), tissue=tissue))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lag:
    """What has come out (ng) by each of the times (days), and what theory says of it."""

    engine: str
    porosity: float
    tortuosity: float
    times: Array
    out: Array

    @property
    def flux(self) -> float:
        """The steady flux, ng/mm2/day, from the last step."""
        return float((self.out[-1] - self.out[-2]) / (self.times[-1] - self.times[-2]))

    @property
    def lag(self) -> float:
        """Where the straight line of late times meets zero, days."""
        return float(self.times[-1] - self.out[-1] / self.flux)

    @property
    def exact_flux(self) -> float:
        """eps D0/lambda^2 c/L."""
        return self.porosity * self.diffusivity * CONCENTRATION / LENGTH

    @property
    def exact_lag(self) -> float:
        """L^2/(6 D*), D* = D0/lambda^2: the porosity has no part in it."""
        return LENGTH**2 / (6.0 * self.diffusivity)

    @property
    def diffusivity(self) -> float:
        """D* = D0/lambda^2."""
        return FREE_DIFFUSIVITY / self.tortuosity**2


def time_lag(engine: str, porosity: float, tortuosity: float) -> Lag:
    """Let a solute through an empty slab, for fifteen times the lag."""
    geometry = slab(LENGTH, CELLS)
    plain = np.full(CELLS, FREE_DIFFUSIVITY)
    hindrance = Hindrance(law="measured", tortuosity=tortuosity)
    solver = _engine(engine, geometry, plain, np.full(CELLS, porosity), hindrance)
    lag = LENGTH**2 * tortuosity**2 / (6.0 * FREE_DIFFUSIVITY)
    # Backward Euler gives the lag exactly at any step; the other needs steps that see the start.
    step = lag / 20.0 if solver.order == 1 else lag / 200.0
    times, out = [0.0], [0.0]
    for time, _, account in march(solver, np.zeros((1, CELLS)), step, 15.0 * lag):
        times.append(time)
        out.append(out[-1] + float(account.left[0]))
    return Lag(
        engine=engine,
        porosity=porosity,
        tortuosity=tortuosity,
        times=np.array(times),
        out=np.array(out),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Layers:
    """The steady profile through two layers beside the exact one, and the two fluxes."""

    engine: str
    x: Array
    profile: Array
    exact: Array
    flux: float
    exact_flux: float

    @property
    def deviation(self) -> float:
        """The largest deviation of the profile, as a share of the boundary's value."""
        return float(np.max(np.abs(self.profile - self.exact)) / CONCENTRATION)


def two_layers(engine: str, jump: float = 1e-3) -> Layers:
    """Solve for the steady state: D falls by `jump` at 0.4 mm, the porosity from 0.4 to 0.2."""
    edges = np.concatenate([np.linspace(0.0, 0.4, 14), np.linspace(0.4, LENGTH, 31)[1:]])
    geometry = slab(edges=list(edges))
    x = geometry.centres[:, 0]
    first = x < 0.4
    porosity = np.where(first, 0.4, POROSITY)
    diffusivity = FREE_DIFFUSIVITY * np.where(first, 1.0, jump)
    hindrance = Hindrance(law="bruggeman")
    profile, flux = _steady(_engine(engine, geometry, diffusivity, porosity, hindrance))
    # eps D0 eps^(1/2) in each layer; resistances in series.
    conductivity = FREE_DIFFUSIVITY * np.array([0.4**1.5, POROSITY**1.5 * jump])
    resistance = np.array([0.4, LENGTH - 0.4]) / conductivity
    exact_flux = CONCENTRATION / resistance.sum()
    left = CONCENTRATION - exact_flux * x / conductivity[0]
    right = exact_flux * (LENGTH - x) / conductivity[1]
    return Layers(
        engine=engine,
        x=x,
        profile=profile,
        exact=np.where(first, left, right),
        flux=flux,
        exact_flux=float(exact_flux),
    )


def steady_flux(engine: str, porosity: float, hindrance: Hindrance) -> float:
    """Return the steady flux through a uniform slab, ng/mm2/day."""
    geometry = slab(LENGTH, 10)
    plain = np.full(10, FREE_DIFFUSIVITY)
    return _steady(_engine(engine, geometry, plain, np.full(10, porosity), hindrance))[1]


def _steady(solver: Engine) -> tuple[Array, float]:
    """Return the profile and the flux out of the right end after steps far beyond L^2/D."""
    state = np.zeros((1, solver.problem.geometry.size))
    for step in (*[1e4] * 8, 1.0):
        state, account = solver.step(state, step)
    return state[0], float(account.left[0])

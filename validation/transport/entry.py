"""Cells that enter a ball for two weeks, by its rim or by vessels all over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from cartflow.coupling.alone import evolve
from cartflow.geometries.shapes.ball import ball
from cartflow.kinetics.network import Network, Species
from cartflow.pde.boundary import PrescribedFlux, RegionSource
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.problem import Field
from cartflow.validation.problems import engine_of, problem_of

Array = np.ndarray

DAYS = 14.0
_CELLS = 400
_MODES = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """The share of the cells that is deeper than each depth (mm), after `DAYS`."""

    name: str
    depth: Array
    deeper: Array

    def below(self, depth: float) -> float:
        """Return the share of the cells deeper than `depth` mm."""
        return float(np.interp(depth, self.depth, self.deeper))


def entry(
    engine: str,
    name: str,
    radius: float,
    diffusivity: float,
    *,
    drift: float = 0.0,
    vessels: bool = False,
) -> Entry:
    """Let one cell a day in, by the rim or everywhere, and return how deep they are."""
    geometry = ball(radius, _CELLS)
    flux = PrescribedFlux(flux=1.0 / geometry.boundary("rim").area)
    everywhere = RegionSource(region="all", supply=1.0 / geometry.volume)
    cells = Field(
        name="cart",
        diffusivity=np.full(_CELLS, diffusivity),
        boundaries={} if vessels else {"rim": flux},
        sources=(everywhere,) if vessels else (),
        chemotaxis=Chemotaxis(attractant="signal", law="linear", sensitivity=drift)
        if drift
        else None,
    )
    species = (
        Species(name="cart", role="phenotype"),
        Species(name="signal", role="signal", unit="ng/mm^3"),
    )
    network = Network(name="entry", species=species)
    problem = problem_of(geometry, network, (cells, Field(name="signal")))
    state = np.array([np.zeros(_CELLS), radius - geometry.centres[:, 0]])
    state = evolve(engine_of(engine, problem), state, (0.0, DAYS), tolerance=1e-6).states[-1]
    inside = np.concatenate([[0.0], np.cumsum(state[0] * geometry.cell_volumes)])
    edges = np.linspace(0.0, radius, _CELLS + 1)
    return Entry(name=name, depth=(radius - edges)[::-1], deeper=(inside / inside[-1])[::-1])


def exact_share(radius: float, within: float, diffusivity: float, time: float) -> float:
    """Return the share of cells inside the radius `within`, with a steady flux at the rim.

    Crank 1975, section 6.3.4: with tan(b) = b and T = D t/R^2,
    u = (F R/D) (3 T + r^2/(2 R^2) - 3/10 - 2 (R/r) sum sin(b r/R) exp(-b^2 T)/(b^2 sin b)).
    """
    scaled, share = diffusivity * time / radius**2, within / radius
    roots = np.array([_root(number) for number in range(1, _MODES + 1)])
    moments = (np.sin(roots * share) - roots * share * np.cos(roots * share)) / roots**2
    modes = np.sum(moments * np.exp(-(roots**2) * scaled) / (roots**2 * np.sin(roots)))
    steady = (3.0 * scaled - 0.3) * share**3 / 3.0 + share**5 / 10.0
    return float((steady - 2.0 * modes) / scaled)


def _root(number: int) -> float:
    """Return the positive root of tan(b) = b between number pi and (number + 1/2) pi."""
    low, high = number * np.pi, (number + 0.5) * np.pi
    return float(brentq(lambda b: np.sin(b) - b * np.cos(b), low, high))

"""What single tables of a study stand for: vessels, rules, engine, steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.core.stepping import StepControl
from cartflow.coupling.door import both_fed, rim_fed, vessel_fed
from cartflow.coupling.simulation import Simulation
from cartflow.geometries.geometry import Geometry
from cartflow.pbpk.flows.routes import CAVITY_ROUTES
from cartflow.pbpk.flows.tumour_like import (
    in_words,
    published_tumour,
    published_vessels,
    require_host,
)
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels, draining_node, host_cavity, host_organs
from cartflow.pde.engine import Engine
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.study.schema import DoseTable, SolverTable, TraffickingTable, TumourTable

# Where a tumour without a body is put, to no effect.
_NOWHERE = "rest"
# What a study may say of its tumour's vessels, in place of the default or of the publication.
_NUMBERS = (
    "plasma_flow",
    "vascular_fraction",
    "interstitial_fraction",
    "lymph_fraction",
    "retention",
    "egress_rate",
    "cavity_entry_rate",
    "barrier_breakdown",
    "portal_share",
)


def vessels(table: TumourTable, volume: float, trafficking: Trafficking | None) -> TumourVessels:
    """Return the vessels of a tumour of `volume` mm3, and where they are.

    With ``like = "published"`` they are those that `trafficking` was published with, but for the
    numbers that the table gives itself. Without a trafficking model they are nowhere.
    """
    own: dict[str, Any] = stated(table)
    published: dict[str, Parameter] = {}
    if trafficking is None:
        return TumourVessels(volume=volume, host=host_organs(_NOWHERE), **own)
    if table.host is None:
        raise InputError("key 'tumour.host' is missing")
    if table.like == "published":
        published = _published(table, own, trafficking)
        if table.host != "liver" and published_tumour(trafficking).portal_flow is not None:
            own.pop("portal_share")  # stated as 0, by which it may leave the liver
    return TumourVessels(
        volume=volume,
        host=host_organs(table.host),
        node=draining_node(table.host) if table.own_node else "",
        cavity=host_cavity(table.host),
        published=tuple(published),
        **published,
        **own,
    )


def stated(table: TumourTable) -> dict[str, Parameter]:
    """Return the numbers that a study gives for its tumour's vessels, by name."""
    return {n: getattr(table, n) for n in _NUMBERS if getattr(table, n) is not None}


def vessels_in_words(table: TumourTable, volume: float, trafficking: Trafficking) -> str:
    """Return one line that says whose vessels the tumour has."""
    return in_words(trafficking, table.like, volume, table.host or "", tuple(stated(table)))


def _published(
    table: TumourTable, own: dict[str, Parameter], trafficking: Trafficking
) -> dict[str, Parameter]:
    """Return the published numbers that the study's own leave to the publication."""
    require_host(trafficking, table.host or "", own)
    found = published_vessels(trafficking)
    if {"egress_rate", "retention"} & own.keys():
        found = {n: p for n, p in found.items() if n not in ("egress_rate", "retention")}
    left = {n: p for n, p in found.items() if n not in own}
    if not left:
        msg = f"tumour.like: {', '.join(own)} leave nothing of what '{trafficking.name}' publishes"
        raise InputError(msg)
    return left


def scaling(table: TraffickingTable) -> ScalingRule:
    """Return the rule that carries rates to the study's body."""
    default = ScalingRule()
    given = table.exponent, table.elimination_exponent
    usual = default.exponent, default.elimination_exponent
    exponent, losses = (u if g is None else g.value for g, u in zip(given, usual, strict=True))
    return ScalingRule(name=table.scaling, exponent=exponent, elimination_exponent=losses)


def cavities(doses: Sequence[DoseTable]) -> list[str]:
    """Return the cavities that doses are given into."""
    routes = [dose.route for dose in doses]
    return [CAVITY_ROUTES[route] for route in routes if route in CAVITY_ROUTES]


def arrival(
    table: TumourTable, geometry: Geometry, density: np.ndarray | None = None
) -> np.ndarray:
    """Return the weights (1/mm^3 per mesh cell) by which cells arrive in the tissue.

    `density` is how densely vessels stand in every mesh cell, if not evenly.
    """
    if table.feeding == "vessels":
        return vessel_fed(geometry, table.region or "all", density)
    outer = table.boundary or next(iter(geometry.boundaries))
    if table.rim_share is not None:
        return both_fed(geometry, table.region or "all", outer, table.rim_share.value, density)
    return rim_fed(geometry, outer)


def leaving(
    table: TumourTable, geometry: Geometry, rate: float, density: np.ndarray | None
) -> np.ndarray:
    """Return the rate (1/day per mesh cell) at which cells leave, `rate` on average of the region.

    `density` is how densely lymphatics stand in every mesh cell, if not evenly. Raises
    `InputError` where there are none in the region.
    """
    inside = geometry.region(table.egress_region)
    if density is None:
        return rate * inside
    volumes = geometry.cell_volumes * inside
    mean = float(volumes @ density) / float(volumes.sum())
    if not mean > 0:
        msg = f"tumour.lymphatic_density: it is 0 all over the region '{table.egress_region}'"
        raise InputError(msg)
    return rate * inside * density / mean


def engine(table: SolverTable, problem: Problem) -> Engine:
    """Return the engine that a study names, for its problem."""
    if table.engine == "fipy":
        return FipyEngine(problem, sweeps=table.sweeps, drift="limited")
    return FastEngine(problem)


# Of one system, whose errors at the end are below it; in turns the default is that of steps.
_TOGETHER = 1e-5


def suited(simulation: Simulation, table: SolverTable) -> Simulation:
    """Return the simulation with the tolerance that suits how it is stepped, if none is given."""
    if table.tolerance is not None or not simulation.together:
        return simulation
    return replace(simulation, control=replace(simulation.control, tolerance=_TOGETHER))


def control(table: SolverTable) -> StepControl:
    """Return how steps are chosen."""
    default = StepControl()
    names = ("tolerance", "initial_step", "minimum_step", "maximum_step")
    given = {n: getattr(table, n) or getattr(default, n) for n in names}
    return StepControl(
        **{n: float(v) for n, v in given.items()},
        extrapolate=table.extrapolate,
        fixed=table.fixed_step,
        time_check=table.time_check,
    )

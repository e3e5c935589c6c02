"""Runs that tempt a scheme to lose cells or go below zero: sharp fronts, jumps, fast pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.alone import evolve
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network, Species
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue
from cartflow.validation.numerics.exact_solutions import geometry
from cartflow.validation.problems import engine_of

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Stress:
    """One run: what of the cells is unaccounted for, relative, and the least value of any field.

    `place` (mm) and `profile` are the cells at its end, along the first axis.
    """

    name: str
    engine: str
    residual: float
    lowest: float
    place: Array
    profile: Array


def stresses(engine: str, cells: int = 64) -> list[Stress]:
    """Return every run with one engine."""
    return [
        _drift(engine, "slab", cells),
        _drift(engine, "box 2-D", 24),
        _jumps(engine, "slab", cells),
        _jumps(engine, "ball", cells),
        _jumps(engine, "box 2-D", 24),
        _killing(engine, cells),
    ]


def _drift(engine: str, shape: str, cells: int) -> Stress:
    """Cells climb to a ridge at a cell Peclet number of 50."""
    place = geometry(shape, cells)
    x = place.centres[:, 0]
    speed = 0.5
    law = Chemotaxis(attractant="signal", law="linear", sensitivity=speed)
    slow = np.full(place.size, speed * (2.0 / cells) / 50.0)
    problem = _moving(place, slow, law)
    start = np.array([np.where(x < 0.4, 1e6, 0.0), 2.0 - np.abs(x - 1.3)])
    return _run(f"drift at Peclet 50, {shape}", engine, problem, start, [0.02] * 100)


def _jumps(engine: str, shape: str, cells: int) -> Stress:
    """Cells spread through layers whose diffusivities differ by 1e4."""
    place = geometry(shape, cells)
    x = place.centres[:, 0]
    layered = np.where(np.floor(x / 0.25) % 2 == 0, 1e-1, 1e-5)
    start = np.array([np.where(np.abs(x - 1.1) < 0.1, 1e6, 0.0), np.zeros(place.size)])
    steps = [1e-4, 1e-3, 1e-2, 0.1, 0.1, 0.5, 0.5, 1.0, 1.0]
    return _run(f"jumps of 1e4 in D, {shape}", engine, _moving(place, layered), start, steps)


def _killing(engine: str, cells: int) -> Stress:
    """Cells leave within a minute and kill within an hour where they touch a sharp edge."""
    place = geometry("slab", cells)
    x = place.centres[:, 0]
    network = load("predator_prey").with_parameters({"killing_rate": "1e3 1/h"})
    moving = Field(name="cart", diffusivity=np.full(place.size, 0.01))
    problem = _of(place, network, (moving, Field(name="tumour")), egress=1440.0)
    start = np.array([np.where(x < 0.3, 1e5, 0.0), np.full(place.size, 5e4)])
    return _adaptive("all leave within a minute", engine, problem, start, (0.0, 1e-3, 0.02))


def _adaptive(
    name: str, engine: str, problem: Problem, start: Array, times: Sequence[float]
) -> Stress:
    """Run with the package's own choice of steps; a run that stops accounts for nothing."""
    try:
        found = evolve(engine_of(engine, problem), start, times, tolerance=1e-3)
    except StepFailed:
        return Stress(
            name=name,
            engine=engine,
            residual=np.inf,
            lowest=float(start.min()),
            place=problem.geometry.centres[:, 0],
            profile=start[0],
        )
    account, first = found.account, problem.totals(start)[0]
    gained = account.born - account.died + account.converted + account.supplied
    expected = first + (gained - account.left - account.egress)[0]
    turnover = first + float(account.born[0] + account.supplied[0])
    return Stress(
        name=name,
        engine=engine,
        residual=abs(float(problem.totals(found.states[-1])[0]) - expected) / turnover,
        lowest=float(found.states.min()),
        place=problem.geometry.centres[:, 0],
        profile=found.states[1, 0],
    )


def _run(name: str, engine: str, problem: Problem, start: Array, steps: Sequence[float]) -> Stress:
    model = engine_of(engine, problem)
    state, lowest, residual = start, float(start.min()), 0.0
    first = problem.totals(start)[0]
    gained = turnover = first
    for step in steps:
        state, account = model.step(state, step)
        change = account.born - account.died + account.converted + account.supplied
        gained += float((change - account.left - account.egress)[0])
        turnover += float(account.born[0] + account.supplied[0])
        lowest = min(lowest, float(state.min()))
        residual = max(residual, abs(float(problem.totals(state)[0]) - gained) / turnover)
    values = problem.geometry.scatter(state[0])
    profile = values if values.ndim == 1 else values.mean(axis=0)
    x = problem.geometry.coordinates[problem.geometry.dims[-1]]
    return Stress(
        name=name, engine=engine, residual=residual, lowest=lowest, place=x, profile=profile
    )


def _moving(place: Geometry, diffusivity: Array, law: Chemotaxis | None = None) -> Problem:
    network = Network(
        name="move",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="signal", role="signal", unit="ng/mm^3"),
        ),
    )
    moving = Field(name="cart", diffusivity=diffusivity, chemotaxis=law)
    return _of(place, network, (moving, Field(name="signal")))


def _of(
    place: Geometry, network: Network, fields: tuple[Field, ...], egress: float = 0.0
) -> Problem:
    return Problem(
        geometry=place,
        network=network,
        fields=fields,
        tissue=Tissue(porosity=np.ones(place.size), hindrance=Hindrance()),
        egress=np.full(place.size, egress),
    )

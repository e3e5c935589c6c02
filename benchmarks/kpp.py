"""Fisher-KPP from a disc or a ball: u' = D lap u + r u (1 - u), D = r = 1, L = 100 mm, 10 days.

Every solver has the same grid, second-order central differences and closed walls, so that all
have the same limit as the step goes to zero. That limit comes from exact diffusion (cosine
transform) and exact growth, split and extrapolated; by symmetry half of each axis is enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.fft import dctn, idctn

from benchmarks.curves import Curve, Point, fitted_order, ratios, relative_l2
from benchmarks.ours import cartflow_curve
from benchmarks.peers.launch import launch
from cartflow.geometries.shapes.box import box
from cartflow.kinetics.files.load import load
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Kpp:
    """`cells` (even) along each of `dimensions` axes; lengths in mm, `end` in days."""

    dimensions: int
    cells: int
    length: float = 100.0
    radius: float = 10.0
    end: float = 10.0

    @cached_property
    def start(self) -> Array:
        """The state at the start on the whole grid: 1 in cells whose centre lies in the ball."""
        axis = (np.arange(self.cells) + 0.5) * self.length / self.cells - 0.5 * self.length
        squares = np.meshgrid(*[axis**2] * self.dimensions, indexing="ij")
        return (sum(squares) <= self.radius**2).astype(float)

    def part(self, state: Array) -> Array:
        """Return the corner that stands for all others by symmetry."""
        return state.reshape(self.start.shape)[(slice(self.cells // 2, None),) * self.dimensions]

    @cached_property
    def modes(self) -> Array:
        """The eigenvalues of the discrete Laplacian on that corner, 1/day (D = 1 mm^2/day)."""
        n = self.cells // 2
        one = (2.0 * np.cos(np.pi * np.arange(n) / n) - 2.0) * (self.cells / self.length) ** 2
        grids = np.meshgrid(*[one] * self.dimensions, indexing="ij")
        return np.asarray(sum(grids))

    def split(self, steps: int) -> Array:
        """Return the end state by exact growth and exact diffusion in turn (second order)."""
        dt = self.end / steps
        decay, half = np.exp(dt * self.modes), np.exp(-0.5 * dt)
        u = self.part(self.start)
        for _ in range(steps):
            u = u / (u + (1.0 - u) * half)
            u = idctn(dctn(u, workers=2) * decay, workers=2)
            u = u / (u + (1.0 - u) * half)
        return u

    def limit(self, steps: int = 250) -> tuple[Array, float]:
        """Return the end state as the step goes to zero, and an estimate of its error."""
        coarse, middle, fine = (self.split(steps * k) for k in (1, 2, 4))
        first, second = (4.0 * middle - coarse) / 3.0, (4.0 * fine - middle) / 3.0
        return second, relative_l2(first.ravel(), second.ravel())

    def backward_euler(self, steps: Sequence[float]) -> Array:
        """Return the state after `steps` of FiPy's scheme, solved exactly."""
        u = self.part(self.start)
        for dt in steps:
            right = u + dt * u * (1.0 - u)
            u = idctn(dctn(right, workers=2) / (1.0 - dt * self.modes), workers=2)
        return u

    def problem(self) -> Problem:
        """Return the problem as cartflow states it."""
        geometry = box([self.length] * self.dimensions, [self.cells] * self.dimensions)
        rates = {"growth_rate": "1 1/day", "carrying_capacity": "1 cell/mm^3"}
        n = geometry.size
        return Problem(
            geometry=geometry,
            network=load("logistic_growth").with_parameters(rates),
            fields=(Field(name="cart", diffusivity=np.ones(n)),),
            tissue=Tissue(porosity=np.ones(n), hindrance=Hindrance()),
            egress=np.zeros(n),
        )


def compare(
    case: Kpp,
    *,
    title: str,
    goals: dict[str, float],
    tolerances: Sequence[float],
    peers: Sequence[str] = ("fipy", "py-pde"),
    budget: float = 60.0,
) -> dict[str, Any]:
    """Run cartflow and `peers` on `case`; return curves, ratios and how well the limit is known."""
    begin = time.perf_counter()
    limit, doubt = case.limit()

    def error(state: Array) -> float:
        return relative_l2(case.part(state).ravel(), limit.ravel())

    ours = cartflow_curve(
        case.problem(), case.start.reshape(1, -1), case.end, error, tolerances, budget=budget
    )
    others: dict[str, list[Curve]] = {}
    if "fipy" in peers:
        others["FiPy"] = [fipy_curve(case, limit)]
    if "py-pde" in peers:
        others["py-pde"] = py_pde_curves(case, error)
    return {
        "title": title,
        "end_time": f"{case.end:g} days",
        "reference": f"split-step limit of the same grid, known to {doubt:.1e}",
        "curves": [c.as_dict() for c in (ours, *(c for found in others.values() for c in found))],
        "ratios": {name: ratios(ours, found) for name, found in others.items()},
        "goals": goals,
        "seconds": time.perf_counter() - begin,
    }


def fipy_curve(
    case: Kpp, limit: Array, steps: Sequence[float] = (0.1, 0.05, 0.025, 0.0125)
) -> Curve:
    """Return FiPy's curve: seconds per step from a few steps on the whole grid, errors from its
    scheme solved exactly on the same grid, which is checked against FiPy's own steps."""
    timed = (steps[0], 1e-2, 1e-3)
    tolerance = 1e-8
    job = {
        "dimensions": case.dimensions,
        "cells": case.cells,
        "length": case.length,
        "steps": timed,
        "repeats": 2,
        "tolerance": tolerance,
    }
    found = launch("fipy_kpp.py", job, case.start)
    same = relative_l2(
        case.part(found["state"]).ravel(), case.backward_euler(found["taken"]).ravel()
    )
    if same > 1e-5:
        msg = f"FiPy's steps differ from the scheme they stand for by {same:.1e}"
        raise RuntimeError(msg)
    cost = np.median(found["seconds"], axis=1)
    errors = []
    for dt in steps:
        state = case.backward_euler([dt] * round(case.end / dt))
        errors.append(relative_l2(state.ravel(), limit.ravel()))
    order = fitted_order(steps, errors)
    # The step that reaches 1e-4 by the law of the smallest two, with what it costs there.
    smallest = steps[-1] * (5e-5 / errors[-1]) ** (1.0 / order)
    points = [
        _reckoned_point(case, dt, e, timed, cost)
        for dt, e in [*zip(steps, errors, strict=True), (smallest, 5e-5)]
    ]
    how = (
        f"backward Euler, growth at the old time, LinearCGSolver (SciPy, tolerance {tolerance:g} "
        f"of the right-hand side, no preconditioner); seconds per step from 2 steps at each of "
        f"dt = {', '.join(f'{dt:g}' for dt in timed)} day; errors from the same scheme on the same "
        f"grid solved by cosine transform (agrees with FiPy's own steps to {same:.0e}), below "
        f"{errors[-1]:.1e} by the order {order:.2f} of the two smallest steps"
    )
    setup = float(found["setup"]) + max(float(found["first"]) - float(cost[0]), 0.0)
    return Curve(solver="FiPy", how=how, points=tuple(points), setup_seconds=setup, order=order)


def _reckoned_point(
    case: Kpp, dt: float, error: float, timed: Sequence[float], cost: Array
) -> Point:
    each = float(np.interp(np.log(dt), np.log(timed[::-1]), cost[::-1]))
    return Point(
        setting=f"dt = {dt:.3g} day, {each:.3g} s a step",
        error=error,
        seconds=case.end / dt * each,
        extrapolated=True,
    )


def py_pde_curves(
    case: Kpp,
    error: Callable[[Array], float],
    tolerances: Sequence[float] = (1e-2, 1e-5),
    shares: Sequence[float] = (0.9, 0.2),
) -> list[Curve]:
    """Return py-pde's curves: adaptive Runge-Kutta 5(4) at `tolerances`, and explicit Euler.

    Euler's steps are `shares` of the longest stable one.
    """
    spacing = case.length / case.cells
    stable = spacing**2 / (2.0 * case.dimensions)
    runs = [{"scheme": "runge-kutta", "dt": 0.1 * stable, "tolerance": t} for t in tolerances]
    runs += [{"scheme": "euler", "dt": s * stable, "tolerance": None} for s in shares]
    job = {
        "dimensions": case.dimensions,
        "cells": case.cells,
        "length": case.length,
        "end": case.end,
        "runs": runs,
    }
    found = launch("py_pde_kpp.py", job, case.start)
    points = [
        Point(setting=_py_pde_setting(run), error=error(state), seconds=float(seconds))
        for run, state, seconds in zip(runs, found["states"], found["seconds"], strict=True)
    ]
    how = f"explicit, numba backend; stable steps of Euler end at {stable:.2g} day"
    return [
        Curve(
            solver=f"py-pde, {name}",
            how=how,
            points=tuple(points[part]),
            compile_seconds=float(np.median(found["compiled"][part])),
            order=order,
        )
        for name, part, order in (
            ("Runge-Kutta 5(4)", slice(len(tolerances)), None),
            ("Euler", slice(len(tolerances), None), 1.0),
        )
    ]


def _py_pde_setting(run: dict[str, Any]) -> str:
    if run["tolerance"] is None:
        return f"dt = {run['dt']:.3g} day"
    return f"tolerance {run['tolerance']:g}"

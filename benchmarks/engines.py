"""cartflow's fast engine beside its reference engine, which states the problem in FiPy's terms.

Errors are in time: each engine is compared with its own limit as the steps go to zero on the
same grid, because the two treat drift differently in space (the reference upwind of first
order, the fast one with limited slopes). How far the two limits lie apart is told beside.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.curves import Curve, Point, fitted_order, ratios, relative_l2
from benchmarks.line_equation import equivalent
from benchmarks.ours import cartflow_curve, timed_fixed
from cartflow.coupling.alone import evolve
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Problem
from cartflow.pde.reference.fipy_engine import FipyEngine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Law:
    """The error of the reference engine's fixed `steps`, found on another grid."""

    steps: tuple[float, ...]
    errors: tuple[float, ...]
    said: str


def compare_engines(
    problem: Problem,
    start: Array,
    end: float,
    *,
    title: str,
    goals: dict[str, float],
    tolerances: Sequence[float],
    steps: Sequence[float],
    reference_tolerances: Sequence[float],
    law: Law | None = None,
    finer: tuple[Problem, Array] | None = None,
    budget: float = 60.0,
) -> dict[str, Any]:
    """Return curves and ratios of `FastEngine` and `FipyEngine` on one problem.

    Without a `law` the grid must be a row of cells, and errors at `steps` come from the same
    scheme without FiPy; with it only the seconds per step are measured. `finer` is the problem
    on shells of a whole times smaller, by which the errors in space are found.
    """
    begin = time.perf_counter()
    volumes = problem.geometry.cell_volumes
    limit, doubt = fast_limit(problem, start, end, reference_tolerances)

    def error(state: Array) -> float:
        return relative_l2(state, limit, volumes)

    ours = cartflow_curve(problem, start, end, error, tolerances, budget=budget)
    limits = {"FastEngine": limit}
    if law is None:
        theirs, limits["FipyEngine"] = _run_out(problem, start, end, steps)
    else:
        theirs = [_from_law(problem, start, end, law)]
    return {
        "title": title,
        "end_time": f"{end:g} days",
        "reference": f"limit of small steps, known to {doubt:.1e}; greatest of the fields' errors",
        "limits_apart": _apart(limits, volumes),
        "errors_in_space": None if finer is None else _in_space(problem, limits, *finer, end),
        "curves": [curve.as_dict() for curve in (ours, *theirs)],
        "ratios": {
            "FipyEngine": ratios(ours, theirs[:1]),
            **{curve.solver: ratios(ours, [curve]) for curve in theirs[1:]},
        },
        "goals": goals,
        "seconds": time.perf_counter() - begin,
    }


def fast_limit(
    problem: Problem, start: Array, end: float, tolerances: Sequence[float]
) -> tuple[Array, float]:
    """Return the fast engine's end state at the last tolerance, and its change from before."""
    engine = FastEngine(problem)
    states = [evolve(engine, start, [0.0, end], tolerance=t).states[-1] for t in tolerances[-2:]]
    return states[1], relative_l2(states[0], states[1], problem.geometry.cell_volumes)


def _apart(limits: dict[str, Array], volumes: Array) -> float | None:
    if "FipyEngine" not in limits:
        return None
    return relative_l2(limits["FipyEngine"], limits["FastEngine"], volumes)


def _in_space(
    problem: Problem, limits: dict[str, Array], fine: Problem, fine_start: Array, end: float
) -> dict[str, float]:
    """Return the error of each limit against the fast engine on a grid of a whole times finer."""
    found, _ = fast_limit(fine, fine_start, end, (1e-5, 1e-6))
    parts, volumes = fine.geometry.cell_volumes, problem.geometry.cell_volumes
    groups = (len(found), problem.geometry.size, -1)
    means = (found * parts).reshape(groups).sum(axis=2) / volumes
    return {name: relative_l2(limit, means, volumes) for name, limit in limits.items()}


def law_from_coarser(
    problem: Problem, start: Array, end: float, steps: Sequence[float], *, blocks: int
) -> Law:
    """Return the reference engine's errors at `steps` on a grid of `blocks`^3 voxels a cell.

    Each of `steps` is half the one before; their limit is extrapolated with one half more.
    """
    engine, volumes = FipyEngine(problem), problem.geometry.cell_volumes
    ends = [timed_fixed(engine, start, end, dt)[0] for dt in (*steps, 0.5 * steps[-1])]
    limit = _extrapolated_limit(ends[-3:])
    errors = [relative_l2(found, limit, volumes) for found in ends[:-1]]
    said = (
        f"errors at dt = {', '.join(f'{dt:g}' for dt in steps)} day from FipyEngine's own runs on "
        f"{problem.geometry.size} cells of {blocks}^3 voxels"
    )
    return Law(steps=tuple(steps), errors=tuple(errors), said=said)


def _extrapolated_limit(states: Sequence[Array]) -> Array:
    """Return the limit of first-order runs at dt, dt/2, dt/4, to third order."""
    once = [2.0 * b - a for a, b in pairwise(states)]
    return (4.0 * once[1] - once[0]) / 3.0


def _run_out(
    problem: Problem, start: Array, end: float, steps: Sequence[float]
) -> tuple[list[Curve], Array]:
    """Return the reference engine's curves on a row of cells, and its limit of small steps.

    The largest step is run to the end; the others cost the same a step, and their errors come
    from the same scheme without FiPy.
    """
    volumes = problem.geometry.cell_volumes
    before = time.perf_counter()
    engine = FipyEngine(problem)
    engine.step(start, 1e-6)
    setup = time.perf_counter() - before
    state, seconds = timed_fixed(engine, start, end, steps[0])
    each = seconds / round(end / steps[0])
    scheme = equivalent(problem)
    ends = [timed_fixed(scheme, start, end, dt)[0] for dt in steps]
    same = relative_l2(ends[0], state, volumes)
    if same > 1e-8:
        msg = f"FipyEngine's run differs from the scheme it stands for by {same:.1e}"
        raise RuntimeError(msg)
    limit = _extrapolated_limit(ends[-3:])
    errors = [relative_l2(found, limit, volumes) for found in ends]
    how = (
        f"{each:.3g} s a step over {round(end / steps[0])} steps; errors from the same scheme "
        f"on the same grid without FiPy, which ends within {same:.0e} of FipyEngine's own run"
    )
    fixed = Curve(
        solver="FipyEngine",
        how=f"backward Euler of fixed step, {how}",
        points=tuple(
            Point(
                setting=f"dt = {dt:g} day",
                error=error,
                seconds=round(end / dt) * each,
                extrapolated=dt != steps[0],
            )
            for dt, error in zip(steps, errors, strict=True)
        ),
        setup_seconds=setup,
        order=fitted_order(steps, errors),
    )
    points = []
    for tolerance in (1e-3, 1e-4, 1e-5, 1e-6):
        found = evolve(scheme, start, [0.0, end], tolerance=tolerance)
        taken = 3 * (found.accepted_steps + found.rejected_steps)
        error = relative_l2(found.states[-1], limit, volumes)
        setting = f"tolerance {tolerance:g}, {taken} steps"
        points.append(Point(setting=setting, error=error, seconds=taken * each, extrapolated=True))
    adaptive = Curve(
        solver="FipyEngine, extrapolated",
        how=f"the same engine with cartflow's adaptive steps and extrapolation, {how}",
        points=tuple(points),
        setup_seconds=setup,
        order=2.0,
    )
    return [fixed, adaptive], limit


def _from_law(problem: Problem, start: Array, end: float, law: Law) -> Curve:
    """Return the reference engine's curve: its seconds per step here, and errors by `law`."""
    before = time.perf_counter()
    engine = FipyEngine(problem)
    state, _ = engine.step(start, law.steps[-1])
    setup = time.perf_counter() - before
    seconds = []
    for dt in (law.steps[-1], 0.1 * law.steps[-1]):
        _, taken = timed_fixed(engine, state, 2.0 * dt, dt)
        seconds.append(taken / 2.0)
    order = fitted_order(law.steps, law.errors)
    setup -= seconds[0]
    small = law.steps[-1] * (5e-5 / law.errors[-1]) ** (1.0 / order)
    pairs = [*zip(law.steps, law.errors, strict=True), (small, 5e-5)]
    points = tuple(
        Point(
            setting=f"dt = {dt:.3g} day",
            error=error,
            seconds=end / dt * seconds[0 if dt >= law.steps[-1] else 1],
            extrapolated=True,
        )
        for dt, error in pairs
    )
    how = (
        f"backward Euler of fixed step, {seconds[0]:.3g} s a step at dt = {law.steps[-1]:g} day "
        f"and {seconds[1]:.3g} s at a tenth of it, measured over two steps each; {law.said}, then "
        f"by the order {order:.2f}"
    )
    return Curve(solver="FipyEngine", how=how, points=points, setup_seconds=setup, order=order)

"""Timed runs of cartflow's engines: adaptive at several tolerances, or of fixed step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.curves import Curve, Point
from cartflow.coupling.alone import evolve
from cartflow.pde.engine import Engine
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Problem

Array = np.ndarray
Error = Callable[[Array], float]


def cartflow_curve(
    problem: Problem,
    state: Array,
    end: float,
    error: Error,
    tolerances: Sequence[float],
    *,
    budget: float,
) -> Curve:
    """Return the curve of `FastEngine` with `evolve`; no run follows one longer than `budget` s."""
    before = time.perf_counter()
    engine = FastEngine(problem)
    evolve(engine, state, [0.0, 1e-6])
    setup = time.perf_counter() - before
    points: list[Point] = []
    for tolerance in tolerances:
        found, seconds, steps = timed_evolve(engine, state, end, tolerance)
        setting = f"tolerance {tolerance:g}, {steps} steps"
        points.append(Point(setting=setting, error=error(found), seconds=seconds))
        if seconds > budget or points[-1].error < 2e-5:
            break
    return Curve(
        solver="cartflow",
        how="FastEngine, adaptive steps; set-up includes mesh, compiling or loading, a first step",
        points=tuple(points),
        setup_seconds=setup,
    )


def timed_evolve(
    engine: Engine, state: Array, end: float, tolerance: float, *, short: float = 2.0
) -> tuple[Array, float, int]:
    """Return the end state, the seconds (median of three runs if `short`) and the steps."""
    seconds = []
    for _ in range(3):
        before = time.perf_counter()
        found = evolve(engine, state, [0.0, end], tolerance=tolerance)
        seconds.append(time.perf_counter() - before)
        if seconds[0] > short:
            break
    return found.states[-1], float(np.median(seconds)), found.accepted_steps


def timed_fixed(engine: Engine, state: Array, end: float, dt: float) -> tuple[Array, float]:
    """Return the end state after equal steps, and the seconds."""
    before = time.perf_counter()
    steps = round(end / dt)
    for _ in range(steps):
        state, _ = engine.step(state, end / steps)
    return state, time.perf_counter() - before

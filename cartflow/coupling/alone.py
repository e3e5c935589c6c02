"""A tumour by itself, without a body, from time to time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cartflow.coupling.line.alone import evolve_on_line
from cartflow.coupling.line.plan import on_a_line
from cartflow.pde.engine import Engine
from cartflow.pde.fast import evolve as in_steps
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import Evolution, Watch, control_of

Array = np.ndarray


def evolve(
    engine: Engine,
    state: Array,
    times: Sequence[float],
    *,
    tolerance: float = 1e-5,
    initial_step: float = 1e-3,
    maximum_step: float = np.inf,
    watch: Watch | None = None,
) -> Evolution:
    """Advance `state` (species, cells) from the first of `times` (days) to each of the others.

    `tolerance` is the relative error allowed per step in each field's total amount;
    `watch(time, step)` is called as it goes on. On a line of cells (slab, ball, cylinder) whose
    transport never changes the fast engine's equations are one system, stepped by RODAS as in a
    run with a body; else by the engine's steps (`cartflow.pde.fast.evolve`).
    Raises `StepFailed` with the field and the time, `InputError` for times that do not rise.
    """
    if isinstance(engine, FastEngine) and on_a_line(engine.problem):
        control = control_of(engine, state, times, tolerance, initial_step, maximum_step)
        return evolve_on_line(engine, state, times, control, watch)
    return in_steps.evolve(
        engine,
        state,
        times,
        tolerance=tolerance,
        initial_step=initial_step,
        maximum_step=maximum_step,
        watch=watch,
    )

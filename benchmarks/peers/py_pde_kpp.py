"""Fisher-KPP in py-pde: whole runs, compiled first and timed apart.

A program of its own: ``python py_pde_kpp.py JOB.json OUT.npz``, so that `import pde` finds py-pde
and nothing else.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pde

job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
clock = time.perf_counter
grid = pde.CartesianGrid(
    [[0.0, job["length"]]] * job["dimensions"], [job["cells"]] * job["dimensions"]
)
equation = pde.PDE({"u": "laplace(u) + u * (1 - u)"}, bc={"derivative": 0})
start = pde.ScalarField(grid, np.load(job["start"]))

SOLVERS = {"euler": pde.EulerSolver, "runge-kutta": pde.RungeKuttaSolver}


def timed(scheme: str, dt: float, tolerance: float | None) -> tuple[float, float, np.ndarray]:
    """Return seconds to compile, seconds to run, and the state at the end."""
    more = {} if tolerance is None else {"adaptive": True, "tolerance": tolerance}
    before = clock()
    advance = SOLVERS[scheme](equation, backend="numba", **more).make_stepper(start, dt=dt)
    advance(start.copy(), 0.0, 1e-3 * dt)
    compiled = clock() - before
    state = start.copy()
    # An adaptive stepper remembers its last step: it must grow again from a small one.
    before = clock()
    result = advance(state, 0.0, job["end"])
    ran = clock() - before
    if not isinstance(result, (float, int)):
        state = result[0] if isinstance(result, tuple) else result
    return compiled, ran, np.array(state.data)


compiled, ran, states = [], [], []
for run in job["runs"]:
    found = timed(run["scheme"], run["dt"], run["tolerance"])
    compiled.append(found[0])
    ran.append(found[1])
    states.append(found[2])
np.savez(Path(sys.argv[2]), compiled=compiled, seconds=ran, states=states)

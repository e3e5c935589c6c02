"""Fisher-KPP in plain FiPy: a few timed steps at each of several step lengths.

A program of its own: ``python fipy_kpp.py JOB.json OUT.npz``. Backward Euler in time, the
reaction u (1 - u) at the old time; conjugate gradients, as stated in the job.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np

os.environ["FIPY_SOLVERS"] = "scipy"
job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
out = Path(sys.argv[2])
sys.argv = sys.argv[:1]  # FiPy reads the command line
warnings.simplefilter("ignore")

import fipy  # noqa: E402
from fipy.solvers.scipy import LinearCGSolver  # noqa: E402

clock = time.perf_counter
start = clock()
spacing = job["length"] / job["cells"]
sizes = {f"n{a}": job["cells"] for a in "xyz"[: job["dimensions"]]}
steps = {f"d{a}": spacing for a in "xyz"[: job["dimensions"]]}
grid = fipy.Grid2D if job["dimensions"] == 2 else fipy.Grid3D
mesh = grid(**sizes, **steps, communicator=fipy.serialComm)
u = fipy.CellVariable(mesh=mesh, value=np.load(job["start"]).ravel(), hasOld=True)
equation = fipy.TransientTerm() == fipy.DiffusionTerm(coeff=1.0) + u.old * (1.0 - u.old)
solver = LinearCGSolver(tolerance=job["tolerance"], criterion="RHS", iterations=1000, precon=None)
setup = clock() - start


def step(dt: float) -> float:
    """Take one step and return its seconds."""
    before = clock()
    u.updateOld()
    equation.solve(var=u, dt=dt, solver=solver)
    return clock() - before


first = step(job["steps"][0])
taken = [job["steps"][0]]
seconds = []
for dt in job["steps"]:
    seconds.append([step(dt) for _ in range(job["repeats"])])
    taken += [dt] * job["repeats"]
np.savez(out, setup=setup, first=first, seconds=seconds, taken=taken, state=np.array(u.value))

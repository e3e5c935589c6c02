"""One size of the scaling case: ``python -m benchmarks.scaling_worker CELLS STEPS engine|mesh``."""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kpp import Kpp
from cartflow.pde.fast.engine import FastEngine

STEP = 0.5  # days, the same number of stages at every size


def peak() -> int:
    """Return the most memory that was resident since `forget`, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget() -> int:
    """Give freed memory back and count the peak anew; return what is resident now, in bytes."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return peak()


def engine_cost(cells: int, steps: int) -> dict[str, Any]:
    """Return seconds and memory of the fast engine on a box of cells^3, dx = 1 mm."""
    small = Kpp(dimensions=3, cells=8, length=8.0, radius=2.0)
    # Compiled code and modules are loaded before memory is counted.
    FastEngine(small.problem()).step(small.start.reshape(1, -1), STEP)
    case = Kpp(dimensions=3, cells=cells, length=float(cells), radius=0.3 * cells)
    problem, state = case.problem(), case.start.reshape(1, -1)
    if "mesh" in small.problem().geometry.__dict__:
        _ = problem.geometry.connectivity
    before = forget()
    clock = time.perf_counter()
    engine = FastEngine(problem)
    state, _ = engine.step(state, STEP)
    setup = time.perf_counter() - clock
    seconds: list[float] = []
    # A short step is taken often, so that its median is that of a busy process.
    while len(seconds) < steps or sum(seconds) < 0.3:
        clock = time.perf_counter()
        state, _ = engine.step(state, STEP)
        seconds.append(time.perf_counter() - clock)
    n = problem.geometry.size
    each = float(np.median(seconds))
    return {
        "cells": n,
        "seconds_per_step": each,
        "seconds_per_cell_and_step": each / n,
        "setup_seconds": setup,
        "bytes_per_cell_and_field": (peak() - before) / n,
        "mesh_made_by_engine": "mesh" in problem.geometry.__dict__,
    }


def mesh_cost(cells: int) -> dict[str, Any]:
    """Return seconds and peak memory of the FiPy mesh and its interior faces."""
    small = Kpp(dimensions=3, cells=8, length=8.0, radius=2.0).problem()
    _ = small.geometry.connectivity
    geometry = Kpp(dimensions=3, cells=cells, length=float(cells), radius=2.0).problem().geometry
    before, clock = forget(), time.perf_counter()
    _ = geometry.connectivity
    return {
        "seconds": time.perf_counter() - clock,
        "peak_bytes_per_cell": (peak() - before) / geometry.size,
    }


if __name__ == "__main__":
    number, count, wanted = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    found = engine_cost(number, count) if wanted == "engine" else mesh_cost(number)
    print(json.dumps(found))

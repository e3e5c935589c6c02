"""Seconds a cell and step, and bytes a cell and field beyond the mesh, from 1e4 to 4e6 cells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

GOAL_SPREAD, GOAL_BYTES = 2.5, 250.0


def run(
    *,
    sizes: Sequence[int] = (22, 46, 100, 159),
    steps: int = 5,
    budget: float = 120.0,
    mesh_limit: int = 100,
) -> dict[str, Any]:
    """Return a row for each box of `sizes`^3 cells; sizes beyond `budget` seconds are left out.

    The FiPy mesh is made apart, up to `mesh_limit` cells along an axis.
    """
    begin = time.perf_counter()
    rows, left_out = [], []
    for cells in sizes:
        before = time.perf_counter()
        found = measure(cells, steps, "engine")
        if found is None:
            left_out.append(f"{cells}^3: the run failed, or took more than 10 minutes")
            break
        if cells <= mesh_limit:
            found["mesh"] = measure(cells, steps, "mesh")
        rows.append(found)
        if time.perf_counter() - before > budget:
            left_out += [f"{n}^3: over the budget" for n in sizes if n > cells]
            break
    costs = [row["seconds_per_cell_and_step"] for row in rows]
    return {
        "title": "Cost a cell and step, one field (Fisher-KPP on a box, dx = 1 mm, dt = 0.5 day)",
        "rows": rows,
        "left_out": left_out,
        "spread": max(costs) / min(costs) if costs else None,
        "goal_spread": GOAL_SPREAD,
        "goal_bytes": GOAL_BYTES,
        "seconds": time.perf_counter() - begin,
    }


def measure(cells: int, steps: int, what: str) -> dict[str, Any] | None:
    """Return what scaling_worker.py finds in a process of its own; None if it fails."""
    root = str(Path(__file__).parents[1])
    known = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root}
    command = [sys.executable, "-m", "benchmarks.scaling_worker", str(cells), str(steps), what]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=600, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return dict(json.loads(done.stdout.splitlines()[-1]))

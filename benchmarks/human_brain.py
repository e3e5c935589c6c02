"""`examples/human_brain.toml` in a measured mask, by this build and by another beside it.

The mask (`pyradiomics_tumours/brain1_label.nrrd`, 4,137 voxels) is not part of cartflow; its
folder is in ``../shared/data`` beside the repository, or in CARTFLOW_DATA. The other build is a
checkout named by the environment variable CARTFLOW_BESIDE. Errors are those of the CAR T cells,
1-norm over the voxels, at any saved time, each build against its own run at a small tolerance.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import VARIABLE, beside, runs

Array = np.ndarray

STUDY = Path(__file__).parents[1] / "examples" / "human_brain.toml"


def mask() -> Path:
    """Return where the patient's mask should be."""
    given = os.environ.get("CARTFLOW_DATA")
    root = Path(given) if given else Path(__file__).parents[2] / "shared" / "data"
    return root / "pyradiomics_tumours" / "brain1_label.nrrd"


def run(
    *,
    place: dict[str, Any] | None = None,
    end: float = 28.0,
    tolerances: Sequence[float] = (1e-2, 1e-3, 1e-4, 1e-5),
    exact: float = 1e-7,
) -> dict[str, Any]:
    """Return seconds and errors of both builds by tolerance, or say why there are none.

    `place` is the geometry, if it is not the measured mask.
    """
    begin = time.perf_counter()
    title = "examples/human_brain.toml in a measured mask"
    if place is None and not mask().is_file():
        return {"title": title, "skipped": f"{mask()} is absent"}
    place = place or {"shape": "mask", "file": str(mask())}
    settings = {"geometry": place, "time.end": f"{end} days"}
    # An earlier build had no second run that says the error in time.
    rows = _by_tolerance("this", None, {**settings, "solver.time_check": False}, tolerances, exact)
    report: dict[str, Any] = {"title": title, "rows": rows}
    other = beside()
    if other is not None:
        rows += _by_tolerance("beside", other, settings, tolerances, exact)
    else:
        report["beside"] = f"skipped: {VARIABLE} names no other checkout"
    report["seconds"] = time.perf_counter() - begin
    return report


def _by_tolerance(
    build: str,
    folder: str | None,
    settings: dict[str, Any],
    tolerances: Sequence[float],
    limit: float,
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as room:
        files = [Path(room) / f"{k}.npy" for k in range(len(tolerances) + 1)]
        asked = [{**settings, "solver.tolerance": each} for each in (*tolerances, limit)]
        rows = runs(folder, STUDY, asked, files)
        *found, exact = (np.load(file) for file in files)
    return [
        {
            "build": build,
            "tolerance": tolerance,
            **{name: row[name] for name in ("seconds", "processor_seconds")},
            **_errors(cells, exact),
        }
        for tolerance, row, cells in zip(tolerances, rows[:-1], found, strict=True)
    ]


def _errors(cells: Array, exact: Array) -> dict[str, float]:
    """Return the errors of CAR T cells (times, voxels) at the end, and the largest at any time."""
    there = np.abs(exact).sum(axis=1)
    shares = np.abs(cells - exact).sum(axis=1)[there > 0] / there[there > 0]
    return {"error_at_the_end": float(shares[-1]), "largest_error": float(shares.max())}

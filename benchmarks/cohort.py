"""A hundred runs of `examples/mouse_flank.toml` and one, by this build and by another beside it.

The other build is a checkout named by the environment variable CARTFLOW_BESIDE.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import VARIABLE, beside, runs
from cartflow import Study, run_cohort
from cartflow.study.numbers import StudyNumbers

STUDY = Path(__file__).parents[1] / "examples" / "mouse_flank.toml"
# Ten numbers, each within a factor of about 1.5.
NAMES = (
    "doses.0.cells",
    "fields.cart.diffusivity",
    "fields.cart.chemotaxis.sensitivity",
    "kinetics.killing_rate",
    "kinetics.growth_rate",
    "kinetics.proliferation_rate",
    "kinetics.death_rate",
    "kinetics.chemokine_secretion_rate",
    "tissue.porosity",
    "tumour.retention",
)


def run(
    *,
    members: int = 1000,
    looped: int = 20,
    tolerances: tuple[float, ...] = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 3e-7),
    exact: float = 1e-8,
) -> dict[str, Any]:
    """Return errors and seconds of one run by tolerance, and seconds a member of a cohort."""
    begin = time.perf_counter()
    rows = _single("this", None, tolerances, exact)
    other = beside()
    if other is not None:
        rows += _single("beside", other, tolerances, exact)
    report: dict[str, Any] = {
        "title": "examples/mouse_flank.toml once, and many times",
        "rows": rows,
        **_cohort(members),
        **_loop("", None, looped),
    }
    if other is not None:
        report |= _loop("_beside", other, looped)
    else:
        report["beside"] = f"skipped: {VARIABLE} names no other checkout"
    report["seconds"] = time.perf_counter() - begin
    return report


def _single(
    build: str, folder: str | None, tolerances: tuple[float, ...], limit: float
) -> list[dict[str, Any]]:
    settings = [{"solver.tolerance": each} for each in (*tolerances, limit)]
    *found, exact = runs(folder, STUDY, settings)
    return [
        {
            "build": build,
            "tolerance": tolerance,
            "seconds": row["seconds"],
            "processor_seconds": row["processor_seconds"],
            "error": max(abs(row[name] / exact[name] - 1.0) for name in _kept(exact)),
        }
        for tolerance, row in zip(tolerances, found, strict=True)
    ]


def _kept(exact: dict[str, float]) -> list[str]:
    """Return the numbers of which an error is told: not the seconds, nor what is not there."""
    return [name for name, value in exact.items() if "seconds" not in name and value > 0]


def _table(members: int) -> tuple[Study, dict[str, np.ndarray]]:
    study = Study.from_file(STUDY, {"solver.tolerance": 1e-3})
    numbers = StudyNumbers(study=study).numbers
    random = np.random.default_rng(1)
    return study, {
        name: numbers[name].value * random.lognormal(0.0, 0.2, members) for name in NAMES
    }


def _cohort(members: int) -> dict[str, Any]:
    study, table = _table(members)
    run_cohort(study, {name: values[:2] for name, values in table.items()})
    found: dict[str, Any] = {"members": members}
    for threads in (1, 2):
        start, used = time.perf_counter(), time.process_time()
        cohort = run_cohort(study, table, threads=threads)
        found[f"seconds_a_member_on_{threads}"] = (time.perf_counter() - start) / members
        used = time.process_time() - used
        found[f"processor_seconds_a_member_on_{threads}"] = used / members
    found["finished"] = int((cohort["status"] == "finished").sum())
    found["largest_residual"] = float(cohort["relative_residual"].max())
    return found


def _loop(name: str, folder: str | None, looped: int) -> dict[str, float]:
    """Return the mean seconds of `Study.from_file(...).run()` with a killing rate of its own."""
    settings = [
        {"solver.tolerance": 1e-3, "kinetics.parameters.killing_rate": f"{1 + 0.01 * i} 1/day"}
        for i in range(looped)
    ]
    found = runs(folder, STUDY, settings)
    return {
        f"{kind}_a_run_in_a_loop{name}": float(np.mean([row[kind] for row in found]))
        for kind in ("seconds", "processor_seconds")
    }

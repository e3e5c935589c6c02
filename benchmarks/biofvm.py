"""Oxygen on a box of voxels of 20 um for a day, beside BioFVM's solver.

BioFVM (Ghaffarizadeh et al. 2016) is C++ that comes with PhysiCell and not with cartflow: the
environment variable CARTFLOW_BIOFVM names the folder of its sources, which are compiled here. Its
locally one-dimensional solver takes oxygen alone, at its usual step of 0.01 min; what a day costs
is its seconds a step times 144,000. cartflow's run is that of `tissue_oxygen`, with two kinds of
cells, at tolerances whose errors are measured. OMP_NUM_THREADS and NUMBA_NUM_THREADS say on how
many threads; all is timed in turn.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curves import relative_l2
from benchmarks.tissue_oxygen import problem, whole
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve

VARIABLE = "CARTFLOW_BIOFVM"
GOAL = 1500.0
_STEPS_A_DAY = 144_000
_FLAGS = ("-O3", "-march=native", "-fopenmp", "-std=c++11")
_MAIN = r"""
#include "BioFVM.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
using namespace BioFVM;
int main(int count, char** given)
{
    const double width = 20.0 * atoi(given[1]);
    const int steps = atoi(given[2]);
    Microenvironment oxygen;
    oxygen.set_density(0, "oxygen", "mmHg");
    oxygen.resize_space_uniform(0, width, 0, width, 0, width, 20.0);
    oxygen.diffusion_coefficients[0] = 1e5;
    oxygen.decay_rates[0] = 0.1;
    for (unsigned n = 0; n < oxygen.number_of_voxels(); n++) oxygen.density_vector(n)[0] = 38.0;
    oxygen.diffusion_decay_solver = diffusion_decay_solver__constant_coefficients_LOD_3D;
    for (int i = 0; i < 2; i++) oxygen.simulate_diffusion_decay(0.01);
    const clock_t processor = clock();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < steps; i++) oxygen.simulate_diffusion_decay(0.01);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    std::printf("seconds %.9g %.9g\n", double(clock() - processor) / CLOCKS_PER_SEC / steps,
                passed.count() / steps);
}
"""


def run(
    *,
    cells: int = 100,
    tolerances: Sequence[float] = (1e-1, 3e-2, 1e-2),
    reference: float = 1e-4,
    steps: int = 30,
    rounds: int = 3,
) -> dict[str, Any]:
    """Return seconds of both on `cells`^3 voxels, in turn, or say why there are none."""
    begin, title = time.perf_counter(), f"Oxygen on {cells}^3 voxels for a day, beside BioFVM"
    folder = os.environ.get(VARIABLE)
    if folder is None:
        return {"title": title, "skipped": f"{VARIABLE} names no folder with BioFVM's sources"}
    stated, start = problem(whole(cells))
    engine, volumes = FastEngine(stated), stated.geometry.cell_volumes
    evolve(engine, start, [0.0, 1e-3], tolerance=0.1)
    limit = evolve(engine, start, [0.0, 1.0], tolerance=reference).states[-1]
    days: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        program = _compiled(Path(folder), Path(place))
        rows = []
        for _ in range(rounds):
            days.setdefault("BioFVM", []).append(_a_day(program, cells, steps))
            for tolerance in tolerances:
                before = time.process_time(), time.perf_counter()
                result = evolve(engine, start, [0.0, 1.0], tolerance=tolerance)
                spent = time.process_time() - before[0], time.perf_counter() - before[1]
                days.setdefault(f"cartflow, tolerance {tolerance:g}", []).append(spent)
                error = relative_l2(result.states[-1], limit, volumes)
                rows.append((tolerance, error, result.accepted_steps, result.rejected_steps))
    told = {f"cartflow, tolerance {row[0]:g}": row[1:] for row in rows}
    return {
        "title": title,
        "rows": [_row(what, days, told) for what in days],
        "reference": f"cartflow at tolerance {reference:g}; BioFVM's error was not measured",
        "goal": f"{GOAL:g} times at an error of 1e-3",
        "seconds": time.perf_counter() - begin,
    }


def _row(what: str, days: dict[str, list[tuple[float, float]]], told: dict[str, Any]) -> Any:
    """Return the median seconds of a day, and of the ratios of BioFVM's to them, round by round."""
    processor, clock = np.median(days[what], axis=0)
    ratios = np.array(days["BioFVM"]) / np.array(days[what])
    error, steps, refused = told.get(what, (None, _STEPS_A_DAY, 0))
    return {
        "what": what,
        "error": error,
        "steps": steps,
        "refused": refused,
        "processor seconds a day": float(processor),
        "seconds a day": float(clock),
        "BioFVM's processor seconds over them": float(np.median(ratios[:, 0])),
        "BioFVM's seconds over them": float(np.median(ratios[:, 1])),
    }


def _compiled(folder: Path, place: Path) -> Path:
    """Return BioFVM's program, compiled from the sources in `folder`."""
    (place / "main.cpp").write_text(_MAIN, encoding="utf-8")
    sources = [str(file) for file in sorted(folder.glob("*.cpp"))]
    program = place / "oxygen"
    command = ["g++", *_FLAGS, f"-I{folder}", str(place / "main.cpp"), *sources, "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    return program


def _a_day(program: Path, cells: int, steps: int) -> tuple[float, float]:
    """Return the processor's and the clock's seconds of a day in BioFVM, from some `steps`."""
    done = subprocess.run(
        [str(program), str(cells), str(steps)], check=True, capture_output=True, text=True
    )
    line = next(each for each in done.stdout.splitlines() if each.startswith("seconds "))
    processor, clock = (float(each) for each in line.split()[1:])
    return processor * _STEPS_A_DAY, clock * _STEPS_A_DAY

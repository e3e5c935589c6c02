"""A hundred thousand cells in a cubic millimetre with oxygen, beside PhysiCell.

``python -m benchmarks.cells.speed --minutes 1 --physicell PATH`` runs both from the same settled
positions, one after the other, with the same three steps (diffusion 0.01 min, mechanics 0.1 min,
phenotype 6 min), and prints cell-minutes a second of processor time and of the clock. PATH is the
programme built of physicell_main.cpp with PhysiCell's sources and ``g++ -O3 -fopenmp``; without it
that half is skipped. ``--still`` leaves out diffusion and mechanics in both.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numba
import numpy as np

from cartflow.cells.run.beginning import start_of
from cartflow.cells.run.motion import Motion
from cartflow.cells.simulation import CellSimulation
from cartflow.study.study import Study

MINUTE = 1.0 / 1440.0
MODEL = """
title = "cells that take up oxygen"
[species.tumour]
role = "phenotype"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[parameters]
uptake = { value = "2.494e-5 mm^3/cell/min", source = "assumed", standing = "assumed" }
decay = { value = "0.1 1/min", source = "assumed", standing = "assumed" }
[reactions.uptake]
consumes = { oxygen = 1 }
rate = "uptake*tumour*oxygen"
[reactions.decay]
consumes = { oxygen = 1 }
rate = "decay*oxygen"
"""
WALLS = "\n".join(
    f'{name} = {{ type = "fixed_value", value = "38 ng/mm^3" }}'
    for name in ("left", "right", "bottom", "top", "front", "back")
)
STUDY = """
title = "cells in a cube"
[tumour]
[geometry]
shape = "box"
lengths = ["1 mm", "1 mm", "1 mm"]
cells = [50, 50, 50]
[kinetics]
models = ["oxygen.toml"]
[fields.tumour]
as = "cells"
initial = "1e5 cells/mm^3"
speed = "1 um/min"
persistence_time = "10 min"
{radius}
[fields.oxygen]
initial = "38 ng/mm^3"
diffusivity = "1e5 um^2/min"
[fields.oxygen.boundaries]
{walls}
[cells]
step = "6 min"
{crowding}
[time]
end = "1 day"
"""


def simulation(*, still: bool) -> CellSimulation:
    """Return the run, of which parts are stepped here."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "oxygen.toml").write_text(MODEL)
        text = STUDY.format(
            walls=WALLS,
            radius="" if still else 'radius = "8.413 um"',
            crowding="" if still else 'crowding = "spheres"\nadhesion = "0.4 um/min"',
        )
        run = Study.from_text(text, folder=Path(folder)).prepared
    assert isinstance(run, CellSimulation)
    return run


def ours(minutes: float, *, still: bool) -> tuple[np.ndarray, float, float, int]:
    """Return the settled positions (um), processor and clock seconds, and cells."""
    run = simulation(still=still)
    stepping = start_of(run.system, run.initial, run.save_times[0])
    motion: Motion = stepping.motion
    velocity = run.system.drift.velocity(stepping.tumour)
    stepping.cells = motion.go(stepping.cells, velocity, 3.0 * MINUTE)
    stepping.settle()
    rest = run.system.rest
    assert rest is not None
    position = 1e3 * stepping.cells.position
    state, _ = rest.step(stepping.tumour, 0.01 * MINUTE)
    start, begun = time.process_time(), time.perf_counter()
    for _ in range(round(minutes / 0.1)):
        stepping.cells = motion.go(stepping.cells, velocity, 0.1 * MINUTE)
        if not still:
            stepping.settle()
            for _ in range(10):
                state, _ = rest.step(replace_cells(state, stepping), 0.01 * MINUTE)
    spent, passed = time.process_time() - start, time.perf_counter() - begun
    return position, spent, passed, stepping.cells.size


def replace_cells(state: np.ndarray, stepping) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Return the fields with the cells where they are."""
    new = np.array(state)
    rows = stepping.system.rows
    new[rows] = stepping.tumour[rows]
    return new


def tell(name: str, work: float, spent: float, passed: float) -> None:
    """Print cell-minutes a processor second, and a second of the clock."""
    print(
        f"{name}: {work / spent:.4g} cell-minutes a processor second, {work / passed:.4g} a second"
    )


def main() -> None:
    """Run both and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=1.0)
    asked.add_argument("--physicell", type=Path, default=None)
    asked.add_argument("--still", action="store_true")
    given = asked.parse_args()
    position, spent, passed, cells = ours(given.minutes, still=given.still)
    work = cells * given.minutes
    tell("cartflow", work, spent, passed)
    if given.physicell is None or not given.physicell.is_file():
        print("PhysiCell: skipped, since no programme is given by --physicell")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        np.savetxt(file, position, fmt="%.4f")
        file.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        command = [given.physicell, file.name, str(given.minutes), str(numba.get_num_threads())]
        command += ["still"] if given.still else []
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    clock = float(said.split("seconds")[1].split()[0])
    tell("PhysiCell", work, spent, clock)


if __name__ == "__main__":
    main()

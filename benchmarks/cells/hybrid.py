"""Cells below a threshold and a density above it, beside all cells one by one.

``python -m benchmarks.cells.hybrid speed`` prints the processor time of a tumour of 1e6 cells, most
of them in mesh cells above the threshold, over that of every cell for itself in the same steps;
``front`` the speeds of a front that grows to a capacity, as the equation, with thresholds, and with
every cell for itself; ``kimmel`` the chance that a tumour that is killed, spread out over a slab,
dies out, with thresholds, with every cell for itself, and by Kendall's closed form (1948, doi
10.1214/aoms/1177730285).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cartflow.cells.simulation import CellSimulation
from cartflow.study.study import Study

EVERY = 1e12  # a threshold that no mesh cell reaches
MODEL = """
title = "cells that divide and die"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
division = {{ value = "{division} 1/day", source = "assumed", standing = "assumed" }}
death = {{ value = "{death} 1/day", source = "assumed", standing = "assumed" }}
capacity = {{ value = "{capacity} cells/mm^3", source = "assumed", standing = "assumed" }}
[reactions.division]
produces = {{ tumour = 1 }}
rate = "division*tumour"
[reactions.death]
consumes = {{ tumour = 1 }}
rate = "death*tumour + division*tumour*tumour/capacity"
"""
STUDY = """
title = "cells below a threshold"
[tumour]
[geometry]
{geometry}
[kinetics]
models = ["{model}"]
[fields.cart]
as = "cells"
[fields.tumour]
as = "cells_below"
threshold = "{threshold} cells"
diffusivity = "{diffusivity} mm^2/day"
initial = {initial}
[cells]
step = "{step} day"
[time]
end = "{end} day"
every = "{every} day"
"""


def simulation(
    *, threshold: float, division: float, death: float, capacity: float, **study: object
) -> CellSimulation:
    """Return the run of a study with these numbers."""
    with TemporaryDirectory() as folder:
        model = Path(folder, "model.toml")
        model.write_text(MODEL.format(division=division, death=death, capacity=capacity))
        text = STUDY.format(threshold=threshold, model=model.name, **study)
        prepared = Study.from_text(text, folder=Path(folder)).prepared
    assert isinstance(prepared, CellSimulation)
    return prepared


def seeded(run: CellSimulation, seed: int) -> CellSimulation:
    """Return the run with another seed."""
    return replace(run, asked=replace(run.asked, seed=seed))


def speed() -> None:
    """Print what a million cells take."""
    spent = {}
    for threshold in (50.0, EVERY):
        run = simulation(
            threshold=threshold,
            division=0.3,
            death=0.2,
            capacity=1e12,
            geometry='shape = "box"\nlengths = ["2 mm", "2 mm", "2 mm"]\ncells = [20, 20, 20]',
            initial='{ core = "1e6 cells/mm^3", rim = "2e3 cells/mm^3" }',
            diffusivity=0.02,
            step=15 / 1440,
            end=0.25,
            every=0.25,
        )
        _ = seeded(run, 2).run()
        start = time.process_time()
        record = run.run()
        spent[threshold] = time.process_time() - start
        last = record.snapshots[-1]
        print(
            f"threshold {threshold:g}: {spent[threshold]:.2f} s of processor time, 24 steps, ",
            end="",
        )
        print(f"{last.whole.sum():.0f} single cells, {last.dense.sum():.0f} as density", flush=True)
    print(f"ratio {spent[EVERY] / spent[50.0]:.1f}")


def front(number: float, seeds: int, thresholds: list[float]) -> None:
    """Print speeds over sqrt(r D), of `number` cells in sqrt(D/r) at capacity."""
    width, cells = 0.5, 260
    for threshold in thresholds:
        run = simulation(
            threshold=threshold,
            division=1.0,
            death=0.0,
            capacity=number,
            geometry=f'shape = "slab"\nlength = "{width * cells} mm"\ncells = {cells}\n'
            f'layers = {{ full = ["0 mm", "10 mm"] }}',
            initial=f'{{ all = "0 cells/mm^3", full = "{number} cells/mm^3" }}',
            diffusivity=1.0,
            step=0.05,
            end=50.0,
            every=1.0,
        )
        found = []
        for seed in range(1, seeds + 1):
            record = seeded(run, seed).run()
            amounts = [s.tumour[1] @ run.coupled.volumes / number for s in record.states]
            found.append((amounts[50] - amounts[20]) / 30.0)
        print(
            f"N {number:g}, threshold {threshold:g}: {np.mean(found):.3f} +- "
            f"{np.std(found, ddof=1) / np.sqrt(seeds):.3f}",
            flush=True,
        )


def kimmel(seeds: int) -> None:
    """Print chances that a tumour of 2000 cells dies out within ten days."""
    for death in (1.0, 1.1):
        grown = np.exp((0.3 - death) * 10.0)
        exact = float((death * (grown - 1.0) / (0.3 * grown - death)) ** 2000)
        for threshold in (5.0, 50.0, EVERY):
            run = simulation(
                threshold=threshold,
                division=0.3,
                death=death,
                capacity=1e12,
                geometry='shape = "slab"\nlength = "2 mm"\ncells = 20\n'
                'layers = { dense = ["0 mm", "0.5 mm"] }',
                initial='{ all = "400 cells/mm^3", dense = "2800 cells/mm^3" }',
                diffusivity=0.02,
                step=0.25,
                end=10.0,
                every=10.0,
            )
            lost = sum(not seeded(run, s).run().states[-1].tumour[1].any() for s in range(seeds))
            print(
                f"death {death}, threshold {threshold:g}: {lost} of {seeds}, closed form "
                f"{exact:.3f} +- {np.sqrt(exact * (1 - exact) / seeds):.3f}",
                flush=True,
            )


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("what", choices=("speed", "front", "kimmel"))
    asked.add_argument("--seeds", type=int, default=200)
    asked.add_argument("--number", type=float, default=1000.0)
    asked.add_argument("--thresholds", type=float, nargs="+", default=[1, 10, 50, EVERY])
    given = asked.parse_args()
    if given.what == "speed":
        speed()
    elif given.what == "front":
        front(given.number, given.seeds, given.thresholds)
    else:
        kimmel(given.seeds)


if __name__ == "__main__":
    main()

"""Stated against true errors in time over random studies: ``python benchmarks/time_errors.py``.

The true one is against a run at a hundredth of the tolerance, with bounds of its steps as much
shorter as that makes the steps; with ``--turns``, of studies whose body and tumour are stepped in
turns, against the run's own steps cut into three.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cartflow import Study
from cartflow.core.stepping import StepControl
from cartflow.coupling.record import Record
from cartflow.coupling.retraced import Retraced
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.coupling.stations import Stations
from cartflow.coupling.turns import InTurns
from cartflow.results.time_error import numbers_with_error, time_error
from cartflow.validation.numerics.random_studies import CLIMB, OPEN

STUDY = """
title = "A random study"
[body]
name = "mouse_28g"
[trafficking]
name = "{trafficking}"
[[doses]]
cells = "{cells:.6g} cells"
[[doses]]
cells = "2e6 cells"
route = "{route}"
time = "{time:.6g} day"
duration = "{duration} day"
[geometry]
{geometry}
[tumour]
host = "flank"
injection_region = "all"
{feeding}
[kinetics]
models = {models}
[fields.cart]
diffusivity = "{motility:.6g} mm^2/day"
initial = "{initial} cells/mm^3"
{fields}
[tissue]
porosity = 0.3
[time]
end = "{end} day"
{save}
"""
SHAPES = {
    "rim": 'shape = "ball"\nradius = "2 mm"\ncells = {cells}',
    "right": 'shape = "slab"\nlength = "2 mm"\ncells = {cells}',
}
MODELS = (
    ["none"],
    ["predator_prey"],
    ["predator_prey_exhaustion"],
    ["predator_prey", "chemokine"],
    ["sahoo2020"],
)


def random_study(random: np.random.Generator, tolerance: float) -> Study:
    """Return a study of body, doses, shape, kinetics, motility, feeding, length and saves drawn."""
    boundary = str(random.choice(list(SHAPES)))
    models = MODELS[random.integers(len(MODELS))]
    end = float(random.choice([0.3, 3.0, 14.0]))
    text = STUDY.format(
        trafficking=random.choice(["khot2019", "singh2020"]),
        cells=10 ** random.uniform(3, 8),
        route=random.choice(["intravenous", "intratumoural"]),
        time=random.uniform(0.01, 0.25),
        duration=random.choice([0.0, 0.02, 0.05]),
        geometry=SHAPES[boundary].format(cells=random.choice([6, 12, 24])),
        feeding=f'feeding = "rim"\nboundary = "{boundary}"' if random.random() < 0.5 else "",
        models=str(models).replace("'", '"'),
        motility=random.choice([0.0, 1e-3, 0.1, 20.0]),
        initial=random.choice([0.0, 300.0]),
        fields=(OPEN.format(boundary=boundary) if random.random() < 0.5 else "")
        + (CLIMB if "chemokine" in models else ""),
        end=end,
        save=f'save = ["1 min", "{0.5 * end} day"]' if random.random() < 0.5 else "",
    )
    return Study.from_text(text, settings={"solver.tolerance": tolerance})


_DENSE = {"fields.cart.density_dependence": {"reference": "1e4 cells/mm^3"}}
# What makes of a study on a line one in turns, by its shape.
_TURNS: dict[str, tuple[dict[str, Any], ...]] = {
    "ball": (
        {"geometry": {"shape": "phantom", "volume": "40 mm^3", "spacing": "0.8 mm"}},
        {
            "geometry": {
                "shape": "ellipsoid",
                "semi_axes": ["2 mm", "1.6 mm", "1.2 mm"],
                "spacing": "0.5 mm",
            }
        },
        _DENSE,
        {"organs.bone_marrow.kinetics.models": ["predator_prey"]},
    ),
    "slab": (
        {"geometry": {"shape": "box", "lengths": ["2 mm", "3 mm"], "cells": [4, 5]}},
        {"geometry": {"shape": "box", "lengths": ["2 mm", "3 mm", "4 mm"], "cells": [2, 3, 3]}},
        _DENSE,
        {"organs.spleen.kinetics.models": ["predator_prey"]},
    ),
}


def random_study_in_turns(random: np.random.Generator, tolerance: float) -> Study:
    """Return a study like `random_study`, but on voxels, of D(u), or with kinetics in organs."""
    study = random_study(random, tolerance)
    ways = _TURNS["ball" if '"ball"' in study.text else "slab"]
    found = study.with_settings(ways[random.integers(len(ways))])
    return random_study_in_turns(random, tolerance) if found.simulation.together else found


def random_study_on_voxels(random: np.random.Generator, tolerance: float) -> Study:
    """Return a study like `random_study`, of body and few voxels as one system."""
    study = random_study(random, tolerance)
    ways = _TURNS["ball" if '"ball"' in study.text else "slab"][:2]
    found = study.with_settings(ways[random.integers(len(ways))])
    return found if found.simulation.together else random_study_on_voxels(random, tolerance)


def errors_in_turns(study: Study) -> tuple[float, float]:
    """Return the stated and the true largest relative error of a study stepped in turns."""
    simulation = study.simulation
    record = _finished(simulation)
    stated = time_error(record, simulation)
    assert stated is not None, record.unchecked
    best = replace(record, states=[*record.states[:-1], cut_in_three(simulation)])
    numbers, exact = (numbers_with_error(each, simulation) for each in (record, best))
    return stated[0], max(abs(numbers[n] / exact[n] - 1.0) for n in numbers if n in exact)


def cut_in_three(simulation: Simulation) -> State:
    """Return how a run in turns ends with each of its steps cut into three."""
    run = InTurns(*simulation.beginning(), simulation.programme)
    for time in simulation.save_times[1:]:
        run.advance_to(time, None)
    times = run.stations.times
    parts = np.linspace(times[:-1], times[1:], 6, endpoint=False).T.ravel()
    run.stations = Stations(*parts, times[-1])
    finer = Retraced(*simulation.beginning(), simulation.programme)
    finer.retrace(run, None)
    return finer.state


def errors(study: Study) -> tuple[float, float]:
    """Return the stated and the true largest relative error of a study's numbers at the end."""
    simulation = study.simulation
    record = _finished(simulation)
    exact = replace(simulation, control=_hundredth(simulation.control))
    numbers, best = (numbers_with_error(_finished(each), each) for each in (simulation, exact))
    stated = time_error(record, simulation)
    assert stated is not None
    return stated[0], max(abs(numbers[name] / best[name] - 1.0) for name in numbers)


def _hundredth(control: StepControl) -> StepControl:
    """Return control at a hundredth of the tolerance, where longest steps are shorter, too.

    Late in a run steps are as long as they may be, at any tolerance.
    """
    shorter = 100**0.25
    return replace(
        control,
        tolerance=control.tolerance / 100,
        initial_step=control.initial_step / shorter,
        maximum_step=control.maximum_step / shorter,
        time_check=False,
    )


def _finished(simulation: Simulation) -> Record:
    record = simulation.run()
    assert record.outcome.status == "finished", record.outcome
    return record


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how stated and true errors compare."""
    parser = argparse.ArgumentParser(prog="benchmarks/time_errors.py", description=__doc__)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--turns", action="store_true")
    parser.add_argument("--voxels", action="store_true")
    options = parser.parse_args(arguments)
    random = np.random.default_rng(options.seed)
    draw, measure = (random_study, errors)
    if options.voxels:
        draw = random_study_on_voxels
    if options.turns:
        draw, measure = (random_study_in_turns, errors_in_turns)
    found = np.array([measure(draw(random, options.tolerance)) for _ in range(options.number)])
    share = found[:, 0] / np.maximum(found[:, 1], 1e-14)
    shares = ", ".join(
        f"{q:g} {np.quantile(share, q):.3g}" for q in (0.025, 0.25, 0.5, 0.75, 0.975)
    )
    print(f"{options.number} studies at tolerance {options.tolerance:g}")
    print(f"true errors: median {np.median(found[:, 1]):.2g}, largest {found[:, 1].max():.2g}")
    print(f"stated / true, quantiles: {shares}")
    print(f"within a factor 3: {100 * np.mean((share > 1 / 3) & (share < 3)):.3g} %")
    print(f"stated less than a third: {100 * np.mean(share < 1 / 3):.3g} %")


if __name__ == "__main__":
    main()

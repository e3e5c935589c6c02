"""A well-mixed tumour in every body, host and route against the lumped organ, by tolerance.

The lumped organ is solved exactly, at five times of a day; and stepped by the same method with the
run's own steps, at the end. ``python benchmarks/door.py`` prints the table of docs/engines.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from cartflow.core.tableaus import RODAS4
from cartflow.coupling.line.stepper import Going, LineStepper
from cartflow.validation.organs.door_runs import (
    Place,
    cells_of,
    largest_error,
    lumped_organ,
    measured,
    places,
    start_of,
    study_of,
    worst,
)

Array = np.ndarray
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-8, 1e-10)


def rosenbrock(matrix: Array, cells: Array, steps: Array) -> Array:
    """Return what the `steps` (days) of the method in use make of cells' = matrix @ cells."""
    method, one = RODAS4, np.eye(len(cells))
    for h in steps:
        factors = lu_factor(one / (method.gamma * h) - matrix)
        stages: list[Array] = []
        for i in range(method.m.size):
            at = cells + sum((method.a[i, j] * u for j, u in enumerate(stages)), np.zeros(1))
            earlier = sum((method.c[i, j] / h * u for j, u in enumerate(stages)), np.zeros(1))
            stages.append(lu_solve(factors, matrix @ at + earlier))
        cells = cells + sum(m * u for m, u in zip(method.m, stages, strict=True))
    return cells


def with_same_steps(place: Place, tolerance: float) -> float:
    """Return how far run and lumped organ are apart after a day in the same steps."""
    study = study_of(place, {"solver.tolerance": tolerance})
    simulation = study.simulation
    coupled, control, initial, time = simulation.beginning()
    state = coupled.start(initial, time)
    for dose in coupled.doses:
        state = coupled.given(dose, state)
    stepper, going = LineStepper(coupled, control), Going.first(control)
    floor = np.full(len(coupled.field_names), 1e-8 * sum(dose.cells for dose in coupled.doses))
    steps: list[Array] = []
    while state.time < 1.0:
        state, going = stepper.advance(state, going, 1.0, floor, None)
        steps.append(stepper.steps)
    lumped = lumped_organ(study)
    expected = rosenbrock(lumped.rates, start_of(lumped, place.route)[:, 0], np.concatenate(steps))
    return largest_error(lumped, cells_of(study, lumped, state), expected)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the errors by tolerance."""
    parser = argparse.ArgumentParser(prog="benchmarks/door.py", description=__doc__)
    parser.add_argument("--number", type=int, default=None, help="of places (default: all)")
    parser.add_argument("--tolerance", type=float, nargs="*", default=TOLERANCES)
    options = parser.parse_args(arguments)
    every = list(places(every_body=True))[: options.number]
    for tolerance in options.tolerance:
        settings = {"solver.tolerance": tolerance, "solver.time_check": False}
        found = [measured(place, settings) for place in every]
        together = max(with_same_steps(place, tolerance) for place in every)
        print(
            f"{tolerance:g}: {len(found)} runs, worst {worst(found).error:.2g}, "
            f"median {np.median([each.error for each in found]):.2g}, "
            f"residual {worst(found).residual:.2g}; in the same steps {together:.2g}",
            flush=True,
        )


if __name__ == "__main__":
    main()

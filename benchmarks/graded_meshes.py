"""What graded rows of cells buy: error against the number of cells, as docs/mesh.md shows it.

    python benchmarks/graded_meshes.py --figure docs/mesh.png

Takes about a minute. Needs nothing but cartflow.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.analyses.refinement.refine import refine
from cartflow.geometries.shapes.ball import ball
from cartflow.pde.boundary import FixedValue
from cartflow.pde.fast.engine import FastEngine
from cartflow.validation.problems import cells_problem, decaying

STUDY = Path(__file__).parents[1] / "examples" / "mouse_flank.toml"
CELLS = (25, 50, 100, 200)
GRADINGS = (None, 3, 10)
NUMBERS = {"tumour": "tumour cells", "in_tumour": "CAR T cells"}
LAYER = "uptake in a layer"
# A ball of 2 mm with a penetration of 0.1 mm.
RADIUS, DIFFUSIVITY, THIELE = 2.0, 0.1, 20.0


def flank(cells: int, grading: float | None) -> dict[str, float]:
    """Return the numbers of the example on so many cells."""
    settings: dict[str, object] = {"geometry.cells": cells}
    if grading is not None:
        settings["geometry.grading"] = grading
    found = refine(STUDY, levels=2, settings=settings)
    return {n: float(found["value"].sel(number=n)[0]) for n in NUMBERS}


def uptake_error(cells: int, grading: float | None) -> float:
    """Return the relative error of what a decaying species takes up from the rim, at rest."""
    geometry = ball(RADIUS, cells, grading=grading)
    rate = DIFFUSIVITY * (THIELE / RADIUS) ** 2
    held = {"rim": FixedValue(value=1.0)}
    problem = cells_problem(geometry, decaying("phenotype", rate), DIFFUSIVITY, boundaries=held)
    engine, state = FastEngine(problem), np.zeros((1, geometry.size))
    for step in np.geomspace(1e-3, 1e3, 25):
        state, _ = engine.step(state, step)
    # rate x the integral of sinh(phi r/R) R / (r sinh(phi)) is the flux through the rim.
    exact = 4.0 * np.pi * RADIUS * DIFFUSIVITY * (THIELE / np.tanh(THIELE) - 1.0)
    return abs(float(rate * state[0] @ geometry.cell_volumes / exact) - 1.0)


def measured() -> dict[tuple[str, float | None], list[float]]:
    """Return the errors over `CELLS` of every number, without and with grading."""
    reference = refine(STUDY, levels=2, settings={"geometry.cells": 400})["limit"]
    errors: dict[tuple[str, float | None], list[float]] = {}
    for grading in GRADINGS:
        for cells in CELLS:
            for name, value in flank(cells, grading).items():
                error = abs(value / float(reference.sel(number=name)) - 1.0)
                errors.setdefault((NUMBERS[name], grading), []).append(error)
            errors.setdefault((LAYER, grading), []).append(uptake_error(cells, grading))
    return errors


def figure_of(errors: dict[tuple[str, float | None], list[float]]) -> Figure:
    """Return a panel a number: error against cells, a line a grading."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    names = list(dict.fromkeys(name for name, _ in errors))
    for axes, name in zip(figure.subplots(1, len(names), sharey=True), names, strict=True):
        for grading, style in zip(GRADINGS, ("o-", "s--", "^:"), strict=True):
            label = "equal cells" if grading is None else f"grading {grading}"
            axes.loglog(CELLS, errors[name, grading], style, label=label)
        axes.set_title(name, fontsize="medium")
        axes.set_xlabel("cells")
        axes.set_xticks(CELLS, [str(n) for n in CELLS])
        axes.minorticks_off()
        axes.grid(visible=True, alpha=0.3)
    figure.axes[0].set_ylabel("relative error")
    figure.axes[0].legend(fontsize="small")
    return figure


def main() -> None:
    """Print the errors in percent and draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", type=Path, default=Path("mesh.png"))
    options = parser.parse_args()
    errors = measured()
    for (name, grading), values in errors.items():
        row = "  ".join(f"{100 * value:8.3g} %" for value in values)
        print(f"{name:20}  {grading or 'equal':>6}  {row}")
    figure_of(errors).savefig(options.figure, dpi=110)


if __name__ == "__main__":
    main()

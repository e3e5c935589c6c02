"""A kinetics model run well mixed: its scenario with changes in, a tree of results out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.alone.random_runs import random_runs
from cartflow.alone.settings import chosen_scenario
from cartflow.alone.tree import simulated_tree
from cartflow.core import arguments
from cartflow.core.dataset import without_fill, write
from cartflow.core.outcome import RunStopped, StepFailed
from cartflow.core.paths import as_path
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.trajectory import Trajectory, run
from cartflow.kinetics.scenario import Scenario

_LARGEST_SEED = 2**63 - 1
_MOST_RUNS = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulated:
    """A run of a kinetics model alone: `tree` holds species, balance and parameters."""

    model: Model
    scenario: Scenario
    course: Trajectory
    tree: xr.DataTree

    def write(self, path: str | Path) -> None:
        """Write the tree as netCDF-4."""
        write(self.tree, as_path(path, "Simulated.write"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow simulate`` prints."""
        rows = [("model", f"{self.model.name}: {self.model.network.title}")]
        rows.append(("scenario", f"{self.scenario.name}: {self.scenario.title}"))
        grid = self.course.grid()
        states = self.course.present(grid)
        for row, s in enumerate(self.model.network.species):
            if s.name == self.model.clock:
                continue
            whole = s.unit == "cell/mm^3" and self.model.volume is not None
            values = states[:, row] * (self.model.volume or 1.0 if whole else 1.0)
            unit = " cells" if whole else {"1": ""}.get(s.unit, f" {s.unit}")
            peak, last = int(np.argmax(values)), float(values[-1])
            text = f"highest {values[peak]:.6g}{unit} at day {grid[peak]:.4g}"
            rows.append((s.name, f"{text}, at the end {last:.6g}{unit}"))
        for name, tree in self.model.quantities.items():
            values = self.course.measure(tree, grid)
            peak = int(np.argmax(values))
            text = f"highest {values[peak]:.6g} at day {grid[peak]:.4g}"
            rows.append((name, f"{text}, at the end {values[-1]:.6g}"))
        rows += [("note", flag) for flag in self.model.flags if self.model.network.alone]
        if "balance" in self.tree.children:
            worst = float(self.tree["balance"].to_dataset()["relative_residual"].max())
            rows.append(("balance", f"largest |residual| / (infused + born) = {worst:.2g}"))
        if "stochastic" in self.tree.children:
            rows.append(("stochastic", str(self.tree["stochastic"].attrs["summary"])))
        width = max(len(name) for name, _ in rows)
        return [f"{name.ljust(max(width, 12))}  {text}" for name, text in rows]


def simulate(
    name_or_path: str | Path,
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    runs: int | None = None,
    seed: int = 1,
) -> Simulated:
    """Run a model well mixed through a scenario (the first, if none is named).

    `settings` change parameters by name, ``initial.SPECIES``, ``end``, and ``doses.N.amount``
    and ``doses.N.time``. With `runs` as many random runs are added, reproducible by `seed`.
    Raises `InputError`, or `RunStopped` where the run cannot go on.
    """
    settings = arguments.table(settings, "settings")
    seed = arguments.whole_number(seed, "seed", 0, _LARGEST_SEED)
    if runs is not None:
        runs = arguments.whole_number(runs, "stochastic", 1, _MOST_RUNS)
    model = load_model(name_or_path)
    chosen = chosen_scenario(model, scenario, settings)
    try:
        course = run(model, chosen, accounts=True)
    except StepFailed as error:
        msg = f"{model.name}: {error}"
        raise RunStopped(msg) from None
    tree = simulated_tree(model, chosen, course, settings)
    if runs is not None:
        tree["stochastic"] = xr.DataTree(without_fill(random_runs(model, chosen, runs, seed)))
    return Simulated(model=model, scenario=chosen, course=course, tree=tree)

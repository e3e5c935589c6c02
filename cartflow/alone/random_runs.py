"""Random runs of a kinetics model as a dataset: exact, or hybrid where few cells are left."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.hybrid import hybrid_runs
from cartflow.kinetics.runs.stochastic import exact_runs
from cartflow.kinetics.scenario import Scenario
from cartflow.study.schedule import even_times

Array = np.ndarray
_POINTS = 400


def random_runs(model: Model, scenario: Scenario, runs: int, seed: int) -> xr.Dataset:
    """Return random runs: hybrid for a model that says where few begins, else exact.

    Numbers of cells by run and time, and the share of runs that die out.
    """
    generator = np.random.default_rng(seed)
    if model.few:
        return _hybrid(model, scenario, runs, generator, seed)
    times = np.array(even_times(scenario.end.value, _POINTS + 1))
    counts = exact_runs(model, scenario, times, runs, generator)
    dims = ("run", "time")
    dataset = xr.Dataset(
        {
            s.name: variable(dims, counts.numbers[:, :, i].astype(float), "cell", s.long_name)
            for i, s in enumerate(model.network.species)
        }
    )
    gone = {s.name: counts.extinct(i) for i, s in enumerate(model.network.species)}
    text = ", ".join(f"{name} {share:.4g}" for name, share in gone.items())
    return _described(dataset, times, f"exact, {runs} runs, seed {seed}; died out: {text}")


def _hybrid(
    model: Model, scenario: Scenario, runs: int, generator: np.random.Generator, seed: int
) -> xr.Dataset:
    found = hybrid_runs(model, scenario, runs, generator)
    if found is None:
        name = next(iter(model.few))
        text = f"hybrid: '{name}' never falls so low that it could die out"
        return _described(xr.Dataset(), np.zeros(0), text)
    kept = np.unique(np.linspace(0, found.times.size - 1, _POINTS + 1).astype(int))
    row = model.network.index(found.species)
    name = model.network.species[row].long_name or found.species
    dataset = xr.Dataset(
        {
            found.species: variable(("run", "time"), found.numbers[:, kept], "cell", name),
            "extinction_probability": variable(
                ("time",), found.probability[kept], "1", "probability to have died out (Kendall)"
            ),
        }
    )
    text = (
        f"hybrid, {runs} runs, seed {seed}; {found.species} below {found.threshold:g} cells from "
        f"day {found.since:.4g}; died out in {found.extinct():.4g} of the runs, "
        f"closed form {found.probability[-1]:.4g}"
    )
    return _described(dataset, found.times[kept], text)


def _described(dataset: xr.Dataset, times: Array, text: str) -> xr.Dataset:
    if times.size:
        dataset = dataset.rename({"time": "random_time"}).assign_coords(
            random_time=variable(("random_time",), times, "day", "time of the random runs")
        )
    dataset.attrs["summary"] = text
    return dataset

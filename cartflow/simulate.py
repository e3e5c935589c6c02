"""A kinetics model run well mixed: its scenario with changes in, a tree of results out."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.bibliography import reference, references
from cartflow.dataset import label, parameter_group, variable, without_fill, write
from cartflow.kinetics.hybrid import hybrid_runs
from cartflow.kinetics.load import load_model
from cartflow.kinetics.model import Model
from cartflow.kinetics.scenario import Dose, Scenario
from cartflow.kinetics.stochastic import exact_runs
from cartflow.kinetics.timeline import with_end
from cartflow.kinetics.trajectory import Trajectory, run
from cartflow.outcome import InputError, RunStopped, StepFailed, suggest
from cartflow.parameters import Parameter, parameter

Array = np.ndarray
_POINTS = 400


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulated:
    """A run of a kinetics model alone: `tree` holds species, balance and parameters."""

    model: Model
    scenario: Scenario
    course: Trajectory
    tree: xr.DataTree

    def write(self, path: str | Path) -> None:
        """Write the tree as netCDF-4."""
        write(self.tree, Path(path))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow simulate`` prints."""
        rows = [("model", f"{self.model.name}: {self.model.network.title}")]
        rows.append(("scenario", f"{self.scenario.name}: {self.scenario.title}"))
        grid = self.course.grid()
        states = self.course.at(grid)
        for row, s in enumerate(self.model.network.species):
            whole = s.unit == "cell/mm^3" and self.model.volume is not None
            values = states[:, row] * (self.model.volume or 1.0 if whole else 1.0)
            unit = " cells" if whole else {"1": ""}.get(s.unit, f" {s.unit}")
            peak, last = int(np.argmax(values)), float(np.maximum(values[-1], values.min()))
            text = f"highest {values[peak]:.6g}{unit} at day {grid[peak]:.4g}"
            rows.append((s.name, f"{text}, at the end {last:.6g}{unit}"))
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
    settings = settings or {}
    model = load_model(name_or_path)
    chosen = _with_settings(model, _scenario(model, scenario, settings), settings)
    if runs is not None and runs < 1:
        msg = f"--stochastic {runs}: at least one run is needed"
        raise InputError(msg)
    try:
        course = run(model, chosen, accounts=True)
    except StepFailed as error:
        msg = f"{model.name}: {error}"
        raise RunStopped(msg) from None
    tree = _tree(model, chosen, course, settings)
    if runs is not None:
        tree["stochastic"] = xr.DataTree(without_fill(random_runs(model, chosen, runs, seed)))
    return Simulated(model=model, scenario=chosen, course=course, tree=tree)


def _scenario(model: Model, name: str | None, settings: Mapping[str, Any]) -> Scenario:
    if model.scenarios or name is not None or "end" not in settings:
        return model.scenario(name)
    days = replace(parameter("1 day", "day"), note="replaced by the setting")
    return Scenario(name="own", title="start and end from the settings", end=days)


def _with_settings(model: Model, scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
    where = f"kinetics '{model.name}': --set"
    doses = [i for i, e in enumerate(scenario.events) if isinstance(e, Dose)]
    for key, value in settings.items():
        kind, _, rest = key.partition(".")
        try:
            if key == "end":
                scenario = with_end(scenario, parameter(value, "day").value)
            elif kind == "initial" and rest in model.network.species_names:
                start = model.scaling.amount(
                    value, model.network.species[model.network.index(rest)]
                )
                scenario = replace(scenario, initial={**scenario.initial, rest: start})
            elif key in model.network.parameters:
                unit = model.network.parameters[key].unit
                changed = model.scaling.restated(key, value, unit)
                scenario = replace(scenario, parameters={**scenario.parameters, key: changed})
            elif kind == "doses":
                scenario = _with_dose(model, scenario, doses, rest, value)
            else:
                allowed = [*model.network.parameters, "end", "doses.0.amount"]
                allowed += [f"initial.{n}" for n in model.network.species_names]
                msg = f"unknown key; {suggest(key, allowed)}"
                raise InputError(msg)
        except InputError as error:
            msg = f"{where} {key}: {error}"
            raise InputError(msg) from None
    return scenario


def _with_dose(
    model: Model, scenario: Scenario, doses: list[int], rest: str, value: Any
) -> Scenario:
    number, _, key = rest.partition(".")
    if number not in map(str, range(len(doses))) or key not in {"amount", "time"}:
        msg = f"write doses.N.amount or doses.N.time; the scenario has {len(doses)} dose(s)"
        raise InputError(msg)
    place = doses[int(number)]
    old = scenario.events[place]
    assert isinstance(old, Dose)
    if key == "amount":
        species = model.network.species[model.network.index(old.species)]
        new = replace(old, amount=model.scaling.amount(value, species))
    else:
        moment = replace(old.moment, time=parameter(value, "day"), name="")
        new = replace(old, moment=moment)
    events = (*scenario.events[:place], new, *scenario.events[place + 1 :])
    return replace(scenario, events=events)


def _tree(
    model: Model, scenario: Scenario, course: Trajectory, settings: Mapping[str, Any]
) -> xr.DataTree:
    numbers = _numbers(model, scenario, course)
    keys = references([*model.network.references, *(p.source for p in numbers.values())])
    times = _times(course)
    root = xr.Dataset(coords={"time": variable(("time",), times, "day", "time", axis="T")})
    root.attrs = {
        "Conventions": "CF-1.11",
        "title": f"{model.network.title}; {scenario.title or scenario.name}",
        "source": f"cartflow {_version('cartflow')}",
        "history": f"{_now()} cartflow simulate",
        "references": "; ".join(reference(key) for key in keys),
        "reference_keys": " ".join(keys),
        "model": model.name,
        "scenario": scenario.name,
        "settings": json.dumps(dict(settings), default=str),
        "flags": "; ".join(model.flags),
        "outcome": "finished",
        "integrator": "LSODA, relative tolerance 1e-10",
        "scipy_version": _version("scipy"),
    }
    groups = {"/": root, "/species": _species(model, course, times)}
    if course.network.is_product.any():
        groups["/balance"] = _balance(course, times)
    groups["/parameters"] = parameter_group(numbers)
    return xr.DataTree.from_dict({name: without_fill(ds) for name, ds in groups.items()})


def _numbers(model: Model, scenario: Scenario, course: Trajectory) -> dict[str, Parameter]:
    found = {f"kinetics.{n}": p for n, p in course.network.parameters.items()}
    if model.scaling.volume is not None:
        found["compartment_volume"] = model.scaling.volume
    found |= {f"extinction.{n}": p for n, p in model.extinction.items()}
    return found | {f"scenario.{k.partition('.')[2]}": p for k, p in scenario.numbers().items()}


def _times(course: Trajectory) -> Array:
    ends = [p.start for p in course.pieces] + [course.pieces[-1].end]
    grid = course.grid()
    peaks = grid[np.argmax(course.at(grid), axis=0)]
    return np.unique(np.concatenate([np.linspace(0.0, ends[-1], _POINTS + 1), ends, peaks]))


def random_runs(model: Model, scenario: Scenario, runs: int, seed: int) -> xr.Dataset:
    """Return random runs: hybrid for a model that says where few begins, else exact.

    Numbers of cells by run and time, and the share of runs that die out.
    """
    generator = np.random.default_rng(seed)
    if model.few:
        return _hybrid(model, scenario, runs, generator, seed)
    times = np.linspace(0.0, scenario.end.value, _POINTS + 1)
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


def _species(model: Model, course: Trajectory, times: Array) -> xr.Dataset:
    # What the integrator leaves below zero is round-off, but for signals.
    signal = np.array([s.role == "signal" for s in course.network.species])
    states = np.where(signal, course.at(times), np.maximum(course.at(times), 0.0))
    variables = {}
    for row, s in enumerate(course.network.species):
        name = s.long_name or s.name
        variables[s.name] = variable(("time",), states[:, row], s.unit, name, role=s.role)
        if s.unit == "cell/mm^3" and model.volume is not None:
            total = states[:, row] * model.volume
            text = f"{name}, in the whole compartment"
            variables[f"{s.name}_total"] = variable(("time",), total, "cell", text, role=s.role)
    return xr.Dataset(variables)


def _balance(course: Trajectory, times: Array) -> xr.Dataset:
    """Return the terms of infused + born - died + converted = present, per product species."""
    network = course.network
    product = network.is_product
    names = [s.name for s, p in zip(network.species, product, strict=True) if p]
    unit = next(s.unit for s, p in zip(network.species, product, strict=True) if p)
    infused, born, died, converted = np.moveaxis(course.accounts(times), 1, 0)
    present = course.at(times)[:, product]
    gap = infused + born - died + converted - present
    turnover = np.maximum((infused + born).sum(axis=1), 1e-300)
    dims = ("time", "phenotype")
    columns = {
        "infused": (infused, "product cells there at the start and given"),
        "born": (born, "born since the start"),
        "died": (died, "died since the start"),
        "converted": (converted, "gained from other phenotypes"),
        "present": (present, "present"),
        "residual": (gap, "infused + born - died + converted - present"),
    }
    dataset = xr.Dataset(
        {n: variable(dims, v, unit, text) for n, (v, text) in columns.items()},
        coords={"phenotype": label(("phenotype",), names, "product species")},
    )
    relative = np.abs(gap.sum(axis=1)) / turnover
    dataset["relative_residual"] = variable(
        ("time",), relative, "1", "|sum of the residual| / (infused + born)"
    )
    return dataset


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

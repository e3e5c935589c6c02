"""The tree of results of a kinetics model run alone: species, balance, parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.bibliography import reference, references
from cartflow.core.dataset import label, parameter_group, variable, without_fill
from cartflow.core.parameters import Parameter
from cartflow.core.provenance import installed_version, now
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.trajectory import Trajectory
from cartflow.kinetics.scenario import Scenario
from cartflow.study.schedule import even_times

Array = np.ndarray
_POINTS = 400


def simulated_tree(
    model: Model, scenario: Scenario, course: Trajectory, settings: Mapping[str, Any]
) -> xr.DataTree:
    """Return the tree of a scenario's course, with everything that its file should say."""
    numbers = _numbers(model, scenario, course)
    keys = references([*model.network.references, *(p.source for p in numbers.values())])
    times = _times(course)
    root = xr.Dataset(coords={"time": variable(("time",), times, "day", "time", axis="T")})
    root.attrs = {
        "Conventions": "CF-1.11",
        "title": f"{model.network.title}; {scenario.title or scenario.name}",
        "source": f"cartflow {installed_version('cartflow')}",
        "history": f"{now()} cartflow simulate",
        "references": "; ".join(reference(key) for key in keys),
        "reference_keys": " ".join(keys),
        "model": model.name,
        "scenario": scenario.name,
        "settings": json.dumps(dict(settings), default=str),
        "flags": "; ".join(model.flags),
        "outcome": "finished",
        "integrator": "LSODA, relative tolerance 1e-10",
        "scipy_version": installed_version("scipy"),
    }
    groups = {"/": root, "/species": _species(model, course, times)}
    if course.network.is_product.any():
        groups["/balance"] = _balance(course, times)
    if model.quantities:
        groups["/quantities"] = _quantities(model, course, times)
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
    return np.unique(np.concatenate([even_times(ends[-1], _POINTS + 1), ends, peaks]))


def _species(model: Model, course: Trajectory, times: Array) -> xr.Dataset:
    states = course.present(times)
    variables = {}
    for row, s in enumerate(course.network.species):
        name = s.long_name or s.name
        variables[s.name] = variable(("time",), states[:, row], s.unit, name, role=s.role)
        if s.unit == "cell/mm^3" and model.volume is not None:
            total = states[:, row] * model.volume
            text = f"{name}, in the whole compartment"
            variables[f"{s.name}_total"] = variable(("time",), total, "cell", text, role=s.role)
    return xr.Dataset(variables)


def _quantities(model: Model, course: Trajectory, times: Array) -> xr.Dataset:
    """Return what the model works out from its species, under the names of its file."""
    return xr.Dataset(
        {
            name: variable(("time",), course.measure(tree, times), "1", name)
            for name, tree in model.quantities.items()
        }
    )


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

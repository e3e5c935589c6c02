"""The result of a run: an ``xarray.DataTree`` with fixed names, and its summary."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.bibliography import reference
from cartflow.dataset import label, parameter_group, read, variable, without_fill, write
from cartflow.ledger import residual
from cartflow.outcome import Outcome, RunStopped
from cartflow.parameters import Parameter
from cartflow.pbpk.observables import SPACES, in_body, organ_table, venous_concentration
from cartflow.simulation import Record, Simulation
from cartflow.tumour_group import tumour_group

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """A run that has ended: `tree` holds body, tumour, exchange, balance and parameters."""

    tree: xr.DataTree
    outcome: Outcome

    def write(self, path: str | Path) -> None:
        """Write the tree as netCDF-4."""
        write(self.tree, Path(path))

    def require_finished(self) -> Result:
        """Return the result; raise `RunStopped` with the outcome's text if the run stopped."""
        if self.outcome.status != "finished":
            raise RunStopped(str(self.outcome))
        return self

    def summary(self) -> dict[str, float]:
        """Return the numbers a reader asks for first; see `summarise`."""
        return summarise(self.tree)


def load_result(path: str | Path) -> xr.DataTree:
    """Return the tree in a result file; raise `InputError` if the file holds none."""
    return read(Path(path))


def summarise(tree: xr.DataTree) -> dict[str, float]:
    """Return the cells that reached the tumour, those there at the end, the depth, the residual.

    ``depth`` (mm) is how far below the rim 95 % of the tumour's product cells stay above;
    ``relative_residual`` is the largest |residual_total| / (infused + born) of any saved time.
    """
    balance, tumour = tree["balance"].to_dataset(), tree["tumour"].to_dataset()
    reached = tree["exchange"].to_dataset()["cumulative_inflow"]
    turnover = (balance["infused"] + balance["born"]).sum("phenotype")
    size = np.abs(balance["residual_total"]) / turnover.where(turnover > 0, 1.0)
    return {
        "time": float(balance["time"][-1]),
        "infused": float(balance["infused"][-1].sum()),
        "reached_tumour": float(reached[-1].sum()),
        "in_tumour": float(balance["in_tumour"][-1].sum()),
        "depth": float(tumour["penetration_depth_all"][-1]),
        "maximal_depth": float(tumour["depth"].max()),
        "relative_residual": float(size.max()),
    }


def build_result(
    record: Record,
    simulation: Simulation,
    *,
    title: str,
    study: str,
    settings: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    references: list[str],
) -> Result:
    """Return the result of a `Record` with everything that its file should say about itself."""
    root = xr.Dataset(coords=_shared(record, simulation))
    root.attrs = {
        "Conventions": "CF-1.11",
        "title": title,
        "source": f"cartflow {_version('cartflow')}",
        "history": f"{_now()} cartflow run",
        "references": "; ".join(reference(key) for key in references),
        "reference_keys": " ".join(references),
        "study": study,
        "settings": json.dumps(dict(settings), default=str),
        "outcome": str(record.outcome),
        "trafficking_scaling": simulation.coupled.network.scaling,
        "steps_accepted": record.accepted_steps,
        "steps_rejected": record.rejected_steps,
        "step_error_sum": record.error_sum,
        "step_tolerance": simulation.control.tolerance,
        "step_extrapolation": str(simulation.control.extrapolate).lower(),
        "step_maximum": simulation.control.maximum_step,
        **simulation.coupled.engine.settings(),
        "numpy_version": _version("numpy"),
        "scipy_version": _version("scipy"),
        "xarray_version": _version("xarray"),
    }
    groups = {
        "/": root,
        "/body": _body(record, simulation),
        "/tumour": tumour_group(record, simulation),
        "/exchange": _exchange(record),
        "/balance": _balance(record, simulation),
        "/parameters": parameter_group(parameters),
    }
    tree = xr.DataTree.from_dict({name: without_fill(ds) for name, ds in groups.items()})
    return Result(tree=tree, outcome=record.outcome)


def _shared(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    network = simulation.coupled.engine.problem.network
    names = [s.name for s, p in zip(network.species, network.is_product, strict=True) if p]
    times = [s.time for s in record.states]
    return {
        "time": variable(("time",), times, "day", "time since the start", axis="T"),
        "phenotype": label(("phenotype",), names, "phenotype of the product cells"),
    }


def _body(record: Record, simulation: Simulation) -> xr.Dataset:
    table = organ_table(simulation.coupled.network)
    organs = list(table.organs)
    places = [SPACES.index(space) for space in table.spaces]
    shots = record.states
    products = shots[0].body.shape[1]
    cells = np.full((len(shots), products, len(organs), len(SPACES)), np.nan)
    cells[..., places] = [table.cells(s.body) for s in shots]
    volume = np.full((len(organs), len(SPACES)), np.nan)
    volume[:, places] = table.volumes
    tissue = SPACES.index("tissue")
    cells[:, :, organs.index("tumour"), tissue] = _in_tumour(record, simulation)
    volume[organs.index("tumour"), tissue] = simulation.coupled.engine.problem.geometry.volume
    venous = [venous_concentration(simulation.coupled.network, s.body) for s in shots]
    dims = ("time", "phenotype", "organ", "space")
    return xr.Dataset(
        {
            "cells": variable(dims, cells, "cell", "product cells by organ and space"),
            "volume": variable(("organ", "space"), volume, "mm^3", "volume of the space"),
            "blood_concentration": variable(
                ("time", "phenotype"), venous, "cell/mm^3", "product cells in venous blood"
            ),
        },
        coords={
            "organ": label(("organ",), organs, "organ"),
            "space": label(("space",), list(SPACES), "space within the organ"),
        },
    )


def _exchange(record: Record) -> xr.Dataset:
    shots = record.states
    dims = ("time", "phenotype")
    inflow = np.array([s.ledger.inflow for s in shots])
    egress = np.array([s.ledger.egress for s in shots])
    elapsed = np.diff([s.time for s in shots])[:, None]
    means = [
        np.vstack([np.zeros_like(a[:1]), np.diff(a, axis=0) / elapsed]) for a in (inflow, egress)
    ]
    mean = "time: mean (since the last saved time)"
    return xr.Dataset(
        {
            "inflow": variable(
                dims, means[0], "cell/day", "cells from vessels into the tumour", cell_methods=mean
            ),
            "egress": variable(
                dims, means[1], "cell/day", "cells from the tumour into lymph", cell_methods=mean
            ),
            "cumulative_inflow": variable(dims, inflow, "cell", "cells that entered the tumour"),
            "cumulative_egress": variable(dims, egress, "cell", "cells that left by lymph"),
        }
    )


def _balance(record: Record, simulation: Simulation) -> xr.Dataset:
    shots = record.states
    body = [in_body(simulation.coupled.network, s.body) for s in shots]
    tumour = _in_tumour(record, simulation)
    # What vessels and tumour hand over is delivered within the step, so nothing is under way.
    transit = np.zeros_like(tumour)
    parts = zip(shots, body, tumour, transit, strict=True)
    gaps = np.array([residual(s.ledger, b, t, under_way) for s, b, t, under_way in parts])
    columns = {
        "infused": (
            [s.ledger.infused for s in shots],
            "cells given, with those there at the start",
        ),
        "in_body": (body, "cells in the body without the tumour's tissue"),
        "in_tumour": (tumour, "cells in the tumour's tissue"),
        "in_transit": (transit, "cells handed over, not yet delivered"),
        "born": ([s.ledger.born for s in shots], "cells born since the start"),
        "died": ([s.ledger.died for s in shots], "cells that died or left for good"),
        "converted": ([s.ledger.converted for s in shots], "cells gained from other phenotypes"),
        "residual": (gaps, "infused + born - died + converted - in_body - in_tumour - in_transit"),
    }
    dims = ("time", "phenotype")
    dataset = xr.Dataset({n: variable(dims, v, "cell", text) for n, (v, text) in columns.items()})
    dataset["residual_total"] = variable(("time",), gaps.sum(axis=1), "cell", "sum of the residual")
    return dataset


def _in_tumour(record: Record, simulation: Simulation) -> Array:
    return np.array([simulation.coupled.in_tumour(s.tumour) for s in record.states])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

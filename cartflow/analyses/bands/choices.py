"""What each body's tumour gets with every model and rule of trafficking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.bands.spread import BY_CHOICE, with_shares
from cartflow.analyses.compare import settings_in
from cartflow.analyses.sweep.asked import Asked, prepared
from cartflow.analyses.sweep.task import Task, Watch
from cartflow.core import arguments
from cartflow.core.dataset import without_fill
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path
from cartflow.pbpk.files.load import load_trafficking, trafficking_names
from cartflow.study.schema import TraffickingTable
from cartflow.study.study import Study

Array = np.ndarray
# published_rate is vascular_volume by another name.
RULES = ("capture_per_pass", "vascular_volume", "perfusion", "allometric")


def asked(
    compared: xr.Dataset,
    path: str | Path,
    *,
    settings: Mapping[str, object] | None = None,
    trafficking: Sequence[str] = (),
    rules: Sequence[str] = RULES,
    workers: int | None = None,
) -> Task:
    """Return the sweep of the study at `path` over `trafficking` models and scaling `rules`.

    In each body of what `compare` found, with its dose. Without `trafficking` the models are the
    study's own and those that ship with a rate at which cells leave a tumour's vessels. Raises
    `InputError`.
    """
    own = Study.from_file(as_path(path, "bands"), arguments.table(settings, "settings"))
    bodies = [str(name) for name in compared["body"].values]
    over: dict[str, Any] = {
        "body": settings_in(own, bodies, str(compared.attrs["dose_rule"])),
        "trafficking.name": arguments.names(trafficking, "trafficking") or _with_vessels(own),
        "trafficking.scaling": arguments.names(rules, "rules"),
    }
    return prepared(own, Asked(over=over, outcomes=["delivery"]), workers=workers)


def with_bands(compared: xr.Dataset, task: Task, watch: Watch | None = None) -> xr.Dataset:
    """Return what `compare` found, with delivery by every choice of the sweep that was `asked`.

    ``delivery_by_choice`` (body, trafficking, scaling) is in 1/mL; ``delivery_low``,
    ``delivery_median`` and ``delivery_high`` (body) are its band. A choice that the study cannot
    have is nan, and its reason in ``status``. Raises `InputError` if none runs in every body.
    """
    found = task.run(watch)
    by_choice = found["delivery"].variable
    if not np.isfinite(by_choice.values).all(axis=0).any():
        raise InputError("bands: no choice of model and rule runs in every body")
    dataset = compared.assign_coords(trafficking=found["trafficking"], scaling=found["scaling"])
    dataset[BY_CHOICE], dataset["status"] = by_choice, found["status"].variable
    for name, share in (("low", 0.0), ("median", 0.5), ("high", 1.0)):
        values = np.nanquantile(by_choice.values, share, axis=(1, 2))
        text = f"delivery over all models and rules, {name}"
        attrs = {"units": "mL-1", "long_name": text}
        dataset[f"delivery_{name}"] = xr.Variable(("body",), values, attrs)
    table = _named(task.plan.study)
    dataset.attrs["own_choice"] = f"{table.name} {table.scaling}"
    return without_fill(with_shares(dataset))


def _named(study: Study) -> TraffickingTable:
    """Return what the study says of its trafficking model."""
    table = study.table.trafficking
    if table is None:
        msg = f"{study.name}: a tumour alone has no trafficking model to vary"
        raise InputError(msg)
    return table


def _with_vessels(own: Study) -> list[str]:
    """Return the study's model, and those that ship and have cells leave a tumour's vessels.

    The others take cells from all blood at one rate in every body, or every cell that passes.
    """
    first = _named(own).name
    found = {name: load_trafficking(name).tumour for name in trafficking_names()}
    rated = [n for n, t in found.items() if t is not None and t.transmigration_rate is not None]
    return list(dict.fromkeys([first, *rated]))

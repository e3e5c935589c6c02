"""The same product and tumour in several bodies: runs, numbers, and one dataset."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import xarray as xr

from cartflow.core import arguments
from cartflow.core.assumed import assumed, in_words
from cartflow.core.dataset import label, without_fill
from cartflow.core.outcome import InputError, RunStopped, named, require_known
from cartflow.core.parameters import Parameter
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body
from cartflow.pbpk.metrics import auc, maximum, terminal_half_lives
from cartflow.results.only_counted import OnlyCounted, worth_counting
from cartflow.study.dosing import dosed_cells
from cartflow.study.overrides import without_folders
from cartflow.study.schema import TimeTable
from cartflow.study.study import Study

DoseRule = Literal["number", "per_kg", "allometric"]
_EXPONENT = {"number": 0.0, "per_kg": 1.0, "allometric": 0.75}
_NG_PER_KG = 1e12
_MM3_PER_ML = 1e3
# From about a second after each dose: a course that falls in minutes needs samples in seconds.
_FIRST, _SAMPLES = 1e-5, 80


def compare(
    path: str | Path,
    bodies: Sequence[str],
    *,
    dose: str = "number",
    settings: Mapping[str, object] | None = None,
    watch: Callable[[str], None] | None = None,
) -> xr.Dataset:
    """Run the study at `path` in each body; return one dataset with the dimension ``body``.

    `dose` keeps the ``number`` of cells of the study's own body, or cells ``per_kg``, or scales
    them by body weight to the power 3/4 (``allometric``). `watch(name)` is called before a run.
    Raises `InputError` on unknown names, `RunStopped` when a run does not finish.
    """
    require_known(dose, get_args(DoseRule), "--dose")
    bodies = arguments.names(bodies, "bodies")
    settings = arguments.table(settings, "settings")
    if len(set(bodies)) < len(bodies) or not bodies:
        msg = f"--bodies: '{','.join(bodies)}' must name different bodies"
        raise InputError(msg)
    own = Study.from_file(path, settings)
    folder = own.folder
    if own.table.body is None or own.table.tumour_alone:
        msg = f"{own.name}: a tumour alone has no body to compare with others"
        raise InputError(msg)
    own.require_still("compare")
    reference = own.table.body.name
    studies = {}
    for name, changed in settings_in(own, [reference, *bodies], dose).items():
        with named(f"in the body '{name}'"):
            studies[name] = _prepared(path, {**settings, **changed})
            _ = studies[name].simulation  # so that bad input shows before the first run
    rows, courses, missing = {}, {}, {}
    for name, study in studies.items():
        if watch is not None:
            watch(name)
        rows[name], courses[name] = _run(study, load_body(name, folder))
        missing[name] = in_words(assumed(study.parameters()))
    reached = rows[reference]["delivery"] * rows[reference]["infused"]
    for row in rows.values():
        row["equivalent_dose"] = reached / row["delivery"] if row["delivery"] > 0 else np.inf
    dataset = _dataset(rows, courses, list(bodies), reference, dose, own)
    words = [missing[name] for name in bodies]
    dataset["assumed"] = label(("body",), words, "numbers that no publication gives")
    return without_fill(dataset)


def settings_in(own: Study, bodies: Sequence[str], dose: str) -> dict[str, dict[str, object]]:
    """Return what a study in each body has in place of its own: the body, and doses by the rule.

    Raises `InputError` where the study gives its own body another size, which others have not.
    """
    sized = own.table.body
    for key in ("weight", "height", "factors"):
        if sized is not None and key in sized.model_fields_set:
            msg = (
                f"{own.name}: body.{key}: bodies are compared at their own sizes; leave it out, or "
                "name a file with 'like' and a body_weight of its own"
            )
            raise InputError(msg)
    weights = {name: _weight(load_body(name, own.folder)) for name in bodies}
    reference = _weight(own.body)
    found: dict[str, dict[str, object]] = {}
    for name, weight in weights.items():
        factor = (weight / reference) ** _EXPONENT[dose]
        doses = {
            f"doses.{i}.cells": f"{dosed_cells(table, own.body, f'doses.{i}') * factor!r} cells"
            for i, table in enumerate(own.table.doses)
        }
        found[name] = {"body.name": name, **doses}
    return found


def table_lines(dataset: xr.Dataset) -> list[str]:
    """Return the comparison as lines of text, one body a line, units in the second line."""
    lines = [_line([head for _, head, _, _ in _COLUMNS]), _line([unit for *_, unit in _COLUMNS])]
    for name in dataset["body"].values:
        row = dataset.sel(body=name)
        numbers = [f"{float(row[key]):.{digits}g}" for key, _, digits, _ in _COLUMNS[1:]]
        lines.append(_line([str(name), *numbers]))
    ratio = dataset["delivery"] / dataset["delivery"].min()
    most = str(dataset["body"].values[int(np.argmax(ratio.values))])
    least = str(dataset["body"].values[int(np.argmin(ratio.values))])
    lines.append(
        f"per infused cell and mL of tumour, {most} gets {float(ratio.max()):.4g} x {least}"
    )
    if dataset.attrs.get("tumour_vessels", "").startswith("published"):
        same = "flow, vessels and lymph per mL are the same in every body"
        lines.append(f"tumour {dataset.attrs['tumour_vessels']}; {same}")
    names = zip(dataset["body"].values, dataset["assumed"].values, strict=True)
    return lines + [f"assumed, {name}: {words}" for name, words in names if words != "none"]


# Variable of the dataset, heading, digits and unit of each column of the table.
_COLUMNS = (
    ("body", "body", 0, ""),
    ("body_weight", "weight", 4, "kg"),
    ("infused", "infused", 3, "cells"),
    ("entered", "entered", 3, "cells"),
    ("delivery", "delivery", 3, "/cell/mL"),
    ("equivalent_dose", "equal dose", 3, "cells"),
    ("blood_maximum", "Cmax", 3, "cells/uL"),
    ("blood_maximum_time", "Tmax", 2, "day"),
    ("blood_auc", "AUC", 3, "day/uL"),
    ("first_half_life", "first t1/2", 2, "day"),
    ("last_half_life", "last t1/2", 2, "day"),
    ("depth", "depth", 3, "mm"),
)


def _line(words: Sequence[str]) -> str:
    return f"{words[0]:14}" + "".join(f" {word:>10}" for word in words[1:]).rstrip()


def _weight(body: Body) -> float:
    return body.body_weight.value / _NG_PER_KG


def _prepared(path: str | Path, settings: dict[str, object]) -> Study:
    """Return the study with `settings`, saved often enough for its metrics."""
    study = Study.from_file(path, settings)
    doses = [d.time for d in study.simulation.coupled.doses]
    end = study.table.time.end
    soon = [t + s for t in (0.0, *doses) for s in np.geomspace(_FIRST, end.value, _SAMPLES)]
    times = {*study.simulation.save_times, *(t for t in soon if t < end.value), *doses}
    save = [_days(float(t)) for t in sorted(times)]
    time = TimeTable.model_construct(end=end, save=save, every=None)
    return replace(study, table=study.table.model_copy(update={"time": time}))


def _days(value: float) -> Parameter:
    stated = f"{value!r} day"
    return Parameter(value=value, unit="day", stated=stated, source="study", standing="assumed")


def _run(study: Study, body: Body) -> tuple[dict[str, float], xr.Dataset]:
    run = study.prepared
    kept = OnlyCounted(run) if isinstance(run, Simulation) and worth_counting(run) else None
    result = study.run(mesh_check=False, time_check=False, shelf=kept)
    if result.outcome.status != "finished":
        msg = f"{body.name}: {result.outcome}"
        raise RunStopped(msg)
    tree, numbers = result.tree, result.summary()
    times = np.asarray(tree["time"])
    blood = np.asarray(tree["body"].to_dataset()["blood_concentration"].sum("phenotype"))
    inside = np.asarray(tree["balance"].to_dataset()["in_tumour"].sum("phenotype"))
    volume = study.geometry.volume / _MM3_PER_ML
    highest, when = maximum(times, blood)
    first, last = terminal_half_lives(times, blood)
    share = numbers["reached_tumour"] / numbers["infused"] if numbers["infused"] else 0.0
    row = {
        "body_weight": _weight(body),
        "blood_volume": body.blood_volume.value / _MM3_PER_ML,
        "infused": numbers["infused"],
        "entered": numbers["reached_tumour"],
        "entered_per_infused": share,
        "delivery": share / volume,
        "blood_maximum": highest,
        "blood_maximum_time": when,
        "blood_auc": auc(times, blood),
        "first_half_life": first,
        "last_half_life": last,
        "most_in_tumour": float(inside.max()),
        "depth": numbers["depth"],
        "relative_residual": numbers["relative_residual"],
    }
    depth = np.asarray(tree["tumour"].to_dataset()["penetration_depth_all"])
    course = xr.Dataset(
        {
            "blood_course": ("time", blood),
            "tumour_course": ("time", inside),
            "depth_course": ("time", depth),
        },
        coords={"time": times},
    )
    return row, course


_UNITS = {
    "body_weight": ("kg", "body weight"),
    "blood_volume": ("mL", "blood volume"),
    "infused": ("1", "cells infused"),
    "entered": ("1", "cells that entered the tumour"),
    "entered_per_infused": ("1", "cells that entered the tumour, per infused cell"),
    "delivery": ("mL-1", "cells that entered, per infused cell and volume of tumour"),
    "equivalent_dose": ("1", "dose that delivers what the reference body's dose delivers there"),
    "blood_maximum": ("mm-3", "highest concentration in venous blood at a saved time"),
    "blood_maximum_time": ("day", "time of the highest concentration"),
    "blood_auc": ("day mm-3", "area under the concentration in venous blood, linear-log"),
    "first_half_life": ("day", "half-life of the first third of the fall in blood"),
    "last_half_life": ("day", "half-life in blood over the last quarter of the time"),
    "most_in_tumour": ("1", "most cells in the tumour at a saved time"),
    "depth": ("mm", "depth that holds 95 % of the tumour's cells, at the end"),
    "relative_residual": ("1", "largest residual of the balance"),
    "blood_course": ("mm-3", "concentration in venous blood"),
    "tumour_course": ("1", "cells in the tumour"),
    "depth_course": ("mm", "depth that holds 95 % of the tumour's cells"),
}


def _dataset(
    rows: Mapping[str, Mapping[str, float]],
    courses: Mapping[str, xr.Dataset],
    bodies: list[str],
    reference: str,
    dose: str,
    own: Study,
) -> xr.Dataset:
    joined = xr.concat([courses[name] for name in bodies], dim="body", join="outer")
    columns = {key: ("body", [rows[name][key] for name in bodies]) for key in rows[reference]}
    dataset = xr.Dataset(columns).merge(joined)
    for key, (unit, text) in _UNITS.items():
        dataset[key].attrs = {"units": unit, "long_name": text}
    dataset["time"].attrs = {"units": "day", "long_name": "time since the start", "axis": "T"}
    dataset = dataset.assign_coords(body=label(("body",), bodies, "body"))
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "title": f"{own.table.title}: compared between bodies",
        "study": own.text,
        "settings": json.dumps(without_folders(own.settings), default=str),
        "reference_body": reference,
        "dose_rule": dose,
        "tumour_vessels": own.vessels_in_words(),
    }
    return without_fill(dataset)

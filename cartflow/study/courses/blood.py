"""The blood that a study feeds its tumour with, from its table to a course of each product."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError, require_known
from cartflow.coupling.feed import BloodCourse
from cartflow.kinetics.network import Network
from cartflow.results.result import load_result
from cartflow.study.courses.course import read_course, require_not_negative
from cartflow.study.tables.courses import BloodTable
from cartflow.study.within import inside

_WHERE = "tumour.blood"
_SAVED = "entering_concentration"


def blood_course(
    table: BloodTable, network: Network, products: Sequence[str], folder: Path, end: float
) -> BloodCourse:
    """Return the cells per mm3 of blood of each of `products`, as `table` gives them to `end`.

    Raises `InputError`.
    """
    travelling = [s.name for s in network.species if s.role == "phenotype"]
    if not travelling:
        msg = f"{_WHERE}: no species has the role phenotype, so nothing can come with blood"
        raise InputError(msg)
    table = _read(table, folder)
    columns = _columns(table, travelling)
    course = read_course(table, list(columns.values()), "cell/mm^3", folder, end, _WHERE)
    require_not_negative(course, _WHERE)
    times, given, rises = course.lines()
    values, slopes = np.zeros((2, times.size, len(products)))
    for k, name in enumerate(columns):
        values[:, products.index(name)] = given[:, k]
        slopes[:, products.index(name)] = rises[:, k]
    return BloodCourse(times=times, values=values, slopes=slopes)


def _read(table: BloodTable, folder: Path) -> BloodTable:
    """Return the table with the blood that entered the tumour of a result, if it names one.

    What a run saved is smooth, so that it is followed between samples unless the table says else.
    """
    if not isinstance(table.course, str) or not table.course.endswith(".nc"):
        return table
    path = inside(folder, table.course, "tumour.blood.course")
    body = load_result(path).tree.children.get("body")
    if body is None or _SAVED not in body:
        msg = f"{_WHERE}: {path}: holds no blood that entered a tumour (body/{_SAVED})"
        raise InputError(msg)
    smooth = {} if "interpolation" in table.model_fields_set else {"interpolation": "pchip"}
    return table.model_copy(update={"course": body[_SAVED], **smooth})


def _columns(table: BloodTable, travelling: Sequence[str]) -> dict[str, str]:
    """Return the column of each phenotype that comes with blood."""
    if isinstance(table.course, xr.DataArray):
        names: Any = table.course.coords.get("phenotype")
        found = [travelling[0]] if names is None else [str(name) for name in np.ravel(names.values)]
        for name in found:
            require_known(name, travelling, f"{_WHERE}: phenotype")
        return {name: name for name in found}
    if table.value is None:
        msg = f"{_WHERE}: key 'value' is missing; it names the column of concentrations"
        raise InputError(msg)
    if isinstance(table.value, str):
        return {travelling[0]: table.value}
    for name in table.value:
        require_known(name, travelling, f"{_WHERE}.value")
    return dict(table.value)

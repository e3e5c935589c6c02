"""The table of a cohort: what each member has in place of the study's own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.units.conversion import to_internal

Array = np.ndarray
# A mapping of names to columns: a dictionary, a pandas frame, an xarray dataset.
Table = Mapping[str, Any]
_MOST = 1_000_000


def columns_of(table: Table, numbers: Mapping[str, Parameter]) -> dict[str, Array]:
    """Return the columns in internal units, by the name of their number.

    Values are numbers in internal units, or texts with a unit. Raises `InputError` on an unknown
    name, a wrong dimension, columns of unequal length, and no rows.
    """
    names = [str(name) for name in table]
    if not names:
        raise InputError("run_cohort: the table has no column")
    for name in names:
        require_known(name, numbers, "run_cohort: table")
    columns = {name: _column(table[name], name, numbers[name].unit) for name in names}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        msg = f"run_cohort: table: the columns differ in length: {told}"
        raise InputError(msg)
    if not 0 < next(iter(lengths.values())) <= _MOST:
        msg = f"run_cohort: table: a cohort has 1 to {_MOST} rows, got {lengths[names[0]]}"
        raise InputError(msg)
    return columns


def _column(values: Any, name: str, unit: str) -> Array:
    try:
        given = np.asarray(values)
        if given.ndim != 1:
            msg = f"a column has one dimension, got {given.ndim}"
            raise InputError(msg)
        if given.dtype.kind in "fiu":
            found = given.astype(float)
        else:
            found = np.array([to_internal(each, unit) for each in given.tolist()])
        if not np.isfinite(found).all():
            msg = f"row {int(np.flatnonzero(~np.isfinite(found))[0])} is not a finite number"
            raise InputError(msg)
    except InputError as error:
        msg = f"run_cohort: table: {name}: {error}"
        raise InputError(msg) from None
    return found

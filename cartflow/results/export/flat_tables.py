"""An analysis' dataset as tables: one for each set of dimensions that its variables have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError

_MOST_ROWS = 20_000_000
# What a file may be called by the dimensions of an untrusted dataset.
_PLAIN = re.compile(r"[A-Za-z0-9_]{1,60}")
_SCALARS = "numbers"


def is_analysis(tree: xr.DataTree) -> bool:
    """Return whether a file is that of an analysis (fit, sweep, comparison), and no run's."""
    return bool(tree.to_dataset().data_vars) and not tree.children


def export_tables(dataset: xr.Dataset, folder: Path) -> None:
    """Write ``DIM_DIM.csv`` for every set of dimensions, and ``numbers.csv`` of what has none.

    A row for each place, with its coordinates, then the variables with units in brackets.
    Raises `InputError` on names that are no words, and on more than 20 million rows.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, values in dataset.data_vars.items():
        groups.setdefault(tuple(map(str, values.dims)), []).append(str(name))
    for dims, names in groups.items():
        for dim in dims:
            if not _PLAIN.fullmatch(dim):
                msg = f"dimension {dim!r}: is no word, so no table can have its name"
                raise InputError(msg)
        rows = int(np.prod([dataset.sizes[dim] for dim in dims], dtype=float))
        if rows > _MOST_ROWS:
            msg = f"{' x '.join(dims)}: would be {rows} rows; {_MOST_ROWS} is the most"
            raise InputError(msg)
        file = f"{'_'.join(dims)[:200] or _SCALARS}.csv"
        _table(dataset[names], dims).to_csv(folder / file, index=False)


def _table(part: xr.Dataset, dims: tuple[str, ...]) -> Any:
    """Return a frame of variables that have the same dimensions, their coordinates first."""
    import pandas as pd

    if not dims:
        return pd.DataFrame({_titled(values): [values.item()] for values in part.values()})
    beside = [str(n) for n, c in part.coords.items() if c.dims and n not in dims]
    table = part.to_dataframe(dim_order=list(dims)).reset_index()
    names = [*dims, *beside, *map(str, part.data_vars)]
    return table[names].set_axis([_titled(part[name]) for name in names], axis=1)


def _titled(values: xr.DataArray) -> str:
    units = str(values.attrs.get("units", ""))
    return f"{values.name} [{units}]" if units not in ("", "1") else str(values.name)

"""Every variable of a dataset as tables of a page, those of the same dims together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from cartflow.results.report.elements import folded, paragraph, table

_MOST_ROWS, _MOST_OPEN = 1000, 40


def tables_of(dataset: xr.Dataset) -> Iterator[str]:
    """Yield a table for each set of dims; more than 40 rows are folded.

    Of more than 1000 rows there are only least, median and largest value of each variable.
    """
    for dims in _by_dims(dataset):
        count = _rows(dataset, dims)
        if count:
            yield from _of_dims(dataset, dims, count)


def _by_dims(dataset: xr.Dataset) -> list[tuple[str, ...]]:
    """Return the dims of variables, each once, those with fewest rows first."""
    found = dict.fromkeys(tuple(map(str, v.dims)) for v in dataset.data_vars.values())
    return sorted(found, key=lambda dims: _rows(dataset, dims))


def _rows(dataset: xr.Dataset, dims: tuple[str, ...]) -> int:
    return int(np.prod([dataset.sizes[dim] for dim in dims], dtype=float))


def _of_dims(dataset: xr.Dataset, dims: tuple[str, ...], count: int) -> Iterator[str]:
    values = {str(n): v for n, v in dataset.data_vars.items() if v.dims == dims}
    title = f"By {', '.join(dims)}" if dims else "Once"
    if count > _MOST_ROWS:
        shares = _shares(values)
        if shares:
            text = f"{title}: {count} rows, of which the file has all"
            yield folded(text, table(["number", "unit", "least", "median", "largest"], shares))
        return
    places = list(np.ndindex(*(dataset.sizes[dim] for dim in dims)))
    labels = [_labels(dataset, dim) for dim in dims]
    header = [*(_axis(dataset, dim) for dim in dims), *(_headed(n, v) for n, v in values.items())]
    arrays = [v.values for v in values.values()]
    rows = []
    for place in places:
        where = [label[i] for label, i in zip(labels, place, strict=True)]
        rows.append([*where, *(_said(array[place]) for array in arrays)])
    made = table(header, rows)
    yield folded(title, made) if count > _MOST_OPEN else paragraph(title) + made


def _shares(values: dict[str, xr.DataArray]) -> list[list[str]]:
    rows = []
    for name, each in values.items():
        if each.dtype.kind not in "fiu":
            continue
        known = each.values[np.isfinite(each.values)]
        if known.size:
            numbers = (known.min(), np.median(known), known.max())
            rows.append([name, str(each.attrs.get("units", "")), *map(_said, numbers)])
    return rows


def _labels(dataset: xr.Dataset, dim: str) -> list[str]:
    if dim not in dataset.coords:
        return [str(number) for number in range(dataset.sizes[dim])]
    return [_said(value) for value in dataset[dim].values]


def _axis(dataset: xr.Dataset, dim: str) -> str:
    """Return what a column of an axis is headed: its name, with the unit that was given."""
    attrs = dataset[dim].attrs if dim in dataset.coords else {}
    unit = str(attrs.get("unit_as_given", attrs.get("units", "1")))
    return dim if unit == "1" else f"{dim} ({unit})"


def _headed(name: str, values: xr.DataArray) -> str:
    unit = str(values.attrs.get("units", ""))
    return name if unit in ("", "1") else f"{name} ({unit})"


def _said(value: object) -> str:
    number = np.asarray(value)
    return f"{float(number):.6g}" if number.dtype.kind == "f" else str(number)

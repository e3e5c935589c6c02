"""A result file as the window shows it: what is in it, and slices of its fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cartflow.core.dataset import POSITION, grows
from cartflow.core.outcome import InputError, require_known
from cartflow.results.drawable import require_drawable
from cartflow.results.figures.panels import shown_name, shown_unit
from cartflow.results.one_tumour import tumours_of
from cartflow.results.result import Result, load_result

_MOST_ORGANS = 12


class Shown:
    """The result in `path`, read anew when the file has changed, as that of a run that goes on.

    Of several tumours it shows the named `tumour`. Raises `InputError` where it cannot be shown.
    """

    def __init__(self, path: Path, tumour: str = "") -> None:
        self.path, self.tumour = path, tumour
        self._stamp = self._written()
        self._result = _opened(path, tumour)
        self._kept: tuple[tuple[str, int], xr.DataArray] | None = None

    def about(self) -> dict[str, Any]:
        """Return title, outcome, times, fields, places and cells by organ, for the page.

        Places are those of the start; of a tumour that grows `stretch` says how far they lie at
        each time.
        """
        self._look_again()
        tree = self._result.tree
        of_body = tree["body"].to_dataset()
        body = of_body["cells"].sum(["phenotype", "space"])
        largest = body.max("time").sortby(body.max("time"), ascending=False)
        organs = [str(name) for name in largest["organ"].values[:_MOST_ORGANS]]
        tumour = self._tumour()
        return {
            "file": f"{self.path.name}, {self.tumour}" if self.tumour else self.path.name,
            "title": str(tree.attrs.get("title", "")),
            "outcome": str(self._result.outcome),
            "going": self._result.outcome.status != "finished",
            "times": _numbers(of_body["time"]),
            "organs": [{"name": n, "cells": _numbers(body.sel(organ=n))} for n in organs],
            "fields": [] if tumour is None else [_field(tumour[name]) for name in _names(tumour)],
            "places": [] if tumour is None else [_place(tumour[d]) for d in _dims(tumour)],
            "stretch": [] if tumour is None else _stretch(tumour),
        }

    def slice(
        self, field: int, time: int, across: int, index: int
    ) -> tuple[tuple[float, float], NDArray[np.float64]]:
        """Return least and largest value of a field at a time, and its values on one plane.

        `across` numbers the dim that the plane cuts at `index`; in one or two dims the whole is
        returned. Rows are along the last but one dim that is left. Raises `InputError` for a
        number that there is not.
        """
        tumour = self._tumour()
        if tumour is None:
            raise InputError("the result has no tumour")
        name = _chosen(_names(tumour), field, "field")
        values = self._at(tumour, name, time)
        finite = np.asarray(values)[np.isfinite(values)]
        limits = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        if values.ndim > 2:
            dim = _chosen([str(d) for d in values.dims], across, "across")
            _chosen(range(values.sizes[dim]), index, "index")
            values = values.isel({dim: index})
        return limits, np.asarray(values, dtype="<f8")

    def _at(self, tumour: xr.Dataset, name: str, time: int) -> xr.DataArray:
        if self._kept is None or self._kept[0] != (name, time):
            _chosen(range(tumour.sizes["time"]), time, "time")
            values = tumour[name].isel(time=time).transpose(*_dims(tumour)).load()
            self._kept = ((name, time), values)
        return self._kept[1]

    def _tumour(self) -> xr.Dataset | None:
        tree = self._result.tree
        return tree["tumour"].to_dataset() if "tumour" in tree.children else None

    def _look_again(self) -> None:
        stamp = self._written()
        if stamp == self._stamp:
            return
        try:
            self._result = _opened(self.path, self.tumour)
        except InputError:
            # It is being written; what was read before still holds.
            return
        self._stamp, self._kept = stamp, None

    def _written(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)


def each_tumour(path: Path) -> list[Shown]:
    """Return the result in `path`, or if it holds several tumours, it with each. See `Shown`."""
    names = tumours_of(load_result(path).tree) or [""]
    return [Shown(path, name) for name in names]


def _opened(path: Path, tumour: str) -> Result:
    result = load_result(path)
    try:
        require_drawable(result.tree)
        if "species" in result.tree.children:
            raise InputError("view shows results of cartflow run; cartflow plot draws this one")
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    if not tumour:
        return result
    require_known(tumour, result.tumours, f"{path}: tumour")
    return result.tumours[tumour]


def _names(tumour: xr.Dataset) -> list[str]:
    return [str(name) for name, values in tumour.data_vars.items() if "role" in values.attrs]


def _dims(tumour: xr.Dataset) -> list[str]:
    return [str(dim) for dim in tumour["cell_volume"].dims]


def _field(values: xr.DataArray) -> dict[str, str]:
    return {"name": shown_name(values), "unit": shown_unit(values)}


def _place(coordinate: xr.DataArray) -> dict[str, Any]:
    return {"dim": str(coordinate.name), "unit": "mm", "at": _numbers(coordinate)}


def _stretch(tumour: xr.Dataset) -> list[float]:
    """Return how far places lie at each time, over those of the start; nothing if all are still."""
    if not grows(tumour):
        return []
    first = str(tumour[POSITION].dims[-1])
    return _numbers(tumour[POSITION].isel({first: 0}) / tumour[first].values[0])


def _numbers(values: xr.DataArray) -> list[float]:
    return [float(value) for value in np.asarray(values, dtype=float)]


def _chosen(allowed: Any, number: int, what: str) -> Any:
    if not 0 <= number < len(allowed):
        msg = f"{what}: {number} is not among 0 to {len(allowed) - 1}"
        raise InputError(msg)
    return allowed[number]

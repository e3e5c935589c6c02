"""The result of a run: an ``xarray.DataTree`` with fixed names, and its summary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cartflow.core.dataset import POSITION, grows, read, without_fill, write
from cartflow.core.outcome import InputError, Outcome, RunStopped
from cartflow.core.paths import as_path
from cartflow.results.endpoint import all_phenotypes, resident_courses
from cartflow.results.one_tumour import one_tumour, tumours_of

if TYPE_CHECKING:
    from cartflow.results.figures.asked.plots import Plots


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """A run that has ended: `tree` holds body, tumour, exchange, balance and parameters."""

    tree: xr.DataTree
    outcome: Outcome

    def __repr__(self) -> str:
        """Return title, outcome, groups and times in a line."""
        title = self.tree.attrs.get("title", "")
        times = np.asarray(self.tree.coords.get("time", []), dtype=float)
        span = f", {times.size} times to {times[-1]:.6g} day" if times.size else ""
        groups = ", ".join(self.tree.children)
        return f"<Result: {title}; {self.outcome}; {groups}{span}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the summary's numbers and the figure."""
        from cartflow.results.notebook import result_html

        return result_html(self.tree, str(self.outcome), self.summary())

    @property
    def derivatives(self) -> xr.Dataset:
        """The derivatives of what it comes to, by ``number`` (see `run_with_derivatives`)."""
        if "derivatives" not in self.tree.children:
            raise InputError("the result holds no derivatives; run_with_derivatives makes them")
        return self.tree["derivatives"].to_dataset()

    @property
    def plot(self) -> Plots:
        """Its figure, ``result.plot("run.png")``, or a panel as axes, ``result.plot.organs()``."""
        from cartflow.results.figures.asked.plots import Plots

        return Plots(self.tree)

    def with_group(self, name: str, dataset: xr.Dataset) -> Result:
        """Return the result with another group."""
        tree = self.tree.copy()
        tree[name] = xr.DataTree(without_fill(dataset))
        return replace(self, tree=tree)

    def write(self, path: str | Path) -> None:
        """Write the tree as netCDF-4."""
        write(self.tree, as_path(path, "Result.write"))

    def require_finished(self) -> Result:
        """Return the result; raise `RunStopped` with the outcome's text if the run stopped."""
        if self.outcome.status != "finished":
            raise RunStopped(str(self.outcome))
        return self

    @property
    def tumours(self) -> dict[str, Result]:
        """Each of several tumours by name, as a result with that tumour alone; else none."""
        return {
            name: replace(self, tree=one_tumour(self.tree, name)) for name in tumours_of(self.tree)
        }

    def summary(self) -> dict[str, float]:
        """Return the numbers a reader asks for first; see `summarise`."""
        return summarise(self.tree)


def load_result(path: str | Path) -> Result:
    """Return the result in a file, which is closed; raise `InputError` if the file holds none.

    Fields of more than 16 MB are read a time at a time, when they are asked for, and not kept.
    Where the run goes on, they stand in the folder beside the file.
    """
    tree = read(as_path(path, "load_result"))
    try:
        outcome = Outcome.from_text(str(tree.attrs.get("outcome", "")))
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    return Result(tree=tree, outcome=outcome)


def summarise(tree: xr.DataTree) -> dict[str, float]:
    """Return the cells that reached the tumour, those there at the end, the depth, the residual.

    ``depth`` (mm) is how far below the rim 95 % of the tumour's product cells stay above;
    ``relative_residual`` is the largest |residual_total| / (infused + born) of any saved time.
    ``residents_start``, ``residents_end`` and ``residents_least`` count the tumour's own cells
    of all kinds, ``peak_in_tumour`` its product cells (saved times). Of several tumours each has
    its own, as ``left.reached_tumour``. Without a tumour there are only time, infused and the
    residual. Raises `InputError` for a kinetics model run alone.
    """
    if "balance" not in tree.children or "phenotype" not in tree["balance"].dims:
        raise InputError("the result is not that of a study, and has no such summary")
    balance = tree["balance"].variables
    infused = balance["infused"]
    # The arithmetic of xarray would import dask where that is installed.
    came = infused.values + balance["born"].transpose(*infused.dims).values
    turnover = np.nansum(came, axis=infused.dims.index("phenotype"))
    size = np.abs(balance["residual_total"].values) / np.where(turnover > 0, turnover, 1.0)
    return {
        "time": float(balance["time"].values[-1]),
        "infused": float(all_phenotypes(infused)[-1]),
        **(_in_tumour(tree) if "tumour" in tree.children else {}),
        **{
            f"{name}.{key}": value
            for name in tumours_of(tree)
            for key, value in _in_tumour(one_tumour(tree, name)).items()
        },
        "relative_residual": float(np.nanmax(size)),
    }


def _stretch(tumour: xr.DataTree) -> float:
    """Return how many times as deep a tumour is at the end as at the start, where it grows."""
    if not grows(tumour):
        return 1.0
    last = tumour.variables[POSITION].values[:, -1]
    return float(last[-1] / last[0])


def _in_tumour(tree: xr.DataTree) -> dict[str, float]:
    tumour = tree["tumour"].variables
    inside = all_phenotypes(tree["balance"].variables["in_tumour"])
    reached = all_phenotypes(tree["exchange"].variables["cumulative_inflow"])
    residents = sum(resident_courses(tree.children["tumour"]).values(), np.zeros(inside.size))
    return {
        "reached_tumour": float(reached[-1]),
        "in_tumour": float(inside[-1]),
        "depth": float(tumour["penetration_depth_all"].values[-1]),
        "maximal_depth": float(np.nanmax(tumour["depth"].values))
        * _stretch(tree.children["tumour"]),
        "residents_start": float(residents[0]),
        "residents_end": float(residents[-1]),
        "residents_least": float(residents.min()),
        "peak_in_tumour": float(inside.max()),
    }

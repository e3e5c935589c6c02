"""Tsai et al. 2022: routes in the pleural model, and where a dose goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import checks_of, held, notes
from cartflow.validation.bodies.tsai_rows import dose_table, dose_table_rows, route_ratio_rows
from cartflow.validation.book.case import CaseResult
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES

_COLUMNS = ("blood", "lung", "other tissues", "nodes", "left in all")


def case() -> CaseResult:
    """Return the ratios of routes, sampled and exact, and the table of a dose over time."""
    ratios, table = route_ratio_rows(), dose_table_rows()
    return CaseResult(
        name="bodies:tsai",
        title=BODIES["tsai"],
        question=(
            "Does the minimal pleural mouse give the published ratios of exposure, intrapleural "
            "over intravenous, and does a dose spread as in an independent solution?"
        ),
        equation=(
            r"\frac{dx}{dt} = A x, \quad \frac{AUC_{ip}}{AUC_{iv}} ="
            r" \frac{\int_0^T x_{ip} \, dt}{\int_0^T x_{iv} \, dt}"
        ),
        method=(
            "The network is solved by the matrix exponential. The ratios 'as sampled' follow the "
            "publication and are compared with its numbers; the 'exact' ones, and the table of the "
            f"dose, are compared with an independent solution of its equations. {_notes(ratios)}"
        ),
        finding=_finding(ratios, table),
        checks=checks_of([*ratios, *table]),
        dataset=_dataset(ratios, table),
        figure=_figure(ratios, table),
        references=("tsai2022",),
    )


def _notes(rows: list[PublishedRow]) -> str:
    return f"Notes: {notes(rows)}"


def _finding(ratios: list[PublishedRow], table: list[PublishedRow]) -> str:
    found = {row.name.rpartition("0-")[2]: row.measured for row in ratios}
    early = {name.removeprefix("4 h, "): value for name, value in found.items()}
    return (
        f"{held(ratios)} ratios and {held(table)} entries of the table hold. In venous blood the "
        f"ratio to 4 h is {early['blood, as sampled']:.3f} by the published sampling and "
        f"{early['blood, exact']:.3f} by exact integrals: an intravenous bolus leaves the veins "
        "within seconds, and the first trapezoid, 0.05 h wide, counts a peak of 4 s as if it "
        "lasted 90 s. The published ratio in blood is a matter of sampling. That in lung changes "
        f"by 5 % ({early['lung, as sampled']:.3f} and {early['lung, exact']:.3f}), that in pleura "
        f"not ({early['pleura, as sampled']:.2f} and {early['pleura, exact']:.2f}; published "
        f"81.9). To 72 h blood gives {found['72 h, blood, as sampled']:.3f} and "
        f"{found['72 h, blood, exact']:.3f}, lung {found['72 h, lung, as sampled']:.3f} and "
        f"{found['72 h, lung, exact']:.3f}: these carry the sampling too."
    )


def _table(rows: list[PublishedRow]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return seconds, and measured and expected (times, columns)."""
    seconds = np.array(list(dose_table()))
    shape = (seconds.size, len(_COLUMNS))
    measured = np.array([row.measured for row in rows]).reshape(shape)
    return seconds, measured, np.array([row.expected for row in rows]).reshape(shape)


def _figure(ratios: list[PublishedRow], table: list[PublishedRow]) -> Figure:
    figure, (left, right) = panels(2, width=5.2)
    seconds, measured, expected = _table(table)
    for column, shade in enumerate(colours(len(_COLUMNS))):
        left.plot(
            seconds / 3600, measured[:, column], "x:", lw=0.8, color=shade, label=_COLUMNS[column]
        )
        left.plot(seconds / 3600, expected[:, column], "o", mfc="none", color=shade)
    left.set(xscale="log", yscale="log", xlabel="time (h)", ylabel="% of the dose")
    left.set_title("Crosses: package, circles: independent solution", fontsize=9)
    left.legend(frameon=False, fontsize=8)
    _ratios(right, ratios)
    return figure


def _ratios(axes: Any, rows: list[PublishedRow]) -> None:
    names = [row.name.rpartition("0-")[2] for row in rows]
    places = np.arange(len(rows))
    axes.errorbar(
        [r.expected for r in rows],
        places,
        xerr=[r.tolerance for r in rows],
        fmt="o",
        mfc="none",
        color="0.4",
        label="expected, with tolerance",
    )
    axes.plot([r.measured for r in rows], places, "x", color=colours(1)[0], label="package")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="AUC intrapleural / intravenous")
    axes.legend(frameon=False, fontsize=8)


def _dataset(ratios: list[PublishedRow], table: list[PublishedRow]) -> xr.Dataset:
    seconds, measured, expected = _table(table)
    dims = ("time", "place")
    return xr.Dataset(
        {
            "dose_measured": variable(dims, measured / 100, "1", "share of the dose, package"),
            "dose_expected": variable(dims, expected / 100, "1", "share of the dose, independent"),
            "ratio": variable(("ratio_of",), [r.measured for r in ratios], "1", "AUC ratio"),
        },
        coords={
            "time": variable(("time",), seconds / 86400, "day", "time"),
            "place": label(("place",), list(_COLUMNS), "place"),
            "ratio_of": label(("ratio_of",), [r.name for r in ratios], "ratio"),
        },
    )

"""Killing assays in real time: glioma cells and CAR T cells as prey and predator."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.kinetics.files.load import load
from cartflow.kinetics.runs.ode import integrate
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.measurements import data as measured_data
from cartflow.validation.measurements.text import Words

Array = np.ndarray

_WELLS = ("Y(C1,C2)", "Y(D1,D2)")
_FOLDER = "carrgodex_glioma_cart"
_WORDS = Words(
    name="measurements:killing_assay",
    title="Killing assays: CARRGO against xCELLigence wells",
    question=(
        "Do the predator-prey kinetics, with the published parameters, follow the cell index of "
        "glioma line PBT1 under CAR T cells as closely as published?"
    ),
    equation=(
        r"\frac{dX}{dt} = \rho X (1 - X/K) - \kappa_1 X Y, \quad"
        r" \frac{dY}{dt} = \kappa_2 X Y - \theta Y"
    ),
    method=(
        "The shipped model brummer2022, well mixed, with each fit's own parameters, from the first "
        "row of the fit to its last (rows of the series, whatever their headings say), in units of "
        "the cell index. chi2 is the sum of squares at the readings, about every 15 min over 5.8 "
        "days. CAR T cells at the end were counted by cytometry."
    ),
    files=(f"{_FOLDER}/fit_parameters.csv", f"{_FOLDER}/car_T_dex_pbt1_pbt2_lines.csv"),
    references=("brummer2022", "sahoo2020"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Well:
    """A pair of wells: times (days), the index measured and modelled, CAR T cells modelled."""

    name: str
    times: Array
    measured: Array
    tumour: Array
    cart: Array
    published: float
    counted: float

    @property
    def chi2(self) -> float:
        return float(np.sum((self.tumour - self.measured) ** 2))


def case(scope: Scope) -> CaseResult:
    """Return chi2 and the CAR T cells at the end of both wells; the same in every scope."""
    paths = _WORDS.paths()
    if paths is None:
        return _WORDS.skipped()
    wells = _wells(*paths)
    checks = tuple(
        Check(
            name=f"chi2, PBT1 {well.name}",
            measured=well.chi2,
            expected=well.published,
            tolerance=0.01,
            kind="relative",
            reference="brummer2022",
        )
        for well in wells
    )
    return _WORDS.done(checks, _finding(wells), _dataset(wells), _figure(wells))


def _wells(fits: Path, series: Path) -> list[_Well]:
    with series.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = list(csv.reader(file))
    table = np.array([[float(x) if x else np.nan for x in line] for line in lines])
    rows = {
        r["data_column"]: r for r in measured_data.rows(fits) if r["tumor_line"].strip() == "PBT1"
    }
    return [_well(name, rows[name], table[:, 0], table[:, header.index(name)]) for name in _WELLS]


def _well(name: str, fit: Mapping[str, str], hours: Array, index: Array) -> _Well:
    used = slice(int(fit["t_start_.hr."]), int(fit["t_end_.hr."]))
    times = (hours[used] - hours[used.start]) / 24.0
    network = load("brummer2022").with_parameters(
        {
            "growth_rate": f"{fit['rho_val']} 1/h",
            "crowding": float(fit["kappainv_val"]),
            "killing_constant": f"{fit['kappac1_val']} 1/h",
            "stimulation_constant": f"{fit['kappac2_val']} 1/h",
            "death_rate": f"{fit['theta_val']} 1/h",
        }
    )
    start = {
        "cart": float(fit["t_cell_start.ci."]),
        "tumour": float(index[used.start]),
        "dexamethasone": 0.0,
    }
    states = integrate(network, start, times)
    return _Well(
        name=name.removeprefix("Y"),
        times=times,
        measured=index[used],
        tumour=states[:, network.index("tumour")],
        cart=states[:, network.index("cart")],
        published=float(fit["chi_sq"]),
        counted=float(fit["t_cell_end.ci."]),
    )


def _finding(wells: Sequence[_Well]) -> str:
    ends = "; ".join(
        f"{well.name} {well.cart[-1]:.3f}, counted {well.counted:.3f}" for well in wells
    )
    return (
        "chi2 is the published one within "
        f"{100 * max(abs(w.chi2 / w.published - 1) for w in wells):.2f} %. CAR T cells at the end, "
        f"in units of the cell index: {ends}. Other wells were fitted with weights that are not "
        "published, so that their chi2 cannot be compared."
    )


def _figure(wells: Sequence[_Well]) -> Figure:
    figure, panels = sheet(1, 2, width=5.0)
    tumour, cart = colours(2)
    for axes, well in zip(panels, wells, strict=True):
        axes.plot(
            well.times[::12], well.measured[::12], "o", color="0.5", ms=3, label="glioma, measured"
        )
        axes.plot(well.times, well.tumour, color=tumour, label="glioma, model")
        axes.plot(well.times, well.cart, color=cart, label="CAR T cells, model")
        axes.plot(well.times[-1], well.counted, "s", color=cart, label="CAR T cells, counted")
        axes.set_xlabel("time since CAR T cells were added (day)")
        axes.set_ylabel("cell index")
        axes.set_title(f"PBT1 {well.name}: chi2 {well.chi2:.3f}", fontsize=9)
    panels[0].legend(frameon=False, fontsize=8)
    return figure


def _dataset(wells: Sequence[_Well]) -> xr.Dataset:
    dims = ("well", "time")
    shortest = min(well.times.size for well in wells)

    def rows(name: str) -> Array:
        return np.array([getattr(well, name)[:shortest] for well in wells])

    return xr.Dataset(
        {
            "measured_index": variable(dims, rows("measured"), "1", "cell index, measured"),
            "tumour_index": variable(dims, rows("tumour"), "1", "cell index, model"),
            "cart_index": variable(dims, rows("cart"), "1", "CAR T cells, model, as an index"),
            "chi2": variable(("well",), [w.chi2 for w in wells], "1", "sum of squares"),
        },
        coords={
            "well": label(("well",), [w.name for w in wells], "pair of wells"),
            "time": variable(("time",), wells[0].times[:shortest], "day", "time"),
        },
    )

"""Singh et al. 2020: blood and organs of a mouse, by its equations and by singh2020."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import as_stated, label, variable
from cartflow.core.ticks import colours
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, given, held
from cartflow.pbpk.flows.courses import course as steps
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.observables import venous_concentration
from cartflow.validation.bodies.singh_equations import course
from cartflow.validation.book.case import CaseResult, Check
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES

Array = np.ndarray

_HOURS = (1 / 60, 0.1, 0.5, 1.0, 4.0, 24.0, 72.0, 168.0)
_ORGANS = ("lung", "liver", "spleen", "kidney", "brain", "lymph")
_UNTIL = 24.0  # h: until then the package's organs that are one in the publication hardly matter
# Largest relative differences until then. The liver takes the cells that the pancreas, which is
# part of the gut here, passes on to it.
_TOLERANCES = {"concentration": 0.03, "blood": 0.03, "liver": 0.06}


def case() -> CaseResult:
    """Return blood and organs beside an integration of the publication's equations."""
    ours, theirs = _package(_HOURS), course(_HOURS)
    return CaseResult(
        name="bodies:singh",
        title=BODIES["singh"],
        question=(
            "Does singh2020 give the blood concentration and the organs of its publication's "
            "equations?"
        ),
        equation=(
            r"V\,C' = \sum (Q - L)\,C_v + L_{ln} C_{ln} - (Q_{lung} + L_{lung})\,C"
            "\n"
            r"V_v C_v' = Q\,C_{lung,v} - (Q - L)\,C_v - J V_v C_v, \quad"
            r" V_e C_e' = J V_v C_v - L\,C_e"
        ),
        method=(
            "The publication's transport equations are written once more, with its eight organs, "
            "the tumour among them, and one central pool of 0.944 mL, which it calls blood "
            "(validation/bodies/singh_equations.py), and solved by SciPy's matrix exponential. The "
            "package runs singh2020 in mouse_28g without a tumour: its pool is all plasma, cells "
            "are counted per mL of it ([blood] pool and counted_in of the file), seven organs "
            "stand for one, and the pancreas belongs to the gut. Largest relative differences "
            "until 24 h are checked; at 168 h the difference is stated."
        ),
        finding=_finding(ours, theirs),
        checks=_checks(ours, theirs),
        dataset=_dataset(ours, theirs),
        figure=_figure(),
        references=("singh2020", "shah2012"),
    )


def _package(hours: tuple[float, ...] | Array) -> dict[str, Array]:
    """Return % of the dose in organs and central pool, and % per mL of blood, at `hours`."""
    network = organ_network(load_body("mouse_28g"), load_trafficking("singh2020"))
    cells = 100 * steps(network, given(network), np.array(hours) * HOUR)
    found = {name: held(network, cells, (name,)) for name in _ORGANS}
    venous = cells[:, network.index("venous")]
    return {**found, "blood": venous, "concentration": 1e3 * venous_concentration(network, cells.T)}


def _apart(ours: dict[str, Array], theirs: dict[str, Array], name: str) -> Array:
    return ours[name] / theirs[name] - 1


def _checks(ours: dict[str, Array], theirs: dict[str, Array]) -> tuple[Check, ...]:
    early = np.array(_HOURS) <= _UNTIL
    names = {"concentration": "concentration in blood", "blood": "cells in the central pool"}
    first = (
        Check(
            name=f"{names.get(name, name)}: largest relative difference until 24 h",
            measured=float(np.abs(_apart(ours, theirs, name)[early]).max()),
            expected=0.0,
            tolerance=_TOLERANCES.get(name, 0.025),
            kind="absolute",
            reference="singh2020",
        )
        for name in ("concentration", "blood", *_ORGANS)
    )
    late = Check(
        name="concentration in blood at 168 h over the equations' (misfit, stated)",
        measured=float(ours["concentration"][-1] / theirs["concentration"][-1]),
        expected=0.76,
        tolerance=0.01,
        kind="absolute",
        reference="singh2020",
    )
    return (*first, late)


def _finding(ours: dict[str, Array], theirs: dict[str, Array]) -> str:
    pairs = dict(
        zip(_HOURS, zip(ours["concentration"], theirs["concentration"], strict=True), strict=True)
    )
    found = ["{:.3g} ({:.3g})".format(*pairs[hour]) for hour in (1 / 60, 1.0, 24.0, 168.0)]
    apart = 100 * _apart(ours, theirs, "concentration")
    worst, third, seventh = np.abs(apart[:-2]).max(), -apart[-2], -apart[-1]
    return (
        f"Blood, % of the dose per mL at 1 min, 1 h, 1 day and 7 days: {', '.join(found)}; in "
        f"brackets the publication's equations. Until a day they agree to {worst:.1f} %. Later "
        "the seven organs that are one in the publication, each with its own lymph, give their "
        f"cells back at other times, and blood is {third:.0f} % lower at 3 days and "
        f"{seventh:.0f} % at 7. Per mL of whole blood the numbers would be 0.55 times these: the "
        "publication counts per mL of the plasma that carries its cells, and calls it blood."
    )


def _figure() -> Figure:
    figure, (left, right) = panels(2)
    hours = np.geomspace(1 / 60, 336.0, 60)
    ours, theirs = _package(hours), course(hours)
    left.loglog(hours, ours["concentration"], color=colours(1)[0], label="singh2020")
    left.loglog(hours, theirs["concentration"], "k--", lw=1, label="its publication's equations")
    left.set(xlabel="time (h)", ylabel="blood (% of the dose per mL)")
    left.legend(frameon=False, fontsize=8)
    for name, shade in zip(_ORGANS, colours(len(_ORGANS)), strict=True):
        right.loglog(hours, ours[name], color=shade, label=name)
        right.loglog(hours, theirs[name], "--", color=shade, lw=1)
    right.set(xlabel="time (h)", ylabel="% of the dose", ylim=(1e-3, 100))
    right.set_title("Lines: package, dashed: the publication's equations", fontsize=9)
    right.legend(frameon=False, fontsize=8)
    return figure


def _dataset(ours: dict[str, Array], theirs: dict[str, Array]) -> xr.Dataset:
    names = ("blood", *_ORGANS)
    dims = ("place", "time")

    def share(values: dict[str, Array], text: str) -> xr.Variable:
        rows = [values[name] / 100 for name in names]
        return variable(dims, rows, "1", f"share of the dose, {text}")

    def concentration(values: dict[str, Array], text: str) -> xr.Variable:
        rows = values["concentration"] / 100
        return as_stated(("time",), rows, "1/mL", f"share of the dose per mL of blood, {text}")

    return xr.Dataset(
        {
            "share": share(ours, "singh2020"),
            "share_equations": share(theirs, "the publication's equations"),
            "concentration": concentration(ours, "singh2020"),
            "concentration_equations": concentration(theirs, "the publication's equations"),
        },
        coords={
            "place": label(("place",), list(names), "central pool or organ"),
            "time": variable(("time",), np.array(_HOURS) / 24, "day", "time"),
        },
    )

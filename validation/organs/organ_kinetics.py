"""Case: kinetics in organs, alone and coupled to a tumour."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.case import CaseResult, Check, Kind, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.organs.organ_kinetics_runs import (
    Marrow,
    Together,
    cut_off,
    marrow,
    together,
)


def case(scope: Scope) -> CaseResult:
    """Return what kinetics in organs differ from other solutions, and the coupling's order."""
    alone, gap = marrow(), cut_off()
    both = together((32, 64) if scope == "quick" else (32, 64, 128))
    checks = [
        _check(f"{name} in the marrow over 60 days, against SciPy", _gap(alone, n), 1e-6)
        for n, name in enumerate(alone.names)
        if alone.expected[:, n].max() > 0
    ]
    checks += [
        _check("a marrow without flow, against the well-mixed model", gap, 1e-8),
        _check("largest imbalance of cells, marrow alone", alone.imbalance, 1e-10),
        _check("largest imbalance of cells, marrow and tumour", both.imbalance, 1e-10),
        *(
            _check(f"order of the coupling, {name}", order, 1.9, "at_least")
            for name, order in zip(both.quantities, both.orders().tolist(), strict=True)
        ),
    ]
    return CaseResult(
        name="organ_kinetics",
        title="Kinetics in organs, alone and beside a tumour",
        question=(
            "Do cells that divide, kill and die in the marrow while they travel follow the "
            "equations, is every one counted, and how does a tumour couple to them?"
        ),
        equation=(
            r"\frac{d A}{d t} = M A + V S\, r(A/V), \quad"
            r" \mathrm{born} = \int V\, b \cdot r(A/V)\, dt"
        ),
        method=(
            "Leukaemia in a man's marrow (liu2022, singh2020, 1e8 CAR T cells) by a study without "
            "tumour, against SciPy's Radau on the equations in NumPy (largest difference over the "
            "course's largest value); a marrow that nothing enters or leaves, against the "
            "well-mixed model by LSODA; and disease in a mouse's marrow beside a uniform tumour "
            "in plain steps, against body, marrow and tumour as one stiff system."
        ),
        finding=_finding(alone, gap, both),
        checks=tuple(checks),
        dataset=_dataset(alone, both),
        figure=_figure(alone, both),
        references=("liu2022", "singh2020"),
    )


def _check(name: str, measured: float, bound: float, kind: Kind = "at_most") -> Check:
    return Check(
        name=name, measured=measured, expected=bound, tolerance=0.0, kind=kind, reference="exact"
    )


def _gap(run: Marrow, species: int) -> float:
    found, expected = run.found[:, species], run.expected[:, species]
    return float(np.abs(found - expected).max() / expected.max())


def _finding(alone: Marrow, gap: float, both: Together) -> str:
    worst = max(_gap(alone, n) for n in range(len(alone.names)) if alone.expected[:, n].max() > 0)
    return (
        f"In the marrow the study and SciPy differ by {worst:.1g} at most, a marrow without flow "
        f"and the well-mixed model by {gap:.1g}. The coupling to a tumour is of order "
        f"{both.orders().min():.2f} or more, and the balance closes to "
        f"{max(alone.imbalance, both.imbalance):.1g}."
    )


def _figure(alone: Marrow, both: Together) -> Figure:
    figure, (course, orders) = sheet(1, 2)
    shown = [n for n in range(len(alone.names)) if alone.expected[:, n].max() > 0]
    for n, colour in zip(shown, colours(len(shown)), strict=True):
        course.plot(alone.times, alone.expected[:, n], color=colour, lw=1.0)
        course.plot(alone.times, alone.found[:, n], "o", color=colour, ms=3, label=alone.names[n])
    course.set_yscale("log")
    course.set_ylim(1e-3, None)
    course.set_xlabel("time (day)")
    course.set_ylabel("cells per mm3 of marrow")
    course.set_title("Study (dots) and SciPy (lines)", fontsize=9)
    course.legend(frameon=False, fontsize=8)
    steps = np.array(both.steps)
    for n, colour in zip(range(len(both.quantities)), colours(3), strict=True):
        orders.loglog(steps, both.errors[:, n], "o-", color=colour, label=both.quantities[n])
    orders.loglog(steps, both.errors[0].max() * (steps[0] / steps) ** 2.0, color="0.6", ls=":")
    orders.set_ylim(both.errors.min() / 50.0, None)
    orders.set_xlabel("steps in a day")
    orders.set_ylabel("relative error after a day")
    orders.set_title("Marrow beside a tumour (dotted: second order)", fontsize=9)
    orders.legend(frameon=False, fontsize=8)
    return figure


def _dataset(alone: Marrow, both: Together) -> xr.Dataset:
    dims = ("time", "species")
    return xr.Dataset(
        {
            "found": variable(dims, alone.found, "cell/mm^3", "density in the marrow, the study"),
            "expected": variable(dims, alone.expected, "cell/mm^3", "the same by SciPy"),
            "error": variable(("steps", "quantity"), both.errors, "1", "relative error"),
        },
        coords={
            "time": variable(("time",), alone.times, "day", "time"),
            "species": label(("species",), list(alone.names), "species"),
            "steps": variable(("steps",), list(both.steps), "1", "steps in a day"),
            "quantity": label(("quantity",), list(both.quantities), "what is compared"),
        },
    )

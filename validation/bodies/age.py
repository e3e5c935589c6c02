"""Children: the share of the output that their brain receives, and of a dose."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.bodies.delivery import brain_by_age, brain_rows
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import assumed_numbers, checks_of, held, notes
from cartflow.validation.book.case import CaseResult
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES

Ages = list[tuple[str, float, float, float, float]]


def case() -> CaseResult:
    """Return a five-year-old's brain against an adult's, and all ages in the figure."""
    rows, ages = brain_rows(), brain_by_age()
    return CaseResult(
        name="bodies:age",
        title=BODIES["age"],
        question=(
            "Does the brain of the shipped bodies receive the published share of the output, and "
            "how much more of a dose does a mL of a child's brain receive?"
        ),
        equation=r"\frac{Q / (V \, B)}{Q_{adult} / (V_{adult} \, B_{adult})}",
        method=(
            "Flow Q per volume V of brain tissue without its blood, over blood volume B; cells "
            "are mixed in all blood. The shares of the output are published; the ratio expected "
            f"follows from published flows and volumes. Notes: {notes(rows)} "
            f"{assumed_numbers('child_5y', 'human_male')}"
        ),
        finding=_finding(rows, ages),
        checks=checks_of(rows),
        dataset=_dataset(ages),
        figure=_figure(ages),
        references=("huisinga2012", "icrp89"),
    )


def _finding(rows: list[PublishedRow], ages: Ages) -> str:
    ratio = {name: (cells, per_kg) for name, _, _, cells, per_kg in ages}
    child, infant = ratio["child_5y"], ratio["child_1y"]
    return (
        f"{held(rows)} numbers hold. A mL of brain receives {child[0]:.2f} times the adult's "
        f"cells at five years for the same dose, {child[1]:.2f} times at equal cells per kg. The "
        "blood of the one-year-old, 500 g in ICRP 89, is suspect (50 mL/kg beside 70 at five "
        f"years), so that its {infant[0]:.1f} is an upper value. Other ages are drawn, not checked."
    )


def _figure(ages: Ages) -> Figure:
    figure, (left, right) = panels(2, width=5.0)
    places, names = np.arange(len(ages)), [row[0] for row in ages]
    same, per_kg = colours(2)
    left.bar(places, [row[1] for row in ages], color="0.6")
    left.set_ylabel("brain's share of the output (%)")
    right.plot(places, [row[3] for row in ages], "o-", color=same, label="same dose")
    right.plot(places, [row[4] for row in ages], "s--", color=per_kg, label="equal cells per kg")
    right.axhline(1.0, color="0.5", lw=1)
    right.set_yscale("log")
    right.set_ylabel("cells per mL of brain / the adult's")
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.set_xticks(places, names, fontsize=8)
        axes.set_xlabel("body")
    return figure


def _dataset(ages: Ages) -> xr.Dataset:
    dims = ("body",)
    names, share, flow, same, per_kg = zip(*ages, strict=True)
    return xr.Dataset(
        {
            "output_share": variable(dims, np.array(share) / 100, "1", "brain's share of output"),
            "perfusion": variable(
                dims, np.array(flow) * 1440.0, "1/day", "blood flow per volume of brain tissue"
            ),
            "same_dose": variable(dims, list(same), "1", "cells per mL over the adult's"),
            "per_weight": variable(dims, list(per_kg), "1", "the same at equal cells per kg"),
        },
        coords={"body": label(dims, list(names), "body")},
    )

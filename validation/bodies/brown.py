"""Brown et al. 2021: how much more a mL receives in a mouse than in man, per infused cell."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.bodies.delivery import (
    blood_volume_rows,
    headline_rows,
    organ_ratio_rows,
    whole_model_ratio,
)
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import assumed_numbers, checks_of, held, notes
from cartflow.validation.book.case import CaseResult
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES

_OTHER = "singh2020"


def case() -> CaseResult:
    """Return ratios by blood volume, by perfusion and by whole models; any scope does all."""
    blood, organs, whole = blood_volume_rows(), organ_ratio_rows(), headline_rows()
    rows = [*blood, *organs, *whole]
    other, own = whole_model_ratio(_OTHER), whole_model_ratio(_OTHER, like="published")
    return CaseResult(
        name="bodies:brown",
        title=BODIES["brown"],
        question=(
            "Per infused cell, does a mL of tissue in a mouse receive thousands of times as many "
            "cells as in man, as published, and why?"
        ),
        equation=r"\frac{Q_m / (V_m \, B_m)}{Q_h / (V_h \, B_h)}",
        method=(
            "Flow Q per volume V over blood volume B, by perfusion alone, from the shipped bodies; "
            "the numbers expected follow from the flows and volumes of the publications. The whole "
            "models count arrivals for 28 days, returns and losses included; the publication says "
            "up to 10 000-fold, which is read here as 1e3 to 1e4, a wide range. Notes: "
            f"{notes(rows)} {assumed_numbers('mouse_28g', 'human_male', 'human_71kg')}"
        ),
        finding=_finding(rows, blood, whole, other, own),
        checks=checks_of(rows),
        dataset=_dataset(rows, other),
        figure=_figure(rows, other),
        references=("brown2021", "shah2012", "icrp89", "khot2019", "tsai2022", "singh2020"),
    )


def _finding(
    rows: list[PublishedRow],
    blood: list[PublishedRow],
    whole: list[PublishedRow],
    other: float,
    own: float,
) -> str:
    counted = ", ".join(f"{row.measured:.0f}" for row in blood)
    models = ", ".join(f"{r.name.rpartition(', ')[2]} {r.measured:.0f}" for r in whole)
    return (
        f"{held(rows)} ratios hold. Dilution in blood alone gives {counted}, by which blood is "
        "counted: that moves the answer by a fifth. By perfusion, muscle "
        "and bone exceed 10 000. The ratio of bone says more about the human "
        "bone of Shah and Betts, 1.4 % of the output against 5 % in ICRP 89, than about bone. "
        f"Whole models: {models}. Misfit, stated and not a check: {_OTHER} gives {other:.0f}, "
        f"a factor of {1e3 / other:.1f} below that range ({own:.0f} with the tumour that it was "
        "published with: flow and capture are the same in both bodies): there cells are lost in "
        "the liver's tissue alone, 84 % of those caught in the mouse and 93 % in man, so that "
        "they make about as many passes, 8.3 and 6.8, and little is left but the ratio of "
        "cardiac outputs, 575 "
        "(docs/mouse_and_man.md takes the ratio apart)."
    )


def _figure(rows: list[PublishedRow], other: float) -> Figure:
    figure, (axes,) = panels(1, width=7.5, height=4.6)
    places = np.arange(len(rows) + 1)
    axes.errorbar(
        [r.expected for r in rows],
        places[:-1],
        xerr=[r.tolerance for r in rows],
        fmt="o",
        mfc="none",
        color="0.4",
        label="expected, with tolerance",
    )
    found = [*(r.measured for r in rows), other]
    axes.plot(found, places, "x", color=colours(1)[0], label="package")
    axes.axvspan(1e3, 1e4, color="0.93", zorder=0, label="1e3 to 1e4, for up to 10 000-fold")
    axes.set_yticks(places, [*(_short(r.name) for r in rows), f"whole model, {_OTHER}"])
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="mouse / man per infused cell and mL")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _short(name: str) -> str:
    for start, short in (
        ("ratio of blood volumes at equal perfusion", "blood"),
        ("mouse / man per infused cell and mL", "perfusion"),
        ("mouse / man", "whole model"),
    ):
        if name.startswith(start):
            return name.replace(start, short, 1)
    return name


def _dataset(rows: list[PublishedRow], other: float) -> xr.Dataset:
    names = [*(row.name for row in rows), f"mouse / man, {_OTHER}"]
    measured = [*(row.measured for row in rows), other]
    expected = [*(row.expected for row in rows), np.nan]
    dims = ("ratio_of",)
    return xr.Dataset(
        {
            "measured": variable(dims, measured, "1", "ratio mouse / man, package"),
            "expected": variable(dims, expected, "1", "ratio mouse / man, expected"),
        },
        coords={"ratio_of": label(dims, names, "ratio")},
    )

"""The tumours that trafficking models were published with, and how far the default is from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import checks_of, held, notes
from cartflow.validation.bodies.tumours.rows import (
    HOURS,
    Delivered,
    content_rows,
    delivered,
    delivery_rows,
    khot_rows,
    transfer_rows,
)
from cartflow.validation.book.case import CaseResult
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES


def case() -> CaseResult:
    """Return what the published tumours get and hold, against their own equations."""
    found = delivered()
    rows = [*delivery_rows(found), *content_rows(found), *khot_rows(), *transfer_rows()]
    return CaseResult(
        name="bodies:tumours",
        title=BODIES["tumours"],
        question=(
            "With tumour.like = 'published', does a tumour get what the equations of its "
            "publication give it, by every route that the publication has?"
        ),
        equation=r"\frac{dN}{dt} = J \, V_v C_v",
        method=(
            "The publications' equations are written a second time from their sources, in mL and "
            "hours, without the package's files and assembly, and solved by SciPy's matrix "
            "exponential; each model stands in the body that it was made for, with a tumour of "
            "the published volume. A local dose by the hepatic artery, which the publication "
            "gives to the tumour alone, is the route tumour_artery. "
            f"Notes: {notes(rows)}"
        ),
        finding=_finding(rows, found),
        checks=checks_of(rows),
        dataset=_dataset(found),
        figure=_figure(found),
        references=("singh2020", "tsai2022", "khot2019", "leon_triana2021_gbm"),
    )


def _finding(rows: Sequence[PublishedRow], found: Sequence[Delivered]) -> str:
    singh, tsai = found
    late = singh.package_held[0, -1] / singh.source_held[0, -1] - 1
    return (
        f"{held(rows)} numbers hold. The default tumour of the same volume gets "
        f"{_gap(singh)} of what singh2020 gives its own within a week, and {_gap(tsai)} of what "
        "tsai2022_liver does: delivery is the chance of capture times the flow, and the flow is "
        "not the publication's. That of singh2020, 120 mL of plasma per hour and mL of tumour, "
        "is that of a kidney. Misfit: in mouse_28g the other tissues of singh2020 are seven "
        f"organs, which empty sooner, so that its tumour holds {100 * late:.0f} % after a week; "
        "cells that entered differ by less than 5 %. khot2019 does not print the vessels of its "
        "tumour; a tenth of it, not 0.07, gives the curve that it draws (case bodies:khot)."
    )


def _gap(one: Delivered) -> str:
    return f"{100 * one.default[0, -1] / one.source[0, -1]:.0f} %"


def _figure(found: Sequence[Delivered]) -> Figure:
    figure, axes = panels(len(found), width=5.2)
    for panel, one in zip(axes, found, strict=True):
        for i, (route, shade) in enumerate(zip(one.routes, colours(len(one.routes)), strict=True)):
            name = route.replace("_", " ")
            panel.plot(HOURS, 100 * one.source[i], "o", mfc="none", color=shade)
            panel.plot(HOURS, 100 * one.package[i], "x-", lw=0.8, color=shade, label=name)
            panel.plot(HOURS, 100 * one.default[i], ":", color=shade)
        panel.set(xscale="log", yscale="log", xlabel="time (h)")
        panel.set_title(f"{one.model}: circles its equations, dots the default tumour", fontsize=9)
        panel.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("entered the tumour (% of the dose)")
    return figure


def _dataset(found: Sequence[Delivered]) -> xr.Dataset:
    names = [f"{one.model}, {route}" for one in found for route in one.routes]
    dims = ("tumour", "time")
    columns = {
        "entered_source": ("source", "cells that entered per cell given, publication's equations"),
        "entered_published": ("package", "the same, tumour.like = published"),
        "entered_default": ("default", "the same, default tumour of the same volume"),
        "held_source": ("source_held", "cells in the tissue per cell given, publication"),
        "held_published": ("package_held", "the same, tumour.like = published"),
    }
    return xr.Dataset(
        {
            key: variable(dims, np.concatenate([getattr(one, name) for one in found]), "1", text)
            for key, (name, text) in columns.items()
        },
        coords={
            "tumour": label(("tumour",), names, "trafficking model and route"),
            "time": variable(("time",), np.array(HOURS) / 24.0, "day", "time"),
        },
    )

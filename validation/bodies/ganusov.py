"""Ganusov and Auerbach 2014: stays in organs, and what a thoracic duct yields."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import variable
from cartflow.core.ticks import colours
from cartflow.validation.bodies.recirculation import (
    DUCT_SHARES,
    ENTRY_RATES,
    NODE_SHARES,
    recovery_rows,
    recovery_table,
    residence_rows,
    split_rows,
)
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import assumed_numbers, checks_of, held, notes
from cartflow.validation.book.case import CaseResult
from cartflow.validation.book.drawing import panels
from cartflow.validation.book.names import BODIES

_DIMS = ("entry_rate", "node_share", "duct_share")


def case() -> CaseResult:
    """Return the stays, the split of what leaves the blood, and the range of recovery."""
    exact, recovery = [*residence_rows(), *split_rows()], recovery_rows()
    table = np.array([row[-1] for row in recovery_table()])
    found = table.reshape(len(ENTRY_RATES), len(NODE_SHARES), len(DUCT_SHARES))
    return CaseResult(
        name="bodies:ganusov",
        title=BODIES["ganusov"],
        question=(
            "Do lymphocytes stay in the organs of a rat as long as published, and does a drained "
            "thoracic duct yield what was measured?"
        ),
        equation=r"\tau_i = -1 / A_{ii}, \quad \frac{dx}{dt} = A x",
        method=(
            "Stays are 1 / (rate of leaving) of the network as assembled. The recovery was "
            "measured as 55 % in 45 h; the publication does not say all that the network needs, so "
            "that it is computed for every combination of what had to be assumed. Its check holds "
            f"if the range found contains 55 %; it tests no more. {_notes([*exact, *recovery])} "
            f"{assumed_numbers('ganusov2014', 'rat_250g')}"
        ),
        finding=_finding(exact, recovery, found),
        checks=checks_of([*exact, *recovery]),
        dataset=_dataset(found),
        figure=_figure(found, recovery[0].expected),
        references=("ganusov2014",),
    )


def _notes(rows: list[PublishedRow]) -> str:
    return f"Notes: {notes(rows)}"


def _finding(exact: list[PublishedRow], recovery: list[PublishedRow], found: np.ndarray) -> str:
    quarter, half = (found[..., DUCT_SHARES.index(share)] for share in (0.25, 0.5))
    return (
        f"{held(exact)} stays and shares come out as set. The duct yields "
        f"{100 * found.min():.0f} % to {100 * found.max():.0f} % of the cells in 45 h, depending "
        f"on the assumptions, against {100 * recovery[0].expected:.0f} % measured: a range this "
        "wide is weak evidence. A duct that collects a quarter of what leaves the nodes yields "
        f"{100 * quarter.min():.0f} % to {100 * quarter.max():.0f} %, one that collects a half "
        f"{100 * half.min():.0f} % to {100 * half.max():.0f} %, so that 55 % asks for a share of "
        "about a quarter to a half."
    )


def _figure(found: np.ndarray, measured: float) -> Figure:
    figure, axes = panels(len(NODE_SHARES), width=3.8)
    for number, (panel, share) in enumerate(zip(axes, NODE_SHARES, strict=True)):
        marks = zip(ENTRY_RATES, colours(len(ENTRY_RATES)), "os^D", strict=True)
        for row, (rate, shade, mark) in enumerate(marks):
            values = 100 * found[row, number]
            panel.plot(DUCT_SHARES, values, f"-{mark}", color=shade, label=f"entry {rate:g} per h")
        panel.axhline(100 * measured, color="0.4", ls="--", lw=1, label="measured")
        panel.set(xlabel="share that the duct collects", ylim=(0, 100))
        panel.set_title(f"Nodes' part of entry {share:g}", fontsize=9)
    axes[0].set_ylabel("recovered in 45 h (% of the cells)")
    axes[-1].legend(frameon=False, fontsize=8)
    return figure


def _dataset(found: np.ndarray) -> xr.Dataset:
    rates = np.array(ENTRY_RATES) * 24.0
    return xr.Dataset(
        {"recovery": variable(_DIMS, found, "1", "share of the cells recovered in 45 h")},
        coords={
            "entry_rate": variable(_DIMS[:1], rates, "1/day", "entry into spleen and nodes"),
            "node_share": variable(_DIMS[1:2], list(NODE_SHARES), "1", "nodes' part of the entry"),
            "duct_share": variable(
                _DIMS[2:], list(DUCT_SHARES), "1", "share that the duct collects"
            ),
        },
    )

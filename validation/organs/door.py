"""The door between body and tumour: every body, host and route against the lumped organ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.organs.door_runs import (
    LOCAL,
    ROUTES,
    TUMOUR_ALONE,
    Measured,
    Place,
    measured,
    places,
    worst,
)

_RESIDUAL = 1e-10
# Of the cells in an organ; a run's default tolerance is 1e-5.
_BLOOD, _DOOR = 2e-6, 5e-6
_ALONE = "models whose nodes the tumour alone feeds"

Found = Mapping[Place, Measured]


def case(scope: Scope) -> CaseResult:
    """Return door and balance of every host and route, in every body unless `scope` is quick."""
    found = {place: measured(place) for place in places(scope == "full")}
    return CaseResult(
        name="door",
        title="The door in every body, host and route",
        question=(
            "Whatever the body, the host and the route: is a well-mixed tumour in a body the same "
            "as an organ of its network, and is every cell accounted for?"
        ),
        equation=(
            r"D \to \infty:\quad x(t) = e^{Mt} x(0)"
            "\n"
            r"r = \mathrm{infused} - \mathrm{died} - \mathrm{in\ body} - \mathrm{in\ tumour}"
        ),
        method=(
            f"{len(found)} coupled runs with the default tolerance: a ball of 0.015 % of the "
            "body, without kinetics and with so large a diffusivity that it is mixed, 1e6 cells at "
            "once. At 1 and 5 minutes, 1 and 6 hours and 1 day the tumour, and all organs that "
            "hold more than 1e-5 of the dose, are compared with the organ network that has the "
            "tumour's tissue as a compartment, which is solved exactly. Every host with every "
            "route that leads there, "
            f"{'in ten bodies' if scope == 'full' else 'one body after the other'}, with "
            "khot2019; then the other trafficking models where they apply."
        ),
        finding=_finding(found),
        checks=_checks(found),
        dataset=_dataset(found),
        figure=_figure(found),
        references=("khot2019", "singh2020", "tsai2022", "singh2021", "brown2021"),
    )


def _groups(found: Found) -> dict[str, list[Measured]]:
    """Return the runs by route, and apart those of models whose nodes the tumour alone feeds."""
    groups: dict[str, list[Measured]] = {name: [] for name in (*ROUTES, _ALONE)}
    for place, run in found.items():
        groups[_ALONE if place.model in TUMOUR_ALONE else place.route].append(run)
    return groups


def _bound(group: str) -> float:
    return _DOOR if group in (*LOCAL, _ALONE) else _BLOOD


def _checks(found: Found) -> tuple[Check, ...]:
    checks = []
    for group, runs in _groups(found).items():
        error, residual = worst(runs)
        name = f"{group}, {len(runs)} runs"
        checks.append(_at_most(f"{name}: worst organ", error, _bound(group)))
        checks.append(_at_most(f"{name}: largest residual", residual, _RESIDUAL))
    return tuple(checks)


def _at_most(name: str, value: float, bound: float) -> Check:
    return Check(
        name=name,
        measured=value,
        expected=bound,
        tolerance=0.0,
        kind="at_most",
        reference="exact",
        engine="fast",
    )


def _finding(found: Found) -> str:
    errors = {group: worst(runs).error for group, runs in _groups(found).items()}
    blood, door = (
        max(error for group, error in errors.items() if _bound(group) == bound)
        for bound in (_BLOOD, _DOOR)
    )
    place = max(found, key=lambda p: found[p].error)
    return (
        f"By vein and artery no organ is more than {blood:.1e} off. Where organs are fed through "
        f"the door alone (given into the tumour or a cavity, and {_ALONE}) it is {door:.1e} "
        f"({place.model}, {place.host} of {place.body}, {place.route}). "
        f"The largest residual is {worst(found.values()).residual:.1e} of the dose."
    )


def _figure(found: Found) -> Figure:
    figure, (left, right) = panels(2, width=5.2)
    groups = _groups(found)
    labels = [name.replace("_", " ") if name != _ALONE else "tumour alone" for name in groups]
    for axes, column, text in (
        (left, 0, "worst organ, relative error"),
        (right, 1, "residual / infused"),
    ):
        shades = colours(len(groups))
        for place, (runs, shade) in enumerate(zip(groups.values(), shades, strict=True)):
            values = np.maximum([m[column] for m in runs], 1e-17)
            spots = place + np.linspace(-0.3, 0.3, len(values))
            axes.semilogy(spots, values, "o", ms=3, color=shade)
        axes.set_xticks(range(len(groups)), labels, fontsize=8, rotation=30, ha="right")
        axes.set_ylabel(text)
    for place, group in enumerate(groups):
        left.hlines(_bound(group), place - 0.45, place + 0.45, color="0.4", lw=1)
    right.axhline(_RESIDUAL, color="0.4", lw=1)
    return figure


def _dataset(found: Found) -> xr.Dataset:
    errors, residuals = np.array(list(found.values())).T
    names = {n: [str(getattr(p, n)) for p in found] for n in ("body", "model", "host", "route")}
    return xr.Dataset(
        {
            "error": variable(("run",), errors, "1", "largest relative error of an organ"),
            "residual": variable(("run",), residuals, "1", "residual over infused cells"),
        },
        coords={n: label(("run",), values, n) for n, values in names.items()},
    )

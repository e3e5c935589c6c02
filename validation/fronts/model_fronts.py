"""Case: the speed of every front that a shipped kinetics model has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.kinetics.files.load import names
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.fronts.model_front_runs import FIRST, LAST, FrontSpeed, run
from cartflow.validation.fronts.model_front_states import fronts_of

# Second-order rest of the scheme beside its dispersion relation, and 1/t^(3/2) of the approach.
_TOLERANCE = {"tumour": 2e-3, "product": 4e-3}
# Growth laws without a tumour that have cases of their own.
_ELSEWHERE = {"logistic_growth": "fisher_kpp", "nagumo": "pushed_fronts"}


def case(_scope: Scope) -> CaseResult:
    """Return the fronts of all shipped models, and why the others have none."""
    found = {name: fronts_of(name) for name in names() if name not in _ELSEWHERE}
    runs = [run(front) for fronts, _ in found.values() for front in fronts]
    missing = {name: why for name, (_, why) in found.items() if why}
    return CaseResult(
        name="model_fronts",
        title="Fronts of the shipped kinetics models",
        question=(
            "Does the tumour of every shipped model grow into empty tissue, and its product into "
            "the full tumour, as fast as the model's Jacobian says?"
        ),
        equation=(
            r"v^* = 2 \sqrt{D r}, \quad r = \max \mathrm{Re}\, \sigma(J_{mobile}(u_{ahead}))"
            "\n"
            r"v(t) = v^* - \frac{c}{\lambda^* t}, \quad c = 3/2 \; (1/2 \; \mathrm{linear})"
        ),
        method=(
            "Ahead of a tumour's front the model is at rest without tumour and product; ahead of "
            "a product's the tumour is where its own growth ends. All that moves has D = 0.01 "
            "mm2/day; r is the largest eigenvalue of its Jacobian there, by the model's own exact "
            "derivatives. Slab, cells of 0.25 sqrt(D/r), steps of 0.05/r of the fast engine; the "
            f"mean speed from {FIRST:g}/r to {LAST:g}/r is compared with the law, v* and lambda* "
            "being those of the scheme. Species that are nowhere and that nothing makes are "
            "left out, which changes nothing else."
        ),
        finding=_finding(runs, missing),
        checks=tuple(map(_check, runs)),
        dataset=_dataset(runs),
        figure=_figure(runs),
        references=("fisher1937", "ebert2000"),
    )


def _check(speed: FrontSpeed) -> Check:
    return Check(
        name=speed.front.name,
        measured=speed.measured,
        expected=speed.expected,
        tolerance=_TOLERANCE[speed.front.kind],
        kind="relative",
        unit="mm/day",
        reference="ebert2000",
        engine="fast",
    )


def _finding(runs: Sequence[FrontSpeed], missing: Mapping[str, str]) -> str:
    parts = []
    for kind, words in (("tumour", "into empty tissue"), ("product", "into the full tumour")):
        these = [r for r in runs if r.front.kind == kind]
        worst = max(abs(r.measured / r.expected - 1.0) for r in these)
        bare = max(abs(r.measured / r.equation.speed - 1.0) for r in these)
        parts.append(
            f"{len(these)} fronts {words} are within {100 * worst:.2f} % of the law "
            f"({100 * bare:.1f} % of 2 sqrt(D r) itself, which fronts reach late)."
        )
    reasons: dict[str, list[str]] = {}
    for name, why in missing.items():
        reasons.setdefault(why, []).append(name)
    with_tumour = {r.front.model for r in runs}
    for why, models in reasons.items():
        what = "no front of the product" if set(models) <= with_tumour else "no front"
        parts.append(f"{what.capitalize()} where {why}: {', '.join(models)}.")
    own = " and ".join(f"{name} in {other}" for name, other in _ELSEWHERE.items())
    return " ".join([*parts, f"Fronts of growth laws alone are in other cases: {own}."])


def _figure(runs: Sequence[FrontSpeed]) -> Figure:
    figure, (speeds, gaps) = sheet(1, 2)
    rates = np.geomspace(*_span([r.front.rate for r in runs]), 50)
    d = runs[0].equation.speed ** 2 / (4.0 * runs[0].front.rate)
    speeds.plot(rates, 2.0 * np.sqrt(d * rates), color="0.6", label="2 sqrt(D r)")
    styles = (("tumour", "o", TUMOUR_COLOUR), ("product", "s", colours(1)[0]))
    for kind, marker, colour in styles:
        these = [r for r in runs if r.front.kind == kind]
        rate = [r.front.rate for r in these]
        speeds.plot(rate, [r.measured for r in these], marker, color=colour, label=kind, ms=4)
        off = [100.0 * (r.measured / r.expected - 1.0) for r in these]
        gaps.plot(rate, off, marker, color=colour, label=kind, ms=4)
    for axes in (speeds, gaps):
        axes.set_xscale("log")
        axes.set_xlabel("growth rate ahead of the front, r (1/day)")
        axes.legend(frameon=False, fontsize=8)
    speeds.set_yscale("log")
    speeds.set_ylabel("speed (mm/day)")
    gaps.axhline(0.0, color="0.6", lw=0.8)
    gaps.set_ylabel("measured over expected, less one (%)")
    return figure


def _span(values: Sequence[float]) -> tuple[float, float]:
    return 0.8 * min(values), 1.25 * max(values)


def _dataset(runs: Sequence[FrontSpeed]) -> xr.Dataset:
    def each(values: list[float], unit: str, text: str) -> xr.Variable:
        return variable(("front",), values, unit, text)

    return xr.Dataset(
        {
            "rate": each([r.front.rate for r in runs], "1/day", "growth rate ahead of the front"),
            "speed": each([r.measured for r in runs], "mm/day", "measured speed"),
            "law": each([r.expected for r in runs], "mm/day", "speed of the scheme's pulled front"),
            "asymptote": each([r.equation.speed for r in runs], "mm/day", "2 sqrt(D r)"),
        },
        coords={"front": label(("front",), [r.front.name for r in runs], "model and front")},
    )

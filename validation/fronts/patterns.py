"""Case: tumours that outlive as a pattern what clears them well mixed (Brennan et al. 2025)."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import variable
from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.fronts.pattern_runs import MODE, Treatment

Array = np.ndarray

_KEY = "brennan2025"
_RAMP = Treatment(scenario="effectors_ramped")
_DAYS = np.unique([*np.arange(1.0, 251.0), 136.4])
# Means of tumour by an independent method of lines (BDF, 1e-7), on cells of 1 and of 0.5.
_MEANS = {50.0: (0.44503, 0.44503), 100.0: (0.35007, 0.35007), 136.4: (0.26097, 0.26081)}
_MEANS |= {150.0: (0.24158, 0.24154), 200.0: (0.16426, 0.16423), 250.0: (0.08573, 0.08561)}
_OTHERS = {
    "slow effectors": Treatment(scenario="effectors_ramped", effectors=1.0),
    "IL-2": Treatment(scenario="il2_ramped"),
    "IL-2, slower effectors": Treatment(scenario="il2_ramped", effectors=10.0),
}
_OTHER_MEANS = {
    "slow effectors": {100.0: 0.35011, 136.4: 0.0098875},
    "IL-2": {50.0: 0.28820, 75.0: 0.25929, 100.0: 0.20362},
    "IL-2, slower effectors": {50.0: 0.32935, 75.0: 0.0032185},
}
_WITHIN = 5e-3


def case(scope: Scope) -> CaseResult:
    """Return modes that grow, means over a slab, and the lag between the two."""
    fine = 1 if scope == "full" else 0
    mean, wave = _RAMP.in_slab(_DAYS, 600 if fine else 300)
    turn = float(_DAYS[np.abs(wave).argmin()])
    frozen, moving = _RAMP.onset(_RAMP.frozen), _RAMP.onset(_RAMP.well_mixed)
    strip = _strip() if fine else []
    checks = (*_linear(*frozen), *_means(mean, fine), *_others(), *strip, *_square())
    mixed = np.array([_RAMP.well_mixed(day)[1] for day in _DAYS])
    return CaseResult(
        name="patterns",
        title="Patterns: three diffusivities, 1 to 100",
        question=(
            "Does a tumour that diffuses a hundred times more slowly than effectors and IL-2 "
            "outlive, as a pattern, the treatment that clears it well mixed?"
        ),
        equation=(
            r"\partial_t u = D_u \nabla^2 u + \alpha v - \mu u + r_u u w/(1+w) + s_u + K_u t"
            "\n"
            r"\partial_t v = \nabla^2 v + v (1 - v) - u v/(g_v + v)"
            "\n"
            r"\partial_t w = D_w \nabla^2 w + r_w u v/(g_w + v) - \mu_w w + s_w + K_w(t)"
        ),
        method=(
            "The shipped model brennan2025 in a slab of 300 mm with closed ends, fast engine, "
            f"cells of {0.5 if fine else 1} mm for the first treatment and 1 mm for the others; "
            "the tumour starts with 1 + 0.2 cos(14 pi x/300) times its mean, the rest uniform. "
            "Means over the slab are compared with an independent method of lines. A box of its "
            "length and a square of 100 mm with noise on all (a factor 1 + 0.2 N(0, 1) in each of "
            "34 x 34 cells) go by the method of voxels. Linearised: "
            "the Jacobian of the model less k^2 D, around the state at rest with a day's supply "
            "(frozen in time), and around the well-mixed run."
        ),
        finding=_finding(frozen[0], moving[0], turn, mean),
        checks=checks,
        dataset=_dataset(mean, wave, mixed),
        figure=_figure(mean, wave, mixed),
        references=(_KEY,),
    )


def _linear(onset: float, k_onset: float) -> tuple[Check, ...]:
    slow = _OTHERS["slow effectors"]
    before = Treatment(scenario="before_walls", il2=1000.0)
    il2 = Treatment(scenario="before_il2")
    uniform = _day_uniform()
    excess = max(_excess(slow, day) for day in (0.0, 50.0, 100.0, 130.0))
    found = (
        ("first half day on which a mode grows, frozen", _half_day(onset), 63.0, 1e-9, "day"),
        ("its wave number", k_onset, 0.1497, 5e-4, "1/mm"),
        ("first half day of an unstable uniform state", _half_day(uniform), 96.5, 1e-9, "day"),
        ("fastest growth before treatment", _fastest(_RAMP), -0.11847, 1e-5, "1/day"),
        ("slow effectors: any mode above the uniform one", excess, 0.0, 1e-9, "1/day"),
        ("IL-2: fastest growth before treatment", _fastest(il2), -0.0968, 1e-4, "1/day"),
        ("walls: fastest growth before treatment", _fastest(before), 0.01885, 1e-4, "1/day"),
    )
    return tuple(
        Check(
            name=name,
            measured=measured,
            expected=expected,
            tolerance=within,
            kind="absolute",
            reference=_KEY,
            unit=unit,
        )
        for name, measured, expected, within, unit in found
    )


def _half_day(day: float) -> float:
    """Return the first half day not before `day`: the expected ones were sought in such steps."""
    return float(np.ceil(2.0 * day) / 2.0)


def _excess(treatment: Treatment, day: float) -> float:
    rates = treatment.growth(treatment.well_mixed(day))[1]
    return float(rates.max() - rates[0])


def _day_uniform() -> float:
    days = np.arange(95.0, 98.0, 0.5)
    rates = np.array([_RAMP.growth(_RAMP.frozen(day))[1][0] for day in days])
    return float(np.interp(0.0, rates, days))


def _fastest(treatment: Treatment) -> float:
    return float(treatment.growth(treatment.frozen(0.0))[1].max())


def _means(mean: Array, fine: int) -> list[Check]:
    return [
        _mean(f"mean tumour, day {day:g}", float(mean[day == _DAYS][0]), pair[fine])
        for day, pair in _MEANS.items()
    ]


def _others() -> list[Check]:
    checks = []
    for name, treatment in _OTHERS.items():
        expected = _OTHER_MEANS[name]
        found, _ = treatment.in_slab(np.array(list(expected)), 300)
        for day, value, wanted in zip(expected, found, expected.values(), strict=True):
            checks.append(_mean(f"{name}: mean tumour, day {day:g}", float(value), wanted))
    return checks


def _strip() -> list[Check]:
    """The slab once more as a box, by the method of voxels."""
    days = np.array([50.0, 136.4, 200.0])
    found = _RAMP.in_strip(days, 300)
    return [
        _mean(f"box: mean tumour, day {day:g}", float(value), _MEANS[float(day)][0])
        for day, value in zip(days, found, strict=True)
    ]


def _square() -> tuple[Check, ...]:
    """What the publication shows in two dimensions with noise."""
    kept = _RAMP.in_square(np.array([150.0]))[-1]
    gone = _OTHERS["slow effectors"].in_square(np.array([150.0]))[-1]
    found = (
        ("square with noise: mean tumour on day 150 (published: it persists)", kept.mean(), 0.1),
        ("square with noise: most over mean tumour (published: a pattern)", _peak(kept), 2.0),
    )
    none = ("square with noise, slow effectors: day 150 (published: gone)", gone.mean(), 0.01)
    return tuple(
        Check(
            name=name,
            measured=float(measured),
            expected=bound,
            tolerance=0.0,
            kind=kind,
            reference=_KEY,
            engine="fast",
        )
        for (name, measured, bound), kind in zip(
            (*found, none), ("at_least", "at_least", "at_most"), strict=True
        )
    )


def _peak(tumour: Array) -> float:
    return float(tumour.max() / tumour.mean())


def _mean(name: str, measured: float, expected: float) -> Check:
    return Check(
        name=name,
        measured=measured,
        expected=expected,
        tolerance=_WITHIN,
        kind="relative",
        reference=_KEY,
        unit="cell/mm^3",
        engine="fast",
    )


def _finding(frozen: float, moving: float, turn: float, mean: Array) -> str:
    left = float(mean[_DAYS == 150.0][0])
    return (
        f"A mode first grows on day {frozen:.2f} by the linearisation frozen in time, and on day "
        f"{moving:.2f} around the well-mixed run, which lags behind. In the slab the mode that "
        f"the tumour starts with (wave number {MODE:.4f}) shrinks until day {turn:g}, "
        f"{turn - frozen:.0f} days after the frozen onset, and then grows. "
        f"On day 150, when a well-mixed tumour is gone since day 136.4, {left:.3f} is left on "
        "average. With slow effectors no mode ever grows faster than the uniform one, and the "
        "tumour goes. The publication's outcomes, in two dimensions with noise, are met "
        "in a square of 100 mm (theirs is a disc or square of 300): a pattern before day 150 and a "
        "tumour that persists; none with slow effectors. It calls the state before the third "
        "treatment stable to patterns; here it is not."
    )


def _dataset(mean: Array, wave: Array, mixed: Array) -> xr.Dataset:
    return xr.Dataset(
        {
            "mean": variable(("time",), mean, "mm-3", "tumour, mean over the slab"),
            "wave": variable(("time",), wave, "mm-3", "amplitude of the cosine it starts with"),
            "mixed": variable(("time",), mixed, "mm-3", "tumour, well mixed"),
        },
        coords={"time": variable(("time",), _DAYS, "day", "time")},
    )


def _figure(mean: Array, wave: Array, mixed: Array) -> Figure:
    figure, (left, right) = panels(2, width=5.0)
    left.plot(_DAYS, mean, color=TUMOUR_COLOUR, label="slab, mean")
    left.plot(_DAYS, mixed, "--", color="0.4", label="well mixed")
    left.plot(_DAYS, np.abs(wave), color=colours(1)[0], label="amplitude of the wave")
    left.set_xlabel("time (day)")
    left.set_ylabel("tumour (relative to capacity)")
    for day, colour in zip((0.0, 63.0, 96.5, 120.0), colours(4), strict=True):
        waves, rates = _RAMP.growth(_RAMP.well_mixed(day))
        right.plot(waves, rates, color=colour, label=f"well mixed, day {day:g}")
    right.axhline(0.0, color="black", lw=0.8)
    right.set_ylim(-0.3, 0.15)
    right.set_xlabel("wave number (1/mm)")
    right.set_ylabel("growth rate (1/day)")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8)
    return figure

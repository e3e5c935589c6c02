"""Case: tumours that outlive as a pattern what clears them well mixed (Brennan et al. 2025)."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import variable
from cartflow.core.ticks import TUMOUR_COLOUR, colours
from cartflow.validation.book.case import CaseResult, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.fronts.pattern_checks import (
    DAYS,
    KEY,
    RAMP,
    disc,
    linear,
    means,
    others,
    square,
    strip,
)
from cartflow.validation.fronts.pattern_runs import MODE

Array = np.ndarray


def case(scope: Scope) -> CaseResult:
    """Return modes that grow, means over a slab, and the lag between the two."""
    fine = 1 if scope == "full" else 0
    mean, wave = RAMP.in_slab(DAYS, 600 if fine else 300)
    turn = float(DAYS[np.abs(wave).argmin()])
    frozen, moving = RAMP.onset(RAMP.frozen), RAMP.onset(RAMP.well_mixed)
    long = strip() if fine else []
    checks = (*linear(*frozen), *means(mean, fine), *others(), *long, *square(), *disc(fine))
    mixed = np.array([RAMP.well_mixed(day)[1] for day in DAYS])
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
            "34 x 34 cells) go by the method of voxels, and so does a disc with such noise, one "
            f"voxel thick: {'as published, 300 mm in cells of 2 mm' if fine else '100 mm'}. "
            "Linearised: "
            "the Jacobian of the model less k^2 D, around the state at rest with a day's supply "
            "(frozen in time), and around the well-mixed run."
        ),
        finding=_finding(frozen[0], moving[0], turn, mean),
        checks=checks,
        dataset=_dataset(mean, wave, mixed),
        figure=_figure(mean, wave, mixed),
        references=(KEY,),
    )


def _finding(frozen: float, moving: float, turn: float, mean: Array) -> str:
    left = float(mean[DAYS == 150.0][0])
    return (
        f"A mode first grows on day {frozen:.2f} by the linearisation frozen in time, and on day "
        f"{moving:.2f} around the well-mixed run, which lags behind. In the slab the mode that "
        f"the tumour starts with (wave number {MODE:.4f}) shrinks until day {turn:g}, "
        f"{turn - frozen:.0f} days after the frozen onset, and then grows. "
        f"On day 150, when a well-mixed tumour is gone since day 136.4, {left:.3f} is left on "
        "average. With slow effectors no mode ever grows faster than the uniform one, and the "
        "tumour goes. The publication's outcomes, in two dimensions with noise, are met in a "
        "square and a disc: a pattern before day 150 and a tumour that persists; none with slow "
        "effectors. In its disc of 300 mm (full size only) the IL-2 treatment leaves a tumour of "
        "0.020 on average on day 200, which grows back to 0.27 by day 400; with effectors ten "
        "times slower it is gone by day 75. It calls the state before the third "
        "treatment stable to patterns; here it is not."
    )


def _dataset(mean: Array, wave: Array, mixed: Array) -> xr.Dataset:
    return xr.Dataset(
        {
            "mean": variable(("time",), mean, "mm-3", "tumour, mean over the slab"),
            "wave": variable(("time",), wave, "mm-3", "amplitude of the cosine it starts with"),
            "mixed": variable(("time",), mixed, "mm-3", "tumour, well mixed"),
        },
        coords={"time": variable(("time",), DAYS, "day", "time")},
    )


def _figure(mean: Array, wave: Array, mixed: Array) -> Figure:
    figure, (left, right) = panels(2, width=5.0)
    left.plot(DAYS, mean, color=TUMOUR_COLOUR, label="slab, mean")
    left.plot(DAYS, mixed, "--", color="0.4", label="well mixed")
    left.plot(DAYS, np.abs(wave), color=colours(1)[0], label="amplitude of the wave")
    left.set_xlabel("time (day)")
    left.set_ylabel("tumour (relative to capacity)")
    for day, colour in zip((0.0, 63.0, 96.5, 120.0), colours(4), strict=True):
        waves, rates = RAMP.growth(RAMP.well_mixed(day))
        right.plot(waves, rates, color=colour, label=f"well mixed, day {day:g}")
    right.axhline(0.0, color="black", lw=0.8)
    right.set_ylim(-0.3, 0.15)
    right.set_xlabel("wave number (1/mm)")
    right.set_ylabel("growth rate (1/day)")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8)
    return figure

"""What the patterns of Brennan et al. are checked against: growth of modes, means, outcomes."""

from __future__ import annotations

import numpy as np

from cartflow.validation.book.case import Check, Kind
from cartflow.validation.fronts.pattern_runs import Treatment

Array = np.ndarray

KEY = "brennan2025"
RAMP = Treatment(scenario="effectors_ramped")
DAYS = np.unique([*np.arange(1.0, 251.0), 136.4])
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
_SLOW = "slow effectors, day 150 (published: gone)"


def linear(onset: float, k_onset: float) -> tuple[Check, ...]:
    """Return checks of modes that grow, the frozen onset and its wave number among them."""
    slow = _OTHERS["slow effectors"]
    before = Treatment(scenario="before_walls", il2=1000.0)
    il2 = Treatment(scenario="before_il2")
    uniform = _day_uniform()
    excess = max(_excess(slow, day) for day in (0.0, 50.0, 100.0, 130.0))
    found = (
        ("first half day on which a mode grows, frozen", _half_day(onset), 63.0, 1e-9, "day"),
        ("its wave number", k_onset, 0.1497, 5e-4, "1/mm"),
        ("first half day of an unstable uniform state", _half_day(uniform), 96.5, 1e-9, "day"),
        ("fastest growth before treatment", _fastest(RAMP), -0.11847, 1e-5, "1/day"),
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
            reference=KEY,
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
    rates = np.array([RAMP.growth(RAMP.frozen(day))[1][0] for day in days])
    return float(np.interp(0.0, rates, days))


def _fastest(treatment: Treatment) -> float:
    return float(treatment.growth(treatment.frozen(0.0))[1].max())


def means(mean: Array, fine: int) -> list[Check]:
    """Return checks of the slab's `mean` on DAYS, on cells of 1 or (`fine`) 0.5 mm."""
    return [
        _mean(f"mean tumour, day {day:g}", float(mean[day == DAYS][0]), pair[fine])
        for day, pair in _MEANS.items()
    ]


def others() -> list[Check]:
    """Return checks of means under other treatments."""
    checks = []
    for name, treatment in _OTHERS.items():
        expected = _OTHER_MEANS[name]
        found, _ = treatment.in_slab(np.array(list(expected)), 300)
        for day, value, wanted in zip(expected, found, expected.values(), strict=True):
            checks.append(_mean(f"{name}: mean tumour, day {day:g}", float(value), wanted))
    return checks


def strip() -> list[Check]:
    """Return checks of the slab once more as a box, by the method of voxels."""
    days = np.array([50.0, 136.4, 200.0])
    found = RAMP.in_strip(days, 300)
    return [
        _mean(f"box: mean tumour, day {day:g}", float(value), _MEANS[float(day)][0])
        for day, value in zip(days, found, strict=True)
    ]


def square() -> tuple[Check, ...]:
    """Return checks of what the publication shows in two dimensions with noise."""
    kept = RAMP.in_square(np.array([150.0]))[-1]
    gone = _OTHERS["slow effectors"].in_square(np.array([150.0]))[-1]
    where = "square"
    return (
        _bound("mean tumour on day 150 (published: it persists)", kept.mean(), 0.1, where=where),
        _bound("most over mean tumour (published: a pattern)", _peak(kept), 2.0, where=where),
        _bound(_SLOW, gone.mean(), 0.01, "at_most", where=where),
    )


def disc(fine: int) -> tuple[Check, ...]:
    """Return checks of the publication's outcomes in a disc with noise on all.

    Of 100 mm and cells of 3, or (`fine`) of its 300 mm and cells of 2 mm, with the IL-2 treatment.
    """
    size = (300.0, 150) if fine else (100.0, 34)
    kept = RAMP.in_disc(np.array([150.0]), *size)[-1]
    gone = _OTHERS["slow effectors"].in_disc(np.array([150.0]), *size)[-1]
    where = f"disc of {size[0]:g} mm"
    found = (
        _bound("mean tumour on day 150 (published: it persists)", kept.mean(), 0.1, where=where),
        _bound("most over mean tumour (published: a pattern)", _peak(kept), 2.0, where=where),
        _bound(_SLOW, gone.mean(), 0.01, "at_most", where=where),
    )
    return (*found, *_il2(size, where)) if fine else found


def _il2(size: tuple[float, int], where: str) -> tuple[Check, ...]:
    least, later = (
        float(tumour.mean()) for tumour in _OTHERS["IL-2"].in_disc(np.array([200.0, 400.0]), *size)
    )
    slower = _OTHERS["IL-2, slower effectors"].in_disc(np.array([75.0]), *size)[-1]
    almost, regrown = "IL-2: mean tumour on day 200 (published: almost eliminated)", "IL-2: day 400"
    return (
        _bound(almost, least, 0.03, "at_most", where=where),
        _bound(
            f"{regrown} over day 200 (published: remnants may regrow)",
            later / least,
            5.0,
            where=where,
        ),
        _bound(
            "IL-2, slower effectors, day 75 (published: gone)",
            slower.mean(),
            0.01,
            "at_most",
            where=where,
        ),
    )


def _bound(
    name: str, measured: float, bound: float, kind: Kind = "at_least", *, where: str
) -> Check:
    return Check(
        name=f"{where} with noise: {name}",
        measured=float(measured),
        expected=bound,
        tolerance=0.0,
        kind=kind,
        reference=KEY,
        engine="fast",
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
        reference=KEY,
        unit="cell/mm^3",
        engine="fast",
    )

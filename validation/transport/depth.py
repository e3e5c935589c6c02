"""Case 4, depth: how far cells and solutes get into a tumour, and how long it takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cartflow.validation.book.case import CaseResult, Check, Kind, Scope
from cartflow.validation.measurements import data as measured_data
from cartflow.validation.transport import entry as entries
from cartflow.validation.transport import first_passage as exact
from cartflow.validation.transport import first_passage_runs as runs
from cartflow.validation.transport.depth_figure import Found, Way, dataset, figure
from cartflow.validation.transport.depth_finding import finding
from cartflow.validation.transport.steady_profiles import steady

_ENGINES = ("fast", "fipy")
_PROFILE, _TIME = 1e-4, 1e-2
_TABLE = "physiology/first_passage_times.csv"
# Radius and target (mm), motility (um2/min) and drift (um/min) that quick runs take.
_FEW = (
    (1.0, 0.5, 2.0, 0.0),
    (5.0, 2.5, 2.0, 0.0),
    (5.0, 0.5, 16.0, 0.0),
    (5.0, 2.5, 2.0, 0.1),
    (5.0, 2.5, 2.0, 0.5),
    (10.0, 1.0, 0.1, 0.05),
    (0.5, 0.05, 67.0, 0.05),
    (10.0, 5.0, 16.0, 2.0),
)
# Radius (mm), motility (um2/min) and mean life (days).
LIVES = ((1.0, 2.0, 7.0), (1.0, 2.0, 30.0), (5.0, 2.0, 14.0), (5.0, 16.0, 14.0), (5.0, 16.0, 30.0))


def case(scope: Scope) -> CaseResult:
    """Return profiles, passage times, chances to arrive, and the claim on depth and time."""
    found = _runs(scope)
    return CaseResult(
        name="depth",
        title="Depth, and how long it takes",
        question=(
            "How deep do cells get, how long does it take them, do they live to arrive, and does "
            "chemotaxis turn months into hours?"
        ),
        equation=(
            r"\frac{u}{u_0} = \frac{\cosh \phi (1 - x/L)}{\cosh \phi}, \quad"
            r" \frac{u}{u_0} = \frac{R \sinh(\phi r/R)}{r \sinh \phi}"
            "\n"
            r"D \left(T'' + \frac{2}{r} T'\right) - v T' = -1, \quad"
            r" T = \frac{a^2 - R^2}{6 D} + \frac{R^3}{3 D} \left(\frac{1}{a} - \frac{1}{R}\right)"
            r" \ \mathrm{for}\ v = 0"
        ),
        method=(
            "Steady profiles at Thiele modulus 1 on 80 cells, entering at the surface or made "
            "throughout. Passage times by Little's law: at a steady stream of one cell a day in at "
            "the rim and out at the target, the number on the way is the mean time; the drift is "
            "chemotaxis up a linear attractant. Once by stepping: all cells start at the rim, and "
            "what has not arrived yet is added up over time. Chances to arrive are the stream in "
            "over the stream out when cells die on the way. Cells that enter by the rim for 14 "
            "days are compared with Crank's series."
        ),
        finding=finding(found),
        checks=tuple(_checks(found)),
        dataset=dataset(found),
        figure=figure(found),
        references=("crank1975", "redner2001", "wortel2021", "dekkers2022"),
    )


def _runs(scope: Scope) -> Found:
    ways = [_way(engine, *setting) for engine in _ENGINES for setting in _settings(scope, engine)]
    motile = 2.0 * exact.UM2_PER_MIN
    brisk = 16.0 * exact.UM2_PER_MIN
    mean = exact.mean_time(1.0, 0.5, brisk)
    return Found(
        profiles=[
            steady(engine, shape, made_within=within)
            for engine in _ENGINES
            for shape in ("slab", "ball")
            for within in (False, True)
        ],
        ways=ways,
        reported=_reported(ways),
        lives=[(engine, *life, _chance(engine, *life)) for engine in _ENGINES for life in LIVES],
        arrivals=runs.arrivals("fast", 1.0, 0.5, brisk, 8.0 * mean),
        arrival_mean=mean,
        gap=runs.gap_time("fast", 0.05, motile),
        rim=entries.entry("fast", "by the rim", 1.0, brisk),
        entries=[
            entries.entry("fast", "by vessels everywhere", 5.0, motile, vessels=True),
            entries.entry("fast", "by the rim, D = 2", 5.0, motile),
            entries.entry("fast", "by the rim, D = 16", 5.0, brisk),
            *(
                entries.entry(
                    "fast",
                    f"by the rim, D = 2, drift {v:g}",
                    5.0,
                    motile,
                    drift=v * exact.UM_PER_MIN,
                )
                for v in (0.1, 0.5)
            ),
        ],
    )


def _settings(scope: Scope, engine: str) -> Sequence[tuple[float, float, float, float]]:
    """Return radius, target, motility and drift; in full those of the table (half by FiPy)."""
    if scope == "quick":
        return _FEW
    return [
        (radius, share * radius, motility, drift)
        for radius in ((0.5, 1.0, 5.0, 10.0) if engine == "fast" else (1.0, 5.0))
        for share in (0.1, 0.5)
        for motility in (0.1, 0.5, 2.0, 10.0, 16.0, 67.0)
        for drift in (0.0, 0.05, 0.1, 0.5, 1.0, 2.0)
    ]


def _way(engine: str, radius: float, target: float, motility: float, drift: float) -> Way:
    """Return the time of one passage, measured and exact."""
    diffusivity, speed = motility * exact.UM2_PER_MIN, drift * exact.UM_PER_MIN
    time = exact.mean_time(radius, target, diffusivity, speed)
    way = runs.passage(engine, radius, target, diffusivity, drift=speed, guess=time)
    return Way(
        engine=engine,
        radius=radius,
        target=target,
        motility=motility,
        drift=drift,
        time=way.time,
        exact=time,
    )


def _chance(engine: str, radius: float, motility: float, life: float) -> tuple[float, float]:
    """Return the chance to reach the inner half alive, measured and exact."""
    diffusivity, target = motility * exact.UM2_PER_MIN, 0.5 * radius
    way = runs.passage(engine, radius, target, diffusivity, life=life, guess=life)
    return way.chance, exact.chance_alive(radius, target, diffusivity, life)


def _reported(ways: Sequence[Way]) -> list[tuple[Way, float]]:
    """Return the passages that are in the reference table, if it is there, and its times."""
    path = measured_data.found(_TABLE)
    days = {
        (
            1e-3 * float(row["R_um"]),
            round(1e-3 * float(row["a_um"]), 6),
            float(row["D_um2_per_min"]),
            float(row["drift_um_per_min"]),
        ): float(row["mfpt_days"])
        for row in (measured_data.rows(path) if path else ())
    }
    keys = [(w, (w.radius, round(w.target, 6), w.motility, w.drift)) for w in ways]
    return [(way, days[key]) for way, key in keys if key in days and way.engine == "fast"]


def _checks(found: Found) -> Iterator[Check]:
    for profile in found.profiles:
        name = f"steady profile, {profile.name}, largest deviation"
        yield _check(name, profile.deviation, 0.0, _PROFILE, "absolute", engine=profile.engine)
    for engine in _ENGINES:
        for drifting, how in ((False, "at random"), (True, "with drift inwards")):
            own = [w for w in found.ways if w.engine == engine and bool(w.drift) == drifting]
            name = f"passage times {how}, worst of {len(own)} over exact"
            worst = _worst([w.time / w.exact for w in own])
            yield _check(name, worst, 1.0, _TIME, reference="redner2001", engine=engine)
    if found.reported:
        name = f"passage times, worst of {len(found.reported)} over tabulated"
        worst = _worst([way.time / days for way, days in found.reported])
        yield _check(name, worst, 1.0, _TIME, engine="fast")
    times, arrived = found.arrivals
    stepped = float(np.trapezoid(1.0 - arrived, times))
    yield _check("passage time, by steps", stepped, found.arrival_mean, _TIME, unit="day")
    for engine, radius, motility, life, (chance, expected) in found.lives:
        name = f"chance to reach the inner half, R {radius:g}, D {motility:g}, life {life:g} d"
        yield _check(name, chance, expected, _TIME, reference="redner2001", engine=engine)
    exact_gap = 0.05**2 / (2.0 * 2.0 * exact.UM2_PER_MIN)
    yield _check("time from a vessel over 50 um", found.gap, exact_gap, _TIME, unit="day")
    share = entries.exact_share(1.0, 0.5, 16.0 * exact.UM2_PER_MIN, entries.DAYS)
    name = "share in the inner half, fed by the rim for 14 days"
    yield _check(name, found.rim.below(0.5), share, _TIME, reference="crank1975")
    name = "share in the inner half, fed by vessels everywhere"
    yield _check(name, found.entries[0].below(2.5), 0.125, _PROFILE)


def _check(
    name: str,
    measured: float,
    expected: float,
    tolerance: float,
    kind: Kind = "relative",
    *,
    unit: str = "1",
    reference: str = "exact",
    engine: str = "fast",
) -> Check:
    return Check(
        name=name,
        measured=measured,
        expected=expected,
        tolerance=tolerance,
        kind=kind,
        unit=unit,
        reference=reference,
        engine=engine,
    )


def _worst(ratios: Sequence[float]) -> float:
    return float(max(ratios, key=lambda ratio: abs(ratio - 1.0)))

"""Oxygen in a tumour on voxels of 20 um that CAR T cells attack, one day.

Oxygen diffuses 50,000 times faster than the CAR T cells. Compared are the steps that take stiff
solutes implicitly and the stabilised explicit steps, of the same right-hand side, that had been
used for all solutes before; both by the code that runs on masks as well. Seconds are of the
processor (all threads), since the two are timed apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curves import Curve, Point, ratios, relative_l2
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.box import box
from cartflow.kinetics.files.load import load
from cartflow.pde.boundary import FixedValue
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import Evolution, evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels.steps import voxel_steps

Array = np.ndarray

WIDTH = 0.02  # mm
PER_DAY = 1e-6 * 1440.0  # from um^2/min to mm^2/day
OXYGEN, CART = 1e5 * PER_DAY, 2.0 * PER_DAY
OUTSIDE = 1.6  # ng/mm^3
_NEVER = 10**9


def whole(cells: int) -> Geometry:
    """Return a box of `cells`^3 voxels."""
    return box([WIDTH * cells] * 3, [cells] * 3)


def ball(cells: int) -> Geometry:
    """Return the mask of a ball of so many voxels across, with a core of half its radius."""
    x = (np.arange(cells) - 0.5 * (cells - 1)) / (0.5 * cells)
    r = np.sqrt(sum(axis**2 for axis in np.meshgrid(x, x, x)))
    labels = np.where(r <= 0.5, 2, np.where(r <= 1.0, 1, 0))
    return voxel_mask(labels, np.diag([WIDTH, WIDTH, WIDTH, 1.0]), {"outer": 1, "core": 2})


def problem(place: Geometry) -> tuple[Problem, Array]:
    """Return the problem and its start on `place`: CAR T cells around a ball of tumour cells."""
    network = load(Path(__file__).with_suffix(".toml"))
    n = place.size
    # A box has a core, too; that of the mask has pores of its own.
    pores = "outer" in place.regions
    porosity = np.where(place.region("core"), 0.15, 0.3) if pores else np.ones(n)
    outside = {name: FixedValue(value=OUTSIDE) for name in place.boundaries}
    fields = {
        "cart": Field(name="cart", diffusivity=np.full(n, CART)),
        "tumour": Field(name="tumour"),
        "oxygen": Field(
            name="oxygen", solute=True, diffusivity=np.full(n, OXYGEN), boundaries=outside
        ),
    }
    stated = Problem(
        geometry=place,
        network=network,
        fields=tuple(fields[name] for name in network.species_names),
        tissue=Tissue(porosity=porosity, hindrance=Hindrance()),
        egress=np.zeros(n),
    )
    middle = 0.5 * (place.centres.min(axis=0) + place.centres.max(axis=0))
    reach = 0.3 * np.ptp(place.centres[:, 0])
    inside = np.linalg.norm(place.centres - middle, axis=1) < reach
    start = {
        "cart": np.where(inside, 0.0, 200.0),
        "tumour": np.where(inside, 1.25e5, 0.0),
        "oxygen": np.full(n, OUTSIDE),
    }
    return stated, np.array([start[name] for name in network.species_names])


def run(
    *,
    cells: int = 32,
    large: int = 100,
    end: float = 1.0,
    tolerances: Sequence[float] = (1e-1, 1e-2, 1e-3, 1e-4),
    explicit: Sequence[float] = (1e-1, 1e-2),
    reference: float = 1e-7,
) -> dict[str, Any]:
    """Compare both on `cells`^3 voxels, at equal error, and time a run on `large`^3."""
    begin = time.perf_counter()
    found: dict[str, Any] = {"curves": [], "ratios": {}, "goals": {"explicit, box": 40.0}}
    found["goals"]["explicit, mask"] = 25.0
    doubts, rows = [], []
    for name, shape in (("box", whole), ("mask", ball)):
        ours, other, doubt = compared(name, shape(cells), end, (tolerances, explicit), reference)
        doubts.append(doubt)
        found["curves"] += [ours.as_dict(), other.as_dict()]
        found["ratios"][f"explicit, {name}"] = ratios(ours, [other])
        rows.append(timed(name, shape(large), end, cheapest(ours, 1e-3)))
    return {
        "title": f"Oxygen on voxels of 20 um, {cells}^3; a run on {large}^3",
        "end_time": f"{end:g} days",
        "reference": f"limit of implicit steps, to which explicit ones come within "
        f"{max(doubts):.1e}; seconds are of the processor, all threads",
        **found,
        "rows": rows,
        "seconds": time.perf_counter() - begin,
    }


def compared(
    name: str,
    place: Geometry,
    end: float,
    tolerances: tuple[Sequence[float], Sequence[float]],
    reference: float,
) -> tuple[Curve, Curve, float]:
    """Return the curves of both methods, and how near the explicit one comes to the limit.

    The limit is that of implicit steps at the tolerance `reference`, to which the explicit ones,
    a method of its own, must come as well.
    """
    stated, start = problem(place)
    limit = _timed(stated, start, end, reference)[0].states[-1]

    def curve(solver: str, chosen: Sequence[float]) -> Curve:
        points = []
        for tolerance in chosen:
            result, seconds = _timed(stated, start, end, tolerance)
            error = relative_l2(result.states[-1], limit, place.cell_volumes)
            points.append(Point(setting=_setting(tolerance, result), error=error, seconds=seconds))
        return Curve(
            solver=f"cartflow, {solver}, {name}",
            how=f"FastEngine, adaptive steps, {place.size} voxels",
            points=tuple(points),
        )

    implicit = curve("implicit", tolerances[0])
    with explicit_alone():
        explicit = curve("explicit", tolerances[1])
    return implicit, explicit, min(point.error for point in explicit.points)


def cheapest(curve: Curve, error: float) -> float:
    """Return the tolerance of the cheapest run with at most `error`."""
    good = [point for point in curve.points if point.error <= error] or [curve.points[-1]]
    setting = min(good, key=lambda point: point.seconds).setting
    return float(setting.split(",")[0].split()[1])


def timed(name: str, place: Geometry, end: float, tolerance: float) -> dict[str, Any]:
    """Return what a run on a large grid took, and what an explicit stage takes there."""
    stated, start = problem(place)
    before = time.perf_counter()
    result, seconds = _timed(stated, start, end, tolerance)
    return {
        "case": name,
        "voxels": place.size,
        "setting": _setting(tolerance, result),
        "processor seconds": seconds,
        "seconds": time.perf_counter() - before,
    }


@contextmanager
def explicit_alone() -> Iterator[None]:
    """Have every step explicit."""
    names = ("MANY_STAGES", "MANY_IN_HALVES", "VERY_MANY_STAGES")
    before = {name: getattr(voxel_steps, name) for name in names}
    try:
        for name in names:
            setattr(voxel_steps, name, _NEVER)
        yield
    finally:
        for name, value in before.items():
            setattr(voxel_steps, name, value)


def _setting(tolerance: float, result: Evolution) -> str:
    steps = f"{result.accepted_steps} steps"
    return f"tolerance {tolerance:g}, {steps} and {result.rejected_steps} refused"


def _timed(stated: Problem, start: Array, end: float, tolerance: float) -> tuple[Evolution, float]:
    """Return a run and its seconds of the processor, after a short one for what is compiled."""
    engine = FastEngine(stated)
    evolve(engine, start, [0.0, 1e-3], tolerance=0.1)
    before = time.process_time()
    result = evolve(engine, start, [0.0, end], tolerance=tolerance)
    return result, time.process_time() - before

"""1,000 virtual mice with leukaemia in the marrow for 28 days: ``python benchmarks/body.py``.

Organ network of `mouse_28g` and `khot2019` with `predator_prey_exhaustion` in the marrow; body,
trafficking and kinetics vary log-normally. Peers: SciPy's LSODA on the same compiled right-hand
side and exact Jacobian, and libRoadRunner on SBML of the same equations. cartflow is timed on all
mice, with one thread and with all (best of five runs); a peer on a few, one after another, scaled
(best of two for each mouse).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.curves import Curve, Point, ratios
from benchmarks.mice import DAYS, DOSE, Mice, asked, error, mice
from cartflow.pbpk.organs.run import integrate

Array = np.ndarray
TOLERANCES = (0.9, 0.5, 0.2, 1e-1, 1e-2, 1e-3, 1e-4)
PEER_TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)
# Cells below which a peer may lose relative precision; the faster of the two counts.
ABSOLUTE = (1.0, 1e3)


def run(
    *,
    number: int = 1000,
    sample: int = 25,
    repeats: int = 5,
    tolerances: Sequence[float] = TOLERANCES,
    peer_tolerances: Sequence[float] = PEER_TOLERANCES,
) -> dict[str, Any]:
    """Return curves and ratios at equal error, and what was measured beside."""
    begin = time.perf_counter()
    group = mice(number)
    setup = time.perf_counter() - begin
    few = group.few(sample)
    before = time.perf_counter()
    _states(few, 1e-2)
    compiling = time.perf_counter() - before
    wanted = _states(few, 1e-9)
    rows = asked(group.kinetics)
    ours = {
        threads: _ours(group, wanted, rows, tolerances, repeats, threads, setup, compiling)
        for threads in (1, _threads())
    }
    peers = {
        "LSODA": _lsoda(few, wanted, rows, peer_tolerances, number),
        "libRoadRunner": _roadrunner(few, wanted, rows, peer_tolerances, number),
    }
    return {
        "title": f"{number} virtual mice, organ network with kinetics in the marrow",
        "end_time": f"{DAYS[-1]:g} days",
        "reference": (
            f"same equations at tolerance 1e-9, within {_doubt(few, wanted, rows):.0e} of SciPy's "
            f"Radau at 1e-11; greatest of any mouse and organ, over {len(DAYS) - 1} days"
        ),
        "curves": [curve.as_dict() for curve in (*ours.values(), *peers.values())],
        "ratios": {name: ratios(ours[_threads()], [peer]) for name, peer in peers.items()},
        "ratios_one_thread": {name: ratios(ours[1], [peer]) for name, peer in peers.items()},
        "goals": {"LSODA": 50.0, "libRoadRunner": 1.0},
        "balance": _balance(group),
        "mice_timed_for_peers": sample,
        "seconds": time.perf_counter() - begin,
    }


def _threads() -> int:
    from numba import config

    return int(config.NUMBA_NUM_THREADS)


def _states(group: Mice, tolerance: float) -> Array:
    return integrate(group.kinetics, [DOSE], DAYS, tolerance, group.animals).states


def _ours(
    group: Mice,
    wanted: Array,
    rows: Sequence[int],
    tolerances: Sequence[float],
    repeats: int,
    threads: int,
    setup: float,
    compiling: float,
) -> Curve:
    from numba import config

    kept, config.NUMBA_NUM_THREADS = config.NUMBA_NUM_THREADS, threads
    points = []
    for tolerance in tolerances:
        seconds = []
        for _ in range(repeats):
            before = time.perf_counter()
            runs = integrate(group.kinetics, [DOSE], DAYS, tolerance, group.animals)
            seconds.append(time.perf_counter() - before)
        mean = runs.steps[:, 0].mean()
        points.append(
            Point(
                setting=f"tolerance {tolerance:g}, {mean:.0f} steps",
                error=error(runs.states[: len(wanted)], wanted, rows),
                seconds=min(seconds),
            )
        )
    config.NUMBA_NUM_THREADS = kept
    return Curve(
        solver="cartflow" if threads > 1 else "cartflow, one thread",
        how=f"integrate, {threads} thread(s), all mice; set-up builds their organ networks",
        points=tuple(points),
        setup_seconds=setup,
        compile_seconds=compiling,
    )


def _lsoda(
    few: Mice, wanted: Array, rows: Sequence[int], tolerances: Sequence[float], number: int
) -> Curve:
    from benchmarks.peers.body_lsoda import Lsoda

    before = time.perf_counter()
    peer = Lsoda(few)
    for given in (True, False):
        peer.course(0, 1e-2, 1.0, given)
    compiling = time.perf_counter() - before
    points = []
    for given, absolutes in ((True, ABSOLUTE), (False, ABSOLUTE[:1])):
        for absolute in absolutes:
            told = f"atol rtol x {absolute:g}, " + ("Jacobian given" if given else "no Jacobian")

            def course(
                animal: int, tolerance: float, absolute: float = absolute, given: bool = given
            ) -> tuple[Array, float]:
                return peer.course(animal, tolerance, absolute, given)

            points += _points(course, wanted, rows, tolerances, number, told)
    return Curve(
        solver="LSODA",
        how=f"solve_ivp, compiled right-hand side and Jacobian; {len(wanted)} mice timed, scaled",
        points=tuple(points),
        compile_seconds=compiling,
    )


def _roadrunner(
    few: Mice, wanted: Array, rows: Sequence[int], tolerances: Sequence[float], number: int
) -> Curve:
    from benchmarks.peers.body_roadrunner import RoadRunner

    before = time.perf_counter()
    peer = RoadRunner(few)
    peer.course(0, 1e-2, 1.0)
    loading = time.perf_counter() - before
    points = []
    for absolute in ABSOLUTE:

        def course(
            animal: int, tolerance: float, absolute: float = absolute
        ) -> tuple[Array, float]:
            return peer.course(animal, tolerance, absolute)

        told = f"atol rtol x {absolute:g}"
        points += _points(course, wanted, rows, tolerances, number, told)
    return Curve(
        solver="libRoadRunner",
        how=f"CVODE, one model for all; {len(wanted)} mice timed, scaled; compile is loading",
        points=tuple(points),
        compile_seconds=loading,
    )


def _points(
    course: Callable[[int, float], tuple[Array, float]],
    wanted: Array,
    rows: Sequence[int],
    tolerances: Sequence[float],
    number: int,
    told: str,
) -> list[Point]:
    """Return a peer's runs, the seconds of its mice scaled to `number`."""
    points = []
    for tolerance in tolerances:
        found = [
            min((course(animal, tolerance) for _ in range(2)), key=lambda run: run[1])
            for animal in range(len(wanted))
        ]
        states = np.array([state for state, _ in found])
        points.append(
            Point(
                setting=f"rtol {tolerance:g}, {told}",
                error=error(states, wanted, rows),
                seconds=sum(seconds for _, seconds in found) * number / len(wanted),
            )
        )
    return points


def _doubt(few: Mice, wanted: Array, rows: Sequence[int]) -> float:
    """Return how far the reference of the first mice is from SciPy's Radau."""
    from scipy.integrate import solve_ivp

    from benchmarks.peers.body_lsoda import Lsoda, change, slopes

    peer, states = Lsoda(few), []
    for animal in range(2):
        found = solve_ivp(
            change,
            (DAYS[0], DAYS[-1]),
            few.state(animal),
            "Radau",
            t_eval=DAYS,
            args=peer.arguments(animal),
            rtol=1e-11,
            atol=1e-8,
            jac=slopes,
        )
        states.append(found.y.T)
    return error(wanted[:2], np.array(states), rows)


def _balance(group: Mice) -> float:
    """Return the largest residual of any mouse, relative to infused + born."""
    runs = integrate(group.kinetics, [DOSE], DAYS, 1e-2, group.animals)
    whole = (runs.given() + runs.born()).sum(axis=-1)
    return float(np.max(np.abs(runs.residual()) / whole))


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))

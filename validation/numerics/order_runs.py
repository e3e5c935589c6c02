"""Runs on grids or with steps each twice as fine, and the order at which the error falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.coupling.alone import evolve
from cartflow.validation.numerics.exact_solutions import Exact
from cartflow.validation.organs.lumped import Lumped, graded
from cartflow.validation.problems import engine_of

Array = np.ndarray

NORMS = ("L1", "L2", "maximum")


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """Errors (runs, norms) at `sizes` (cells along an axis, or steps) and their least order."""

    name: str
    kind: str
    engine: str
    sizes: tuple[int, ...]
    norms: tuple[str, ...]
    errors: Array
    least: float

    @property
    def order(self) -> float:
        """The order between the last two runs, in the norm where it is lowest."""
        finer = np.log2(self.sizes[-1] / self.sizes[-2])
        return float(np.min(np.log2(self.errors[-2] / self.errors[-1])) / finer)


def in_space(
    name: str,
    make: Callable[[int], Exact],
    sizes: Sequence[int],
    *,
    engine: str = "fast",
    least: float = 1.9,
    norms: tuple[str, ...] = NORMS,
    tolerance: float = 1e-9,
) -> Study:
    """Return the errors against the exact solution, with steps so fine that they do not count."""
    errors = []
    for size in sizes:
        exact = make(size)
        model = engine_of(engine, exact.problem)
        found = evolve(model, exact.start, (0.0, exact.end), tolerance=tolerance).states[-1, 0]
        errors.append(_distances(exact, found, exact.solution(exact.end), norms))
    return Study(
        name=name,
        kind="space",
        engine=engine,
        sizes=tuple(sizes),
        norms=norms,
        errors=np.array(errors),
        least=least,
    )


def in_time(
    name: str,
    exact: Exact,
    steps: Sequence[int],
    *,
    engine: str = "fast",
    least: float = 1.9,
    norms: tuple[str, ...] = NORMS,
) -> Study:
    """Return the errors of equal steps against the same grid with far finer ones, extrapolated.

    Every step is told the longest, so that a method whose stages follow the step keeps them.
    """
    model = engine_of(engine, exact.problem)
    tolerance = 1e-11 if model.order > 1 else 1e-8
    reference = evolve(model, exact.start, (0.0, exact.end), tolerance=tolerance).states[-1, 0]
    errors, longest = [], exact.end / steps[0]
    for number in steps:
        state, step = exact.start.copy(), exact.end / number
        for _ in range(number):
            state, _ = model.step(state, step, longest)
        errors.append(_distances(exact, state[0], reference, norms))
    return Study(
        name=name,
        kind="time",
        engine=engine,
        sizes=tuple(steps),
        norms=norms,
        errors=np.array(errors),
        least=least,
    )


def of_exchange(name: str, lumped: Lumped, steps: Sequence[int], *, grade: bool) -> Study:
    """Return the worst relative error of any organ, on graded or on equal steps."""
    errors = []
    for number in steps:
        times = graded(number, lumped.end) if grade else np.linspace(0, lumped.end, number + 1)
        errors.append([lumped.error(lumped.march(times), lumped.end)])
    return Study(
        name=name,
        kind="time",
        engine="fast",
        sizes=tuple(steps),
        norms=("worst organ",),
        errors=np.array(errors),
        least=1.9,
    )


def _distances(exact: Exact, found: Array, wanted: Array, norms: tuple[str, ...]) -> list[float]:
    volumes = exact.problem.geometry.cell_volumes
    gap = np.abs(found - wanted)
    every = {
        "L1": float(gap @ volumes / (np.abs(wanted) @ volumes)),
        "L2": float(np.sqrt(gap**2 @ volumes / (wanted**2 @ volumes))),
        "maximum": float(gap.max() / np.abs(wanted).max()),
    }
    return [every[norm] for norm in norms]

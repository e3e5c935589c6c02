"""The form in which `validation/sources` states a source's equations, and how they are solved.

Nothing there or here comes from the package's models: equations and numbers are typed from the
paper, the authors' code or the nearest copy, as plain functions of arrays, and solved by SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

Array = np.ndarray

_FEWEST = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What a source's equations give in one run, beside the package's run of `scenario`.

    `amounts` (n_times,) by the name of our species, at `times` (days), in `unit`, or in that of
    `units` where a species has one of its own; `settings` change our scenario as
    ``cartflow simulate --set`` does. Raises `ValueError` on fewer than five times.
    """

    scenario: str
    times: Array
    amounts: Mapping[str, Array]
    unit: str = "cell"
    units: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.times.size < _FEWEST:
            msg = f"{self.scenario}: {self.times.size} times; at least {_FEWEST} are needed"
            raise ValueError(msg)
        for name, values in self.amounts.items():
            if values.shape != self.times.shape:
                msg = f"{self.scenario}: {name}: shape {values.shape}, times {self.times.shape}"
                raise ValueError(msg)


def followed(
    change: Callable[[float, Array], Any],
    start: Sequence[float],
    times: Array,
    *,
    jumps: Mapping[float, Sequence[float]] | None = None,
    breaks: Sequence[float] = (),
    extinct: float = 0.0,
    method: str = "LSODA",
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> Array:
    """Return the states (n_species, n_times) at `times` of y' = change(t, y), y(0) = `start`.

    `jumps` adds amounts at a time, `breaks` are times where `change` is not smooth; a state at
    such a time is the one after it. A state that falls to `extinct` is zero from there on.
    Raises `RuntimeError` where SciPy gives up.
    """
    jumps = jumps or {}
    last = float(times.max())
    stops = sorted({0.0, last, *(t for t in (*jumps, *breaks) if t < last)})
    state = np.array(start, dtype=float)
    result = np.empty((state.size, times.size))
    for begin, end in pairwise(stops):
        state = state + np.array(jumps.get(begin, 0.0))
        while begin < end:
            alive = np.flatnonzero(state > extinct) if extinct else ()
            falls = [_fall(int(row), extinct) for row in alive]
            run = solve_ivp(
                change,
                (begin, end),
                state,
                method,
                # LSODA's own first step vanishes where a species starts from nothing.
                first_step=1e-7 * (end - begin),
                events=falls or None,
                dense_output=True,
                rtol=rtol,
                atol=atol,
            )
            if not run.success:
                raise RuntimeError(run.message)
            here = (times >= begin) & (times <= run.t[-1])
            if here.any():
                result[:, here] = run.sol(times[here])
            state = run.y[:, -1]
            if run.status == 1:
                state = np.where(state <= extinct * (1 + 1e-6), 0.0, state)
            begin = float(run.t[-1])
    return result


def _fall(row: int, level: float) -> Callable[[float, Array], float]:
    def gap(_time: float, state: Array) -> float:
        return float(state[row] - level)

    gap.terminal = True  # type: ignore[attr-defined]
    gap.direction = -1  # type: ignore[attr-defined]
    return gap

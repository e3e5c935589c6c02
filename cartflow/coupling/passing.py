"""States of a body at the times that one compiled run passes, with what was counted by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cartflow.coupling.ledger import Ledger
from cartflow.coupling.state import State
from cartflow.pbpk.organs.body_step import BodyStep

Array = np.ndarray


def states_passed(
    old: State, times: Sequence[float], step: BodyStep, given: Mapping[str, Array]
) -> list[State]:
    """Return the states at `times` (days) after `old`, as far as the `step` to each came.

    `given` are further counts of the ledger by name, (times, ...) as all arrays of the step are.
    """
    ledgers = _ledgers(old.ledger, {**_counted(step), **given}, len(step.cells))
    return [
        replace(
            old,
            time=time,
            body=step.cells[n],
            ledger=ledgers[n],
            residents=step.residents[n],
            carried=step.carried[n],
        )
        for n, time in enumerate(times[: len(step.cells)])
    ]


def _counted(step: BodyStep) -> dict[str, Array]:
    """Return what `Ledger.add` counts, by name."""
    return {
        "born": step.born,
        "died": step.died + step.lost,
        "converted": step.converted,
        "inflow": step.handed_over,
        "carried_made": step.made,
        "carried_used": step.used,
        "carried_eliminated": step.eliminated,
        "carried_entered": step.entered,
    }


def _ledgers(old: Ledger, counts: Mapping[str, Array], number: int) -> list[Ledger]:
    """Return the ledgers at each time, added up one after the other from `old`."""
    rows = {}
    for name in Ledger.__annotations__:
        before: Array = getattr(old, name)
        if name in counts:
            every = np.concatenate([before[None], counts[name][:number]])
            rows[name] = np.cumsum(every, axis=0)[1:]
        else:
            rows[name] = np.repeat(before[None], number, axis=0)
    return [Ledger(**{name: each[n] for name, each in rows.items()}) for n in range(number)]

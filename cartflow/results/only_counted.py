"""Saved states of which no fields are kept: what they come to is counted, and they are let go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import xarray as xr

from cartflow.coupling.runs import Run
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.coupling.under_way import Shelve
from cartflow.results.counted import Shelved, counted, large_counts

_LARGE = 16_000_000  # bytes of all saved fields, below which it is not worth while


class FieldsKept(Protocol):
    """Where the fields of saved states go in place of memory."""

    def begin(self, since: Sequence[State] = ()) -> None:
        """Begin anew, or go on after the states `since`."""

    @property
    def shelve(self) -> Shelve:
        """What returns of a saved state what is kept in memory."""

    def variables(self, states: Sequence[State]) -> dict[str, xr.Variable]:
        """Return the fields over time."""


def counting(simulation: Simulation) -> Shelve:
    """Return what counts a saved state and keeps nothing else of its fields."""
    by = large_counts(simulation)
    return lambda state: Shelved(state, counted(state, simulation, by))


def worth_counting(run: Run) -> bool:
    """Return whether the saved fields of a run with one tumour would take much memory."""
    if type(run) is not Simulation:
        return False
    return run.initial.size * 8 * len(run.save_times) > _LARGE


class OnlyCounted:
    """Keeps no fields of a `simulation`; its result has none."""

    def __init__(self, simulation: Simulation) -> None:
        self.shelve = counting(simulation)

    def begin(self, since: Sequence[State] = ()) -> None:
        """Need nothing."""

    def variables(self, states: Sequence[State]) -> dict[str, xr.Variable]:
        """Return none."""
        return {}

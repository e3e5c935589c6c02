"""Saved fields: which are kept and how, in memory or one file a saved time beside the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.core.large.ahead import Ahead
from cartflow.core.large.beside import Beside, Field
from cartflow.core.large.lazy import TimeByTime, lazy_variable
from cartflow.core.outcome import InputError
from cartflow.core.saving.behind import Behind
from cartflow.core.terminal import say
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.results.counted import Counted, Shelved, counted, large_counts
from cartflow.results.large_counts import LargeCounts
from cartflow.results.on_grid import Grid

Array = np.ndarray
# A run whose saved fields take more bytes than this does not keep them in memory.
_MOST_IN_MEMORY = 128_000_000


@dataclass(frozen=True, kw_only=True)
class Saving:
    """Which fields a result holds (None: all), as what, and how hard they are compressed."""

    fields: tuple[str, ...] | None = None
    dtype: Literal["float64", "float32"] = "float64"
    compression: int = 0

    @property
    def exact(self) -> bool:
        """Whether a state can be told from what is saved of it."""
        return self.fields is None and self.dtype == "float64"

    @property
    def encoding(self) -> dict[str, Any]:
        """What netCDF is told of a variable."""
        return {"zlib": True, "complevel": self.compression} if self.compression else {}

    def names(self, simulation: Simulation) -> list[str]:
        """Return the fields in the order of the species."""
        every = simulation.coupled.engine.problem.network.species_names
        return [name for name in every if self.fields is None or name in self.fields]


def worth_a_shelf(simulation: Simulation, saving: Saving) -> bool:
    """Return whether a run's fields go to files as they come: are they many, or not all kept."""
    size = simulation.initial.size * 8 * len(simulation.save_times)
    return size > _MOST_IN_MEMORY or not saving.exact


def all_fields(
    states: Sequence[State], simulation: Simulation, saving: Saving
) -> dict[str, xr.Variable]:
    """Return the fields of states that are in memory, over time, on the grid, nan outside."""
    problem, found = simulation.coupled.engine.problem, {}
    dims = ("time", *problem.geometry.dims)
    densities = [simulation.coupled.densities(state) for state in states]
    for name in saving.names(simulation):
        row = problem.network.index(name)
        of = problem.network.species[row]
        values = problem.geometry.scatter(np.array([each[row] for each in densities]))
        values = values.astype(saving.dtype, copy=False)
        found[name] = variable(dims, values, of.unit, of.long_name or name, role=of.role)
        found[name].encoding = saving.encoding
    return found


@dataclass(kw_only=True, eq=False)
class Shelf:
    """Puts the fields of a run's saved states into files, and says where they stand.

    States are counted and written in a thread beside the run. Fields that cannot be written, as
    on a full disk, stay in memory, and are tried again. What is not compressed is written a second
    time, into the file that will be the result's: to copy it at the end would take longer.
    """

    beside: Beside
    simulation: Simulation
    saving: Saving
    times: list[float] = field(default_factory=list)
    pending: dict[int, State] = field(default_factory=dict)
    said: str = ""
    _behind: Behind = field(default_factory=Behind)
    _ahead: Ahead | None = None

    def shelve(self, state: State) -> State:
        """Return `state` without its fields, which are counted and written meanwhile."""
        if isinstance(state, Shelved):
            return state
        place = len(self.times)
        self.times.append(state.time)
        self.pending[place] = state

        def task() -> Counted:
            found = counted(state, self.simulation, self._counts)
            self._write()
            return found

        return Shelved(state, self._behind.do(task))

    def put(self, place: int, state: State) -> None:
        """Write the fields of `state` as those of the saved time number `place`."""
        self.pending[place] = state
        self._behind.do(self._write)
        self.settle()

    def settle(self) -> None:
        """Wait until all that can be written is."""
        self._behind.settle()

    @cached_property
    def _counts(self) -> LargeCounts:
        return large_counts(self.simulation)

    def _write(self) -> None:
        for place in sorted(self.pending):
            try:
                self._write_one(place, self.pending[place])
                del self.pending[place]
                self.said = ""
            except InputError as error:
                self._say(str(error))
                return

    def _write_one(self, place: int, state: State) -> None:
        fields = partial(self._fields, place, state)
        arguments = place, state.time, self._size, fields, self.saving.compression
        try:
            self.beside.put(*arguments)
        except InputError:
            if self._ahead is None:
                raise
            # Its room may be what is missing.
            self.give_up_ahead()
            self.beside.put(*arguments)

    def _fields(self, place: int, state: State) -> Iterator[Field]:
        """Yield the fields of a state, each of which lasts until the next is asked for."""
        dims = self.simulation.coupled.engine.problem.geometry.dims
        for name in self.saving.names(self.simulation):
            row, attrs = self._row_of(name)
            values = self._grid.of(state.tumour[row]).astype(self.saving.dtype, copy=False)
            if self._ahead is not None:
                self._ahead.put(place, name, dims, values, attrs)
            yield name, dims, values, attrs

    def ahead(self, times: Sequence[float]) -> Path | None:
        """Return a file in which all fields at `times` stand, if there is one; it is taken."""
        return None if self._ahead is None else self._ahead.taken(times)

    def give_up_ahead(self) -> None:
        """Remove the file in which the fields stand a second time."""
        if self._ahead is not None:
            self._ahead.remove()
        self._ahead = None

    @property
    def _size(self) -> int:
        """The bytes of the fields of one state on the grid."""
        of_one = self.simulation.coupled.engine.problem.geometry.active.size
        fields = len(self.saving.names(self.simulation))
        return of_one * fields * np.dtype(self.saving.dtype).itemsize

    @cached_property
    def _grid(self) -> Grid:
        return Grid(self.simulation.coupled.engine.problem.geometry)

    def _row_of(self, name: str) -> tuple[int, dict[Any, Any]]:
        """Return a field's row in the state, and its attributes."""
        network = self.simulation.coupled.engine.problem.network
        row = network.index(name)
        of = network.species[row]
        return row, variable((), 0.0, of.unit, of.long_name or name, role=of.role).attrs

    def _say(self, reason: str) -> None:
        if reason != self.said:
            say(f"note          {reason}; the run goes on and tries again")
        self.said = reason

    def variables(self, states: Sequence[State]) -> dict[str, xr.Variable]:
        """Return the fields over time, which are read when they are asked for.

        The last state may still have its own, as it does between two saved times.
        """
        last = len(states) - 1
        if not isinstance(states[last], Shelved):
            self.put(last, states[last])
        times, geometry = [s.time for s in states], self.simulation.coupled.engine.problem.geometry
        shape, dims = (len(states), *geometry.active.shape), ("time", *geometry.dims)
        found = {}
        for name in self.saving.names(self.simulation):
            array = TimeByTime(self._reader(name, times), shape, self.saving.dtype)
            found[name] = lazy_variable(dims, array, self._row_of(name)[1], self.saving.encoding)
        return found

    def _reader(self, name: str, times: list[float]) -> Callable[[int], Array]:
        def one(place: int) -> Array:
            waiting = self.pending.get(place)
            if waiting is not None:
                values = waiting.tumour[self._row_of(name)[0]]
                return self.simulation.coupled.engine.problem.geometry.scatter(values)
            return self.beside.one(name, place, times[place])

        return one

    def begin(self, since: Sequence[State] = ()) -> None:
        """Make the folder, or go on after `since`, whose fields stand there.

        Raises `InputError` where there is one already, or fields are missing.
        """
        if not since:
            self.beside.make()
            if not self.saving.compression:
                self._ahead = Ahead(self.beside.ahead, self.simulation.save_times)
            return
        there = [state for state in since if isinstance(state, Shelved)]
        for place in range(len(there)):
            if not self.beside.file(place).is_file():
                msg = f"{self.beside.file(place)}: is missing, the fields of a saved time"
                raise InputError(msg)
        self.times = [state.time for state in there]

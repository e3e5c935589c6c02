"""Saved fields: which are kept and how, in memory or one file a saved time beside the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.core.large.beside import Beside
from cartflow.core.large.lazy import TimeByTime, lazy_variable
from cartflow.core.outcome import InputError
from cartflow.core.terminal import say
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.results.counted import Shelved, counted

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


def fields_of(state: State, simulation: Simulation, saving: Saving) -> dict[str, xr.Variable]:
    """Return the fields of one state on the grid, nan outside."""
    each = all_fields([state], simulation, saving)
    return {name: xr.Variable(one.dims[1:], one.values[0], one.attrs) for name, one in each.items()}


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

    Fields that cannot be written, as on a full disk, stay in memory, and are tried again.
    """

    beside: Beside
    simulation: Simulation
    saving: Saving
    times: list[float] = field(default_factory=list)
    pending: dict[int, dict[str, xr.Variable]] = field(default_factory=dict)
    said: str = ""

    def shelve(self, state: State) -> State:
        """Return `state` without its fields, which are written."""
        if isinstance(state, Shelved):
            return state
        self.put(len(self.times), state)
        self.times.append(state.time)
        return Shelved(state, counted(state, self.simulation))

    def put(self, place: int, state: State) -> None:
        """Write the fields of `state` as those of the saved time number `place`."""
        self.pending[place] = fields_of(state, self.simulation, self.saving)
        times = [*self.times[:place], state.time]
        for waiting in sorted(self.pending):
            try:
                self.beside.put(
                    waiting, times[waiting], self.pending[waiting], self.saving.compression
                )
                del self.pending[waiting]
                self.said = ""
            except InputError as error:
                self._say(str(error))
                return

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
        species = self.simulation.coupled.engine.problem.network
        found = {}
        for name in self.saving.names(self.simulation):
            of = species.species[species.index(name)]
            shape = (len(states), *geometry.active.shape)
            array = TimeByTime(self._reader(name, times), shape, self.saving.dtype)
            attrs = variable((), 0.0, of.unit, of.long_name or name, role=of.role).attrs
            dims = ("time", *geometry.dims)
            found[name] = lazy_variable(dims, array, attrs, self.saving.encoding)
        return found

    def _reader(self, name: str, times: list[float]) -> Callable[[int], Array]:
        def one(place: int) -> Array:
            if place in self.pending:
                return np.asarray(self.pending[place][name].values)
            return self.beside.one(name, place, times[place])

        return one

    def begin(self, since: Sequence[State] = ()) -> None:
        """Make the folder, or go on after `since`, whose fields stand there.

        Raises `InputError` where there is one already, or fields are missing.
        """
        if not since:
            self.beside.make()
            return
        there = [state for state in since if isinstance(state, Shelved)]
        for place in range(len(there)):
            if not self.beside.file(place).is_file():
                msg = f"{self.beside.file(place)}: is missing, the fields of a saved time"
                raise InputError(msg)
        self.times = [state.time for state in there]

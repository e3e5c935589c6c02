"""The coupled run: from save time to save time, and a coarser one beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, Self

import numpy as np

from cartflow.core.stepping import StepControl
from cartflow.coupling.beside import Beside
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.plan import on_a_line
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Companion, Record
from cartflow.coupling.retraced import Retraced, Unchecked, companion_in_turns
from cartflow.coupling.tangents.direction import Direction
from cartflow.coupling.tangents.run import WithTangents
from cartflow.coupling.together import Together
from cartflow.coupling.turns import B, InTurns
from cartflow.coupling.under_way import Keep, Shelve, Watch, at_the_end
from cartflow.coupling.voxels.plan import of_few_voxels
from cartflow.coupling.voxels.run import OnVoxels
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray
_COARSEST = 0.01  # tolerance above which a run ten times as coarse says nothing


@dataclass(frozen=True, kw_only=True, eq=False)
class BearerSimulation(ABC, Generic[B]):
    """A body that bears tumours, with its start and the times to save, stepped in turns.

    `initial` is the tumour's state; `save_times` (days) rise from the first, where the run starts,
    to the last, where it ends. `programme` says which systems take over later.
    """

    initial: Array
    save_times: tuple[float, ...]
    control: StepControl = field(default_factory=StepControl)
    programme: Programme[B] | None = None

    @property
    @abstractmethod
    def bearer(self) -> B:
        """The body and its tumours at the start."""

    # A number too large for a run stops it, with the field named.
    @np.errstate(all="ignore")
    def run(
        self,
        watch: Watch | None = None,
        keep: Keep | None = None,
        since: Record | None = None,
        shelve: Shelve | None = None,
    ) -> Record:
        """Run to the last save time; `watch(time, step)` is called after steps.

        So is `keep`, with what makes the record so far, whose outcome is ``running``. The run
        goes on where that of `since` ended, if it is given, with the same numbers to the bit. Of
        every saved state the record has what `shelve` makes of it, if that is given.

        The record ends early, with the reason in its outcome, when a step underflows, a number
        is not finite or negative, or the user interrupts; an interrupted one keeps its last state.
        """
        beside = self._beside()
        try:
            run = self._begun()
            record = run.to_the_end(self.save_times, watch, keep, since, shelve)
            if record.outcome.status != "finished":
                return record
            try:
                return replace(record, companion=self._companion(run, beside, watch))
            except Unchecked as reason:
                return replace(record, unchecked=str(reason))
        finally:
            if beside is not None:
                beside.stop()

    def _begun(self) -> InTurns[B]:
        return InTurns(*self.beginning(), self.programme)

    def beginning(self) -> tuple[B, StepControl, Array, float]:
        """Return what every run of it begins with."""
        return self.bearer, self.control, self.initial, self.save_times[0]

    def unchecked(self) -> Self:
        """Return it without the companion run that tells the error in time."""
        return replace(self, control=replace(self.control, time_check=False))

    def _beside(self) -> Beside | None:
        """Begin what runs beside it in a thread: in turns nothing does."""
        return None

    def _why_not(self) -> str | None:
        """Return why no companion run is to tell the error in time, if none is."""
        if self.control.time_check is False:
            return "not asked for: solver.time_check"
        if self.control.fixed:
            return "steps are fixed"
        return (
            f"the tolerance is above {_COARSEST:g}" if self.control.tolerance > _COARSEST else None
        )

    def _companion(self, run: InTurns[B], beside: Beside | None, watch: Watch | None) -> Companion:
        """Return how the `run` ends with longer steps. Raises `Unchecked` where none tells that.

        In turns these are the run's own, two at a time, so that they follow it.
        """
        if (reason := self._why_not()) is not None:
            raise Unchecked(reason)
        still = None if watch is None else at_the_end(watch, self.save_times[-1])
        return companion_in_turns(Retraced(*self.beginning(), self.programme), run, still)


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation(BearerSimulation[Coupled]):
    """A coupled system with its start and the times to save.

    Its `initial` is (species, mesh cells). A `programme` must leave alone what `one_system` goes
    by. `directions` are the numbers to which one system without a programme is differentiated
    beside the run. `companion_of` is the run whose error this one is to tell: its steps are longer,
    of the same method.
    """

    coupled: Coupled
    directions: tuple[Direction, ...] = ()
    companion_of: Simulation | None = None

    @property
    def bearer(self) -> Coupled:
        """The coupled system."""
        return self.coupled

    @cached_property
    def one_system(self) -> bool:
        """Whether body and tumour are stepped together, as one system of equations.

        They are on a line of cells (slab, ball) whose transport coefficients never change, without
        kinetics in organs; else in turns (see `Coupled`).
        """
        coupled = self.coupled
        fast = isinstance(coupled.engine, FastEngine) and coupled.kinetics is None
        return fast and not self.control.fixed and on_a_line(coupled.engine.problem)

    @cached_property
    def together(self) -> bool:
        """Whether body and tumour are stepped together: `one_system`, or as one on few voxels."""
        return self.one_system or self._on_few_voxels

    @cached_property
    def _on_few_voxels(self) -> bool:
        # By the run's own longest step: a companion's may be too long for what the run may do.
        control = (self.companion_of or self).control
        return not control.fixed and of_few_voxels(self.coupled, control.maximum_step)

    @property
    def by_chance(self) -> bool:
        """Whether cells are single ones, which leave and react by chance."""
        return False

    def _begun(self) -> InTurns[Coupled]:
        if self.directions:
            return WithTangents(*self.beginning(), self.directions)
        kind = Together if self.one_system else OnVoxels if self.together else InTurns
        return kind(*self.beginning(), self.programme)

    def outright(self) -> Simulation:
        """Return it with its start and end alone, of which the numbers at the end are wanted."""
        return replace(self.unchecked(), save_times=(self.save_times[0], self.save_times[-1]))

    def _beside(self) -> Beside | None:
        """Begin a companion run of one system in a thread, if it tells anything."""
        if not self.together or self._why_not() is not None:
            return None
        return Beside(self._coarser()[0].run)

    def _coarser(self) -> tuple[Simulation, float]:
        """Return the companion, and how many times it errs as much."""
        if self.one_system:
            control, ratio = self.control.coarser()
            return replace(self.outright(), control=control, directions=()), ratio
        # Of third order; steps end at saved times, and are to be twice as long there, too.
        control, ratio = self.control.coarser(8.0, 2.0)
        times = self.save_times[0], *self.save_times[:0:-2][::-1]
        companion = replace(self.unchecked(), control=control, save_times=times, companion_of=self)
        return companion, ratio

    def _companion(
        self, run: InTurns[Coupled], beside: Beside | None, watch: Watch | None
    ) -> Companion:
        """Return how the `run` ends with longer steps. Raises `Unchecked` where none tells that."""
        if beside is None:
            return super()._companion(run, beside, watch)
        record = beside.record(watch, self.save_times[-1])
        if record is None or record.outcome.status != "finished":
            # Also where a user has had enough of it: the run itself is whole.
            raise Unchecked("the companion run did not finish")
        return Companion(state=record.states[-1], ratio=self._coarser()[1])

"""The coupled run: from save time to save time, and a coarser one beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cartflow.core.outcome import Outcome, StepFailed, interrupted
from cartflow.core.stepping import StepControl
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.line.plan import on_a_line
from cartflow.coupling.programme import Programme
from cartflow.coupling.record import Companion, Record
from cartflow.coupling.tangents.direction import Direction
from cartflow.coupling.tangents.run import WithTangents
from cartflow.coupling.together import Together
from cartflow.coupling.turns import InTurns, Keep, Shelve, Watch, at_the_end
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray
_COARSEST = 0.01  # tolerance above which a run ten times as coarse says nothing
_OFTEN = 12  # steps between saved times, on average, below which these cut most of them


@dataclass(frozen=True, kw_only=True, eq=False)
class Simulation:
    """A coupled system with its start and the times to save.

    `initial` is the tumour's state (species, mesh cells); `save_times` (days) rise from the
    first, where the run starts, to the last, where it ends. `programme` says which systems take
    over later, and must leave alone what `one_system` goes by. `directions` are the numbers to
    which one system without a programme is differentiated beside the run.
    """

    coupled: Coupled
    initial: Array
    save_times: tuple[float, ...]
    control: StepControl = field(default_factory=StepControl)
    programme: Programme[Coupled] | None = None
    directions: tuple[Direction, ...] = ()

    @cached_property
    def one_system(self) -> bool:
        """Whether body and tumour are stepped together, as one system of equations.

        They are on a line of cells (slab, ball) whose transport coefficients never change, without
        kinetics in organs; else in turns (see `Coupled`).
        """
        coupled = self.coupled
        fast = isinstance(coupled.engine, FastEngine) and coupled.kinetics is None
        return fast and not self.control.fixed and on_a_line(coupled.engine.problem)

    def run(
        self,
        watch: Watch | None = None,
        keep: Keep | None = None,
        since: Record | None = None,
        shelve: Shelve | None = None,
    ) -> Record:
        """Run to the last save time; `watch(time, step)` is called after every step.

        So is `keep`, with what makes the record so far, whose outcome is ``running``. The run
        goes on where that of `since` ended, if it is given, with the same numbers to the bit. Of
        every saved state the record has what `shelve` makes of it, if that is given.

        The record ends early, with the reason in its outcome, when a step underflows, a number
        is not finite or negative, or the user interrupts; an interrupted one keeps its last state.
        """
        run = self._begun()
        try:
            if since is not None:
                run.recall(since)
            if shelve is not None:
                run.shelved_by(shelve)
            for save_time in self.save_times[len(run.states) :]:
                run.advance_to(save_time, watch, keep)
        except StepFailed as failure:
            return run.record(Outcome(status="stopped", message=str(failure)))
        except KeyboardInterrupt as interrupt:
            return run.record(interrupted(interrupt, run.reached.time), last=True)
        record = run.record(Outcome(status="finished"))
        return replace(record, companion=self._companion(record.accepted_steps, watch))

    def _begun(self) -> InTurns:
        start = (self.coupled, self.control, self.initial, self.save_times[0])
        if self.directions:
            return WithTangents(*start, self.directions)
        kind = Together if self.one_system else InTurns
        return kind(*start, self.programme)

    def unchecked(self) -> Simulation:
        """Return it without the companion run that tells the error in time."""
        return replace(self, control=replace(self.control, time_check=False))

    def outright(self) -> Simulation:
        """Return it with its start and end alone, of which the numbers at the end are wanted."""
        return replace(self.unchecked(), save_times=(self.save_times[0], self.save_times[-1]))

    def _companion(self, steps: int, watch: Watch | None) -> Companion | None:
        """Return how one system ends with longer steps, where it is wished for and finishes.

        In turns the errors of organs are not those of the steps, and longer ones do not tell them.
        """
        checked = self.one_system and self.control.time_check
        if not checked or self.control.tolerance > _COARSEST:
            return None
        control, ratio = self.control.coarser()
        # Steps end at saved times: every other one, so that steps are longer there, too. Where
        # they cut most steps, these are twice as long, and an order between three and four is seen.
        times = self.save_times[:-1:2] + self.save_times[-1:]
        if steps < _OFTEN * (len(self.save_times) - 1):
            ratio = 2.0**3.5
        end = None if watch is None else at_the_end(watch, times[-1])
        record = replace(self, save_times=times, control=control, directions=()).run(end)
        if record.outcome.status != "finished":
            return None  # also where a user has had enough of it: the run itself is whole
        return Companion(state=record.states[-1], ratio=ratio)

"""A run in which chosen fields are cells, from saved time to saved time."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cartflow.cells.asked import Asked
from cartflow.cells.run.beginning import start_of
from cartflow.cells.run.giving import give, infused
from cartflow.cells.run.snapshot import Snapshot, snapshot
from cartflow.cells.run.standing import Leg, Standing, stand, standing
from cartflow.cells.run.system import CellSystem
from cartflow.core.outcome import InputError, Outcome, StepFailed, interrupted
from cartflow.coupling.extinction import Extinct
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.coupling.under_way import Keep, Shelve, Watch

Array = np.ndarray
_UNCHECKED = "cells move at random, in steps of cells.step"


@dataclass(frozen=True, kw_only=True, eq=False)
class CellRecord(Record):
    """What a run of cells leaves: with the cells of every saved time.

    `standing` is where it stands, if it can go on.
    """

    snapshots: tuple[Snapshot, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class CellSimulation(Simulation):
    """A simulation in which the fields of `asked` are cells; it has no companion run.

    The same seed gives the same numbers to the bit, whatever the number of threads.
    """

    asked: Asked

    @property
    def one_system(self) -> bool:
        """Never: cells, fields and body are stepped in turn."""
        return False

    @property
    def together(self) -> bool:
        """Never: see `one_system`."""
        return False

    @property
    def by_chance(self) -> bool:
        """Always."""
        return True

    @cached_property
    def system(self) -> CellSystem:
        """What its steps need. Raises `InputError` for what cells cannot do."""
        return CellSystem(coupled=self.coupled, asked=self.asked)

    # A number too large for a run stops it, with the field named.
    @np.errstate(all="ignore")
    def run(
        self,
        watch: Watch | None = None,
        keep: Keep | None = None,
        since: Record | None = None,
        shelve: Shelve | None = None,
    ) -> CellRecord:
        """Run to the last save time; `watch(time, step)` is called after steps, and `keep`.

        The run goes on where that of `since`, a `CellRecord`, ended, with the same numbers.
        """
        run = _Run(self, shelve or (lambda state: state))
        try:
            if since is not None:
                run.recall(since)
            for time in self.save_times[len(run.states) :]:
                run.advance_to(time, watch, keep)
        except StepFailed as failure:
            where = StepFailed(failure.field, failure.reason, run.time)
            return run.record(Outcome(status="stopped", message=str(where)))
        except KeyboardInterrupt as interrupt:
            return run.record(interrupted(interrupt, run.known.time), last=True)
        return run.record(Outcome(status="finished"))


class _Run:
    """One run in progress."""

    def __init__(self, simulation: CellSimulation, shelve: Shelve) -> None:
        self.simulation, self.shelve = simulation, shelve
        self.system = simulation.system
        self.time = simulation.save_times[0]
        self.states: list[State] = []
        self.snapshots: list[Snapshot] = []
        self.extinct: list[Extinct] = []
        self.given: set[int] = set()
        self.stepping = start_of(simulation.system, simulation.initial, self.time)
        self.living = self._living()
        self._know(Leg(start=self.time, steps=0))

    def record(self, outcome: Outcome, *, last: bool = False) -> CellRecord:
        """Return the run so far; with the `last` state that it reached."""
        if not self.states:
            # What broke off at the start begins anew from what stood before it.
            stand(self.stepping, self.known)
            self.given = set(self.known.given)
            with suppress(StepFailed):
                self._begin()
            self._save()
        known, states, snapshots = self.known, list(self.states), list(self.snapshots)
        between = last and known.time > states[-1].time
        if between:
            states.append(_state(known))
            snapshots.append(self._shot(known))
        return CellRecord(
            states=states,
            outcome=outcome,
            accepted_steps=known.steps,
            rejected_steps=0,
            error_sum=0.0,
            extinct=tuple(each for each in self.extinct if each.time <= known.time),
            unchecked=_UNCHECKED,
            between=between,
            reached=_state(known),
            snapshots=tuple(snapshots),
            standing=known,
        )

    def so_far(self) -> CellRecord:
        """Return the run as it stands, which goes on."""
        message = f"saved until t = {self.known.time:.6g} day"
        return self.record(Outcome(status="running", message=message), last=True)

    def recall(self, since: Record) -> None:
        """Stand where the run of `since` stood."""
        if not isinstance(since, CellRecord) or since.standing is None:
            raise InputError("since: is not the record of a run with fields as cells")
        count = len(since.states) - since.between
        self.states = [self.shelve(state) for state in since.states[:count]]
        self.snapshots = list(since.snapshots[:count])
        self.extinct = list(since.extinct)
        self.known, self.time = since.standing, since.standing.time
        self.given = set(since.standing.given)
        stand(self.stepping, since.standing)
        self.living = self._living()

    def advance_to(self, end: float, watch: Watch | None, keep: Keep | None) -> None:
        """Go to `end` (days), which is saved."""
        self._begin()
        while self.time < end:
            event = min(self.simulation.coupled.next_event(self.time), end)
            self._go_to(event, end, watch, keep)
        self._save()
        if keep is not None:
            keep(self.so_far)

    def _begin(self) -> None:
        """Give what is given at the start."""
        if not self.states:
            self._give()
            self._know(Leg(start=self.time, steps=0))

    def _go_to(self, event: float, end: float, watch: Watch | None, keep: Keep | None) -> None:
        """Take equal steps to `event`, none longer than asked."""
        leg, asked = self.known.leg, self.simulation.asked
        start = leg.start
        count = max(1, math.ceil((event - start) / asked.step * (1.0 - 1e-12)))
        dt = (event - start) / count
        for k in range(leg.steps + 1, count + 1):
            self.stepping.step(dt, infused(self.stepping, start + (k - 1) * dt, start + k * dt))
            self.time = event if k == count else start + k * dt
            self._look()
            if k == count:
                self._give()
            self._know(Leg(start=start, steps=k) if k < count else Leg(start=event, steps=0))
            if watch is not None:
                watch(self.time, dt)
            if keep is not None and self.time < end:
                keep(self.so_far)

    def _know(self, leg: Leg) -> None:
        """Know where the run stands, from which it can go on."""
        self.known = standing(self.stepping, self.time, leg, self.given)

    def _give(self) -> None:
        """Give the doses that come at once, at this time."""
        self.given |= give(self.stepping, self.time, self.given)

    def _living(self) -> Array:
        """Return how many cells of each kind live, as a density or one by one."""
        return self.stepping.numbers().sum(axis=1)

    def _look(self) -> None:
        """Note what died out in the tumour; what travels may come again."""
        now = self._living()
        problem = self.system.problem
        for kind in np.flatnonzero((self.living > 0) & (now == 0)):
            row = self.system.rows[kind]
            if not problem.travels[row]:
                name = problem.network.species_names[row]
                self.extinct.append(Extinct(time=self.time, species=name, place="tumour"))
        self.living = now

    def _save(self) -> None:
        # Both or neither, wherever an interrupt falls.
        shot, state = self._shot(self.known), self.shelve(_state(self.known))
        self.states.append(state)
        self.snapshots.append(shot)

    def _shot(self, known: Standing) -> Snapshot:
        asked = self.simulation.asked
        shot = snapshot(known.cells, known.time, asked.saved, asked.seed, known.tally)
        whole = np.bincount(known.cells.kind, minlength=len(asked.kinds)).astype(float)
        remains = np.bincount(known.remains.kind, minlength=len(asked.kinds))
        shot = replace(shot, crossed=known.crossed, whole=whole, remains=remains)
        if not asked.dense:
            return shot
        steepest = self.system.hopping.steepest(known.tumour)
        return replace(shot, dense=known.amounts.sum(axis=1), steepest=steepest)


def _state(known: Standing) -> State:
    return State(time=known.time, body=known.body, tumour=known.tumour, ledger=known.ledger)

"""What a run leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cartflow.core.outcome import Outcome
from cartflow.coupling.extinction import Extinct
from cartflow.coupling.programme import Happened
from cartflow.coupling.state import State


@dataclass(frozen=True, kw_only=True, eq=False)
class Companion:
    """How a run with longer steps ended, whose errors are `ratio` times those of the run.

    `last`, where it is told, is how the run's last step ended, and how two of half its length do:
    of organs so fast that only that step counts.
    """

    state: State
    ratio: float
    last: tuple[State, State] | None = None

    def seen(self, by: Callable[[State], State]) -> Companion:
        """Return it with what `by` makes of each of its states."""
        last = None if self.last is None else (by(self.last[0]), by(self.last[1]))
        return replace(self, state=by(self.state), last=last)


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a run leaves: the states at the save times, how it ended, how many steps it took.

    `between` says that the last state is that of no save time, and `memory` what the run knew
    there besides its state, so that it can go on as if it had never stopped.
    `reached` is the last state as it was there, also where saved states are kept elsewhere.
    `companion` is a coarser run beside it; where there is none, `unchecked` says why. `error_sum`
    adds up the estimated relative errors of all accepted steps. `extinct` are the species that
    died out, and `happened` the study's events, as time went. `tangents` are, for every state
    saved, its slopes by direction, if they were wanted.
    """

    states: list[State]
    outcome: Outcome
    accepted_steps: int
    rejected_steps: int
    error_sum: float
    extinct: tuple[Extinct, ...] = ()
    happened: tuple[Happened, ...] = ()
    companion: Companion | None = None
    unchecked: str = ""
    tangents: tuple[tuple[State, ...], ...] = ()
    between: bool = False
    reached: State | None = None
    memory: Mapping[str, np.ndarray] = field(default_factory=dict)

"""What every engine offers, and the account of a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit
from cartflow.pde.problem import Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """What happened to each species over a step, in cells (or ng): arrays per species.

    `supplied` came through boundaries and from regions, `left` went out through them, `egress`
    returned to the body; `came` and `went` are the same for each of `Problem.places`. For product
    species, new total = old total + born - died + converted + supplied - left - egress. Of other
    species there is what reactions `made` and `used`, where the problem says that it is `counted`.
    What is infused (`Problem.infusion`) is for the one to count who gives it.
    """

    born: Array
    died: Array
    converted: Array
    supplied: Array
    left: Array
    egress: Array
    came: Array
    went: Array
    made: Array
    used: Array


class Engine(Protocol):
    """Advances a state (species, cells) of a `Problem`; `order` is that of its steps in time."""

    name: str
    order: int
    problem: Problem

    def step(self, state: Array, dt: float, like: float = 0.0) -> tuple[Array, Account]:
        """Return the state after `dt` days and the account of the step.

        A step that will be compared with a longer one, as a half with the whole, says so by
        `like`, the longer one: the method is then chosen as for that.
        """

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step that keeps every field nonnegative, and what sets it."""

    def for_problem(self, problem: Problem) -> Self:
        """Return this engine for another problem on the same geometry."""

    def memory(self) -> Array:
        """Return what steps leave behind that later steps go by, as numbers; mostly none."""

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned; by nothing if it is empty, as before the first step."""

    def settings(self) -> dict[str, str]:
        """Return the solver, its tolerance and the versions, for the result's attributes."""


def check(problem: Problem, state: Array) -> None:
    """Raise `StepFailed` naming the first field with a number that is not finite or negative."""
    for item, values in zip(problem.fields, state, strict=True):
        if not np.all(np.isfinite(values)):
            raise StepFailed(item.name, "a value is not finite")
        if np.min(values) < 0:
            raise StepFailed(item.name, f"a value is negative ({np.min(values):.3g})")

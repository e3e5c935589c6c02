"""The fast engine: the equations of the reference, second order in time, compiled."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version

import numpy as np

from cartflow.outcome import StepFailed
from cartflow.pde.engine import Account
from cartflow.pde.limiter import fill
from cartflow.pde.links import Links, read_links
from cartflow.pde.problem import Problem
from cartflow.pde.rosenbrock import Rosenbrock
from cartflow.pde.stabilised import Stabilised
from cartflow.pde.voxel_kernels import lowest

Array = np.ndarray


class FastEngine:
    """Steps all fields of a `Problem` together, second order in time, with limited drift."""

    name = "fast"
    order = 2

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        line = problem.geometry.active.ndim == 1
        self._stepper: Rosenbrock | Stabilised = (Rosenbrock if line else Stabilised)(problem)

    def step(self, state: Array, dt: float, like: float = 0.0) -> tuple[Array, Account]:
        """Advance `state` (species, cells) by `dt` days; return it with the step's account.

        `like` is the longer step that this one will be compared with.
        """
        amounts, extents = self._stepper.step(state, dt, like)
        self._limit(amounts)
        new = amounts / self.problem.storage(amounts) if self._stored else amounts
        return new, extents.account(self.problem.network)

    def right_hand_side(self, state: Array) -> Array:
        """Return d(storage u)/dt of every field (species, cells)."""
        return self._stepper.right_hand_side(state)

    def step_limit(self, state: Array) -> float:
        """Return the longest step, in days, that the method can take."""
        return self._stepper.step_limit(state)

    def settings(self) -> dict[str, str]:
        """Return the scheme and versions for the result's attributes."""
        return {
            "engine": self.name,
            "engine_solver": self._stepper.solver,
            "engine_scheme": f"{self._stepper.scheme}, limited drift (van Leer)",
            "numba_version": version("numba"),
        }

    @cached_property
    def _links(self) -> Links:
        return read_links(self.problem.geometry)

    @cached_property
    def _stored(self) -> bool:
        return bool(self.problem.solutes.any())

    def _limit(self, amounts: Array) -> None:
        """Fill what fell below zero from the neighbours; an immobile field must not need it."""
        volumes = self.problem.geometry.cell_volumes
        least = lowest(amounts)
        for item, values, low in zip(self.problem.fields, amounts, least, strict=True):
            if not np.isfinite(low):
                raise StepFailed(item.name, "a value is not finite")
            if low >= 0.0:
                continue
            total = float(np.abs(values) @ volumes)
            moved = fill(values, volumes, self._links.ahead, self._links.behind)
            if moved > (1e-2 if item.mobile else 1e-9) * total:
                raise StepFailed(item.name, "a value is negative")

"""An observable with what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.errors import ErrorModel
from cartflow.analyses.fit.observables import Observable
from cartflow.analyses.fit.scatter import Data

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """An observable with its error model, its entries of the table, and its unit.

    `entries` are places in the measurements, `subjects` and `times` where each finds its subject
    and time; `data` are in `unit`, of which one has `factor` internal units. `errors` are the
    places of the error model's estimated numbers among the parameters. With a `subject` it is of
    that one alone, which has an error of its own.
    """

    observable: Observable
    error: ErrorModel
    unit: str
    factor: float
    entries: Array
    subjects: Array
    times: Array
    data: Data
    errors: tuple[int, ...]
    subject: str = ""

    @property
    def name(self) -> str:
        """What it is called: the observable, with the subject if it is of that one alone."""
        own = self.observable.name
        return f"{own} of {self.subject}" if self.subject else own

    def numbers(self, values: Array) -> Array:
        """Return all numbers of the error model, those estimated from all parameters' `values`."""
        free = iter(values[list(self.errors)])
        return np.array([next(free) if v is None else v for v in self.error.numbers.values()])

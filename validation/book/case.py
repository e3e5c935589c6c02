"""What a case of the validation book returns: checks, the numbers behind them, and a text.

A case is a module `validation/<subject>.py` with a function

    def case(scope: Scope) -> CaseResult

or, where one module stands for many models, ``case(scope, subject)`` with `subject` the part of
the case's name behind its colon (``kinetics:stein2019``). It is listed in
`validation/book/cases.py`.
``quick`` does the same checks on fewer or smaller runs, with the same tolerances where the
method allows; progress is shown case by case, so that a case needs no callback.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.bibliography import keys
from cartflow.core.outcome import InputError, require_known

Scope = Literal["quick", "full"]
Kind = Literal["relative", "absolute", "at_least", "at_most"]
Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One number against what it should be, in `unit`, by `kind`.

    ``relative`` |measured - expected| / |expected| <= tolerance; ``absolute`` |measured -
    expected| <= tolerance; ``at_least`` and ``at_most``: `expected` is the bound, `tolerance`
    0. `reference` is a key of the bibliography or ``exact``; `engine` names the engine that
    measured, if one did. Raises `InputError` on a check that could not fail or not pass.
    """

    name: str
    measured: float
    expected: float
    tolerance: float
    kind: Kind
    reference: str
    unit: str = "1"
    engine: str = ""

    def __post_init__(self) -> None:
        what = f"check '{self.name}'"
        require_known(self.kind, get_args(Kind), f"{what}: kind")
        require_known(self.reference, ["exact", *keys()], f"{what}: reference")
        bound = self.kind in ("at_least", "at_most")
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            msg = f"{what}: tolerance {self.tolerance:g} must be finite and not negative"
            raise InputError(msg)
        if bound and self.tolerance != 0:
            msg = f"{what}: '{self.kind}' has its bound in expected, so its tolerance is 0"
            raise InputError(msg)
        if self.kind == "relative" and self.expected == 0:
            msg = f"{what}: nothing is relative to 0; use 'absolute'"
            raise InputError(msg)

    @property
    def deviation(self) -> float:
        """The distance from `expected` as `kind` measures it; 0 where a bound holds."""
        gap = self.measured - self.expected
        if self.kind == "relative":
            return abs(gap / self.expected)
        if self.kind == "absolute":
            return abs(gap)
        beyond = -gap if self.kind == "at_least" else gap
        return 0.0 if beyond <= 0 else beyond

    @property
    def passed(self) -> bool:
        """Whether the deviation is within the tolerance; never for nan or infinity."""
        return math.isfinite(self.measured) and self.deviation <= self.tolerance


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseResult:
    """One case: a question, how it was answered, and the numbers.

    `equation` is TeX as matplotlib's mathtext reads it, without dollars, one formula a line;
    `dataset` holds the numbers behind `figure`. `skipped` gives the reason why a case could not
    be done; it then needs no checks. Raises `InputError` on no checks or two of one name.
    """

    name: str
    title: str
    question: str
    equation: str
    method: str
    finding: str
    checks: tuple[Check, ...]
    dataset: xr.Dataset
    figure: Figure | None
    references: tuple[str, ...] = ()
    skipped: str = ""

    def __post_init__(self) -> None:
        if not self.checks and not self.skipped:
            msg = f"case '{self.name}': has no checks and gives no reason to be skipped"
            raise InputError(msg)
        labels = [(check.name, check.engine) for check in self.checks]
        if len(set(labels)) != len(labels):
            twice = next(label for label in labels if labels.count(label) > 1)
            msg = f"case '{self.name}': two checks are called '{' '.join(twice).strip()}'"
            raise InputError(msg)
        for key in self.references:
            require_known(key, keys(), f"case '{self.name}': references")

    @property
    def verdict(self) -> Verdict:
        """``failed`` if any check fails, else ``skipped`` or ``passed``."""
        if not all(check.passed for check in self.checks):
            return "failed"
        return "skipped" if self.skipped else "passed"

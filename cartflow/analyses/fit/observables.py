"""What is measured, worked out from what is simulated: expressions, never evaluated as code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.core.outcome import InputError, suggest
from cartflow.kinetics.expressions.compile import slope_function
from cartflow.kinetics.expressions.derivatives import gradient
from cartflow.kinetics.expressions.dimensions import Dimension, dimension_of, expression_dimension
from cartflow.kinetics.expressions.grammar import Expression, names, parse

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Observable:
    """A measured quantity: an expression of simulated ones, and of numbers that are estimated.

    `scaled` and `shifted` say whether a scale and an offset are estimated beside it.
    """

    name: str
    expression: Expression
    scaled: bool = False
    shifted: bool = False

    @property
    def names(self) -> list[str]:
        """What it is worked out from."""
        return sorted(names(self.expression))

    @cached_property
    def _functions(self) -> tuple[object, dict[str, object]]:
        rows = {name: row for row, name in enumerate(self.names)}
        slopes = gradient(self.expression, tuple(self.names))
        value = slope_function(self.expression, rows, {})
        return value, {name: slope_function(tree, rows, {}) for name, tree in slopes.items()}

    def value(self, found: Mapping[str, Array]) -> Array:
        """Return its values, those of what it names being `found`, (n,) each."""
        stacked = np.array([found[name] for name in self.names])
        function, _ = self._functions
        return np.broadcast_to(function(stacked), stacked.shape[1:]) + 0.0  # type: ignore[operator]

    def slopes(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """Return its derivatives to what it names."""
        stacked = np.array([found[name] for name in self.names])
        _, functions = self._functions
        return {
            name: np.broadcast_to(f(stacked), stacked.shape[1:])  # type: ignore[operator]
            for name, f in functions.items()
        }


def read_observables(texts: Mapping[str, str] | None, measured: list[str]) -> dict[str, Observable]:
    """Return an observable for each measured name: its text's expression, or the name itself.

    Raises `InputError` for a text that is no expression, and for one that nothing is measured of.
    """
    found = {}
    for name, text in (texts or {}).items():
        if name not in measured:
            msg = f"observable '{name}': the table has no such observable; "
            raise InputError(msg + suggest(name, measured))
        try:
            tree = parse(text)
        except InputError as error:
            msg = f"observable '{name}': {error}"
            raise InputError(msg) from None
        if not names(tree):
            msg = f"observable '{name}': '{text}' names nothing that is simulated"
            raise InputError(msg)
        found[name] = Observable(name=name, expression=tree)
    for name in measured:
        if name not in found:
            found[name] = Observable(name=name, expression=_own(name))
    return found


def _own(name: str) -> Expression:
    try:
        return parse(name)
    except InputError:
        msg = f"observable '{name}': is no expression; state what it is: {name}=EXPRESSION"
        raise InputError(msg) from None


def require_names(
    observable: Observable, units: Mapping[str, str], free: Mapping[str, str]
) -> Dimension:
    """Return the dimension of an observable of simulated quantities and `free` numbers.

    Raises `InputError` for a name that is neither, and for units that do not add up.
    """
    known = {**units, **free}
    for name in observable.names:
        if name not in known:
            msg = f"observable '{observable.name}': nothing simulated is called '{name}'; "
            raise InputError(msg + suggest(name, known))
    try:
        dimensions = {name: dimension_of(known[name]) for name in observable.names}
        return expression_dimension(observable.expression, dimensions)
    except InputError as error:
        msg = f"observable '{observable.name}': {error}"
        raise InputError(msg) from None

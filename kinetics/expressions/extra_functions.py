"""Functions that a tree of a rate may hold beyond those that text can call.

They come from SBML alone. What is true is 1, what is false 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cartflow.kinetics.expressions.grammar import Call, Expression, children

# Smooth functions of one plain number.
SMOOTH: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "arcsinh": np.arcsinh,
    "arccosh": np.arccosh,
    "arctanh": np.arctanh,
}


def _factorial(number: Any) -> Any:
    from scipy.special import gamma

    return np.where(np.asarray(number) >= 0, gamma(np.asarray(number) + 1.0), np.nan)[()]


# Functions whose value jumps where an argument passes a threshold, and those that choose.
JUMPING: dict[str, Callable[..., Any]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "less": lambda a, b: (np.asarray(a) < b) * 1.0,
    "at_most": lambda a, b: (np.asarray(a) <= b) * 1.0,
    "equal": lambda a, b: (np.asarray(a) == b) * 1.0,
}
CHOOSING: dict[str, Callable[..., Any]] = {
    "not": lambda a: (np.asarray(a) == 0) * 1.0,
    "and": lambda a, b: ((np.asarray(a) != 0) & (np.asarray(b) != 0)) * 1.0,
    "or": lambda a, b: ((np.asarray(a) != 0) | (np.asarray(b) != 0)) * 1.0,
    "if": lambda condition, a, b: np.where(np.asarray(condition) != 0, a, b),
}
EXTRA: dict[str, Callable[..., Any]] = {
    **SMOOTH,
    **JUMPING,
    **CHOOSING,
    "factorial": _factorial,
}


def extra_functions(expression: Expression) -> list[str]:
    """Return the functions in `expression` that no text can call."""
    return sorted({call.function for call in _calls(expression) if call.function in EXTRA})


def jumps(expression: Expression) -> list[Call]:
    """Return the parts of `expression` whose value jumps while their arguments are smooth."""
    return [call for call in _calls(expression) if call.function in JUMPING]


def _calls(expression: Expression) -> list[Call]:
    found: dict[Call, None] = {}
    level: list[Expression] = [expression]
    while level:
        found |= {node: None for node in level if isinstance(node, Call)}
        level = [child for node in level for child in children(node)]
    return list(found)

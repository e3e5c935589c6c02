"""Expressions to closures over NumPy arrays; nothing is evaluated as code."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.extra_functions import EXTRA
from cartflow.kinetics.expressions.grammar import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    names,
    to_text,
)

Array: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Array], Any]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "abs": np.abs,
    "min": np.minimum,
    "max": np.maximum,
    **EXTRA,
}


def _choice(apart: Any, first: Any, second: Any, equal: Any) -> Any:
    return np.where(apart > 0, first, np.where(apart < 0, second, equal))


# The functions of `cartflow.kinetics.expressions.derivatives.SLOPES`.
_SLOPES: dict[str, Callable[..., Any]] = {
    "_larger": lambda u, v, du, dv: _choice(u - v, du, dv, np.maximum(du, dv)),
    "_smaller": lambda u, v, du, dv: _choice(v - u, du, dv, np.minimum(du, dv)),
    "_sign_times": lambda u, du: _choice(u, du, -du, np.abs(du)),
    "_power_log": lambda u, v: np.where((u == 0) & (v > 0), 0.0, u**v * np.log(u)),
    "_scaled": lambda factor, u: np.where(factor == 0, 0.0, factor * u),
}


def to_function(
    expression: Expression, species: Mapping[str, int], parameters: Mapping[str, float]
) -> Function:
    """Return the function of a state, shape (n_species, ...), that `expression` states.

    `species` gives the row of each species, `parameters` the values in internal units; what
    holds no species is worked out here, once. Raises `InputError` where that is not finite,
    or is a zero that divides.
    """
    if not names(expression) & species.keys():
        constant = constant_value(expression, parameters)
        return lambda state: constant
    match expression:
        case Name(name):
            row = species[name]
            return lambda state: state[row]
        case Negative(operand):
            inner = to_function(operand, species, parameters)
            return lambda state: -inner(state)
        case Binary("^", base, Number(2.0)):
            inner = to_function(base, species, parameters)
            return lambda state: np.square(inner(state))
        case Binary(sign, left, right):
            return _binary(sign, left, right, species, parameters)
        case Call(function, arguments):
            return _call(function, arguments, species, parameters)
    raise AssertionError(expression)


def slope_function(
    expression: Expression, species: Mapping[str, int], parameters: Mapping[str, float]
) -> Function:
    """Return the function of a state that a derivative states, not finite where it is not."""
    parts: tuple[Expression, ...]
    match expression:
        case Number(stated):
            number = np.float64(stated)
            return lambda state: number
        case Name(name):
            if name not in species:
                constant = np.float64(parameters[name])
                return lambda state: constant
            row = species[name]
            return lambda state: state[row]
        case Negative(operand):
            inner = slope_function(operand, species, parameters)
            return lambda state: -inner(state)
        case Binary(sign, left, right):
            apply, parts = _OPERATORS[sign], (left, right)
        case Call(function, arguments):
            apply, parts = {**_FUNCTIONS, **_SLOPES}[function], arguments
    functions = [slope_function(part, species, parameters) for part in parts]

    def slope(state: Array) -> Any:
        with np.errstate(all="ignore"):
            return apply(*(inner(state) for inner in functions))

    return slope


def _binary(
    sign: str,
    left: Expression,
    right: Expression,
    species: Mapping[str, int],
    parameters: Mapping[str, float],
) -> Function:
    apply = _OPERATORS[sign]
    first = to_function(left, species, parameters)
    second = to_function(right, species, parameters)
    if not names(left) & species.keys():
        a = constant_value(left, parameters)
        return lambda state: apply(a, second(state))
    if not names(right) & species.keys():
        b = constant_value(right, parameters)
        if sign == "/" and b == 0:
            msg = f"'{to_text(right)[:100]}' is zero, and divides"
            raise InputError(msg)
        return lambda state: apply(first(state), b)
    return lambda state: apply(first(state), second(state))


def _call(
    function: str,
    arguments: tuple[Expression, ...],
    species: Mapping[str, int],
    parameters: Mapping[str, float],
) -> Function:
    apply = _FUNCTIONS[function]
    inner = [to_function(argument, species, parameters) for argument in arguments]
    if function == "if":
        return _choosing(*inner)
    if len(inner) == 1:
        first = inner[0]
        return lambda state: apply(first(state))
    first, second = inner
    return lambda state: apply(first(state), second(state))


def _choosing(condition: Function, first: Function, second: Function) -> Function:
    """Return the choice between two functions; at one point only the chosen one is worked out."""

    def chosen(state: Array) -> Any:
        here = np.asarray(condition(state))
        if here.ndim == 0:
            return first(state) if here != 0 else second(state)
        with np.errstate(all="ignore"):
            return np.where(here != 0, first(state), second(state))

    return chosen


def constant_value(expression: Expression, parameters: Mapping[str, float]) -> float:
    """Return the value of an expression of parameters; raise `InputError` if it is not finite."""
    with np.errstate(all="ignore"):
        value = float(_number(expression, parameters))
    if not np.isfinite(value):
        msg = f"'{to_text(expression)[:100]}' is not a finite number"
        raise InputError(msg)
    return value


def _number(expression: Expression, parameters: Mapping[str, float]) -> Any:
    match expression:
        case Number(value):
            return np.float64(value)
        case Name(name):
            return np.float64(parameters[name])
        case Negative(operand):
            return -_number(operand, parameters)
        case Binary(sign, left, right):
            return _OPERATORS[sign](_number(left, parameters), _number(right, parameters))
        case Call(function, arguments):
            return _FUNCTIONS[function](*(_number(a, parameters) for a in arguments))
    raise AssertionError(expression)

"""What each function of SBML is in a tree, by the end of its name in libsbml (``AST_...``)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.extra_functions import SMOOTH
from cartflow.kinetics.expressions.grammar import Binary, Call, Expression, Negative, Number
from cartflow.kinetics.trees import folded

Parts: TypeAlias = list[Expression]
RECIPROCALS = {
    "SEC": "cos",
    "CSC": "sin",
    "COT": "tan",
    "SECH": "cosh",
    "CSCH": "sinh",
    "COTH": "tanh",
}
_ONE, _ZERO = Number(1.0), Number(0.0)


def _over(above: Expression, below: Expression) -> Expression:
    return Binary("/", above, below)


def _call(function: str) -> Callable[[Parts], Expression]:
    def call(parts: Parts) -> Expression:
        (argument,) = parts
        return Call(function, (argument,))

    return call


def _reciprocal(function: str) -> Callable[[Parts], Expression]:
    """Return 1/f(x), as sec is of cos."""

    def call(parts: Parts) -> Expression:
        (argument,) = parts
        return _over(_ONE, Call(function, (argument,)))

    return call


def _of_reciprocal(function: str) -> Callable[[Parts], Expression]:
    """Return f(1/x), as arcsec is of arccos."""

    def call(parts: Parts) -> Expression:
        (argument,) = parts
        return Call(function, (_over(_ONE, argument),))

    return call


def _operator(sign: str) -> Callable[[Parts], Expression]:
    def call(parts: Parts) -> Expression:
        left, right = parts
        return Binary(sign, left, right)

    return call


def _minus(parts: Parts) -> Expression:
    return Negative(parts[0]) if len(parts) == 1 else _operator("-")(parts)


def _root(parts: Parts) -> Expression:
    if len(parts) == 1:
        return Call("sqrt", (parts[0],))
    degree, radicand = parts
    return Binary("^", radicand, _over(_ONE, degree))


def _logarithm(parts: Parts) -> Expression:
    base, argument = parts if len(parts) == 2 else (Number(10.0), *parts)
    return _over(Call("log", (argument,)), Call("log", (base,)))


def _extreme(function: str) -> Callable[[Parts], Expression]:
    def call(parts: Parts) -> Expression:
        result = parts[0]
        for part in parts[1:]:
            result = Call(function, (result, part))
        return result

    return call


def _compare(function: str, swapped: bool = False) -> Callable[[Parts], Expression]:
    """Return a < b, and for more than two a < b and b < c."""

    def call(parts: Parts) -> Expression:
        pairs = list(pairwise(parts))
        if not pairs:
            raise ValueError
        tests = [Call(function, (b, a) if swapped else (a, b)) for a, b in pairs]
        return _logical("and", [*tests])

    return call


def _logical(function: str, parts: Parts) -> Expression:
    if not parts:
        return _ONE if function == "and" else _ZERO
    result = parts[0]
    for part in parts[1:]:
        result = Call(function, (result, part))
    return result


def _not(part: Expression) -> Expression:
    return Call("not", (part,))


def _negation(parts: Parts) -> Expression:
    (part,) = parts
    return _not(part)


def _unequal(parts: Parts) -> Expression:
    left, right = parts
    return _not(Call("equal", (left, right)))


def _xor(parts: Parts) -> Expression:
    result: Expression = _ZERO
    for part in parts:
        result = Call("if", (result, _not(part), _not(_not(part))))
    return result


def _implies(parts: Parts) -> Expression:
    first, second = parts
    return Call("or", (_not(first), second))


def _piecewise(parts: Parts) -> Expression:
    pairs, rest = len(parts) // 2, parts[len(parts) // 2 * 2 :]
    if not rest:
        raise InputError("a 'piecewise' without 'otherwise' has no value where no piece holds")
    result = rest[0]
    for number in reversed(range(pairs)):
        value, condition = parts[2 * number], parts[2 * number + 1]
        result = Call("if", (condition, value, result))
    return result


def _quotient(parts: Parts) -> Expression:
    above, below = parts
    ratio = _over(above, below)
    towards_zero = (Call("floor", (ratio,)), Call("ceil", (ratio,)))
    return Call("if", (Call("less", (_ZERO, ratio)), *towards_zero))


def _remainder(parts: Parts) -> Expression:
    above, below = parts
    return Binary("-", above, Binary("*", below, _quotient(parts)))


CALLS: dict[str, Callable[[Parts], Expression]] = {
    "PLUS": lambda parts: folded("+", parts),
    "TIMES": lambda parts: folded("*", parts),
    "MINUS": _minus,
    "DIVIDE": _operator("/"),
    "POWER": _operator("^"),
    "FUNCTION_POWER": _operator("^"),
    "FUNCTION_ROOT": _root,
    "FUNCTION_LN": _call("log"),
    "FUNCTION_LOG": _logarithm,
    "FUNCTION_MIN": _extreme("min"),
    "FUNCTION_MAX": _extreme("max"),
    "FUNCTION_CEILING": _call("ceil"),
    **{f"FUNCTION_{name.upper()}": _call(name) for name in ("exp", "abs", "floor", "tanh")},
    **{f"FUNCTION_{name.upper()}": _call(name) for name in SMOOTH},
    **{f"FUNCTION_{name}": _reciprocal(of) for name, of in RECIPROCALS.items()},
    **{f"FUNCTION_ARC{name}": _of_reciprocal(f"arc{of}") for name, of in RECIPROCALS.items()},
    "FUNCTION_FACTORIAL": _call("factorial"),
    "FUNCTION_PIECEWISE": _piecewise,
    "FUNCTION_QUOTIENT": _quotient,
    "FUNCTION_REM": _remainder,
    "RELATIONAL_LT": _compare("less"),
    "RELATIONAL_GT": _compare("less", swapped=True),
    "RELATIONAL_LEQ": _compare("at_most"),
    "RELATIONAL_GEQ": _compare("at_most", swapped=True),
    "RELATIONAL_EQ": _compare("equal"),
    "RELATIONAL_NEQ": _unequal,
    "LOGICAL_AND": lambda parts: _logical("and", parts),
    "LOGICAL_OR": lambda parts: _logical("or", parts),
    "LOGICAL_XOR": _xor,
    "LOGICAL_NOT": _negation,
    "LOGICAL_IMPLIES": _implies,
    "CONSTANT_TRUE": lambda parts: _ONE,
    "CONSTANT_FALSE": lambda parts: _ZERO,
    "CONSTANT_PI": lambda parts: Number(math.pi),
    "CONSTANT_E": lambda parts: Number(math.e),
}

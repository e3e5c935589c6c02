"""Trees put into one another, and bounds on what comes of it."""

from __future__ import annotations

from collections.abc import Mapping

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import (
    MAXIMUM_HEIGHT,
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    children,
    names,
)

LARGEST_TREE = 20_000


def substituted(tree: Expression, values: Mapping[str, Expression]) -> Expression:
    """Return `tree` with names replaced by trees; parts that occur twice stay shared.

    Raises `InputError` where more than 20,000 parts, or a nesting beyond 200, come of it.
    """
    held = names(tree) & values.keys()
    result = replaced(tree, {Name(name): values[name] for name in held})
    require_bounded(result)
    return result


def replaced(tree: Expression, values: Mapping[Expression, Expression]) -> Expression:
    """Return `tree` with parts of it, the outermost first, replaced by others."""
    return _replaced(tree, values, {})


def _replaced(
    tree: Expression, values: Mapping[Expression, Expression], known: dict[int, Expression]
) -> Expression:
    if id(tree) in known:
        return known[id(tree)]
    if isinstance(tree, Name | Call) and tree in values:
        return values[tree]
    parts = [_replaced(child, values, known) for child in children(tree)]
    match tree:
        case Negative():
            result: Expression = Negative(parts[0])
        case Binary(operator):
            result = Binary(operator, parts[0], parts[1])
        case Call("if") if isinstance(parts[0], Number):
            result = parts[1] if parts[0].value != 0 else parts[2]
        case Call(function):
            result = Call(function, tuple(parts))
        case _:
            result = tree
    known[id(tree)] = result
    return result


def require_bounded(tree: Expression) -> None:
    """Raise `InputError` unless `tree` has at most 20,000 parts, nested at most 200 deep."""
    parts, height = _measured(tree, {})
    if height > MAXIMUM_HEIGHT:
        msg = f"a formula is nested deeper than {MAXIMUM_HEIGHT}, what it names put in"
        raise InputError(msg)
    if parts > LARGEST_TREE:
        msg = f"a formula has more than {LARGEST_TREE} parts, what it names put in"
        raise InputError(msg)


def _measured(tree: Expression, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return parts and height of `tree`; a shared part is counted each time, walked once."""
    if id(tree) not in known:
        inner = [_measured(child, known) for child in children(tree)]
        parts = 1 + sum(count for count, _ in inner)
        known[id(tree)] = parts, 1 + max((height for _, height in inner), default=0)
    return known[id(tree)]


def folded(sign: str, parts: list[Expression]) -> Expression:
    """Return ``a sign b sign ...``, its height that of a logarithm where there are many."""
    if not parts:
        return Number(0.0 if sign == "+" else 1.0)
    if len(parts) > 8:
        middle = len(parts) // 2
        return Binary(sign, folded(sign, parts[:middle]), folded(sign, parts[middle:]))
    result = parts[0]
    for part in parts[1:]:
        result = Binary(sign, result, part)
    return result

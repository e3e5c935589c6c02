"""Rates that are the difference of two: births and deaths that a file does not tell apart."""

from __future__ import annotations

from collections.abc import Collection

from cartflow.kinetics.expressions.grammar import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
)

Signed = tuple[int, Expression]


def may_turn_negative(tree: Expression, signed: Collection[str] = ()) -> bool:
    """Return whether a rate can be negative, of whose names only the `signed` may be so.

    It can where it holds a difference, a minus or a logarithm, but for those in an exponential, a
    root, an absolute value, or the larger of itself and something that cannot.
    """
    if isinstance(tree, Number):
        return tree.value < 0
    if isinstance(tree, Negative):
        return True
    if isinstance(tree, Name):
        return tree.name in signed
    if isinstance(tree, Binary):
        if tree.operator == "-":
            return True
        parts = (tree.left,) if tree.operator == "^" else (tree.left, tree.right)
        return any(may_turn_negative(part, signed) for part in parts)
    if isinstance(tree, Call):
        if tree.function in ("exp", "sqrt", "abs"):
            return False
        inside = [may_turn_negative(part, signed) for part in tree.arguments]
        return {"log": True, "max": all(inside)}.get(tree.function, any(inside))
    return False


def terms(tree: Expression) -> list[Signed]:
    """Return the terms of a sum with their signs, products with sums multiplied out.

    ``r*n*(1 - n/K)`` has the terms +r*n*1 and -r*n*(n/K).
    """
    if isinstance(tree, Negative):
        return [(-sign, term) for sign, term in terms(tree.operand)]
    if isinstance(tree, Number) and tree.value < 0:
        return [(-1, Number(-tree.value))]
    if not isinstance(tree, Binary):
        return [(1, tree)]
    if tree.operator in "+-":
        turned = 1 if tree.operator == "+" else -1
        return [*terms(tree.left), *((turned * sign, term) for sign, term in terms(tree.right))]
    if tree.operator == "*":
        return [
            (one * two, Binary("*", left, right))
            for one, left in terms(tree.left)
            for two, right in terms(tree.right)
        ]
    if tree.operator == "/":
        return [(sign, Binary("/", term, tree.right)) for sign, term in terms(tree.left)]
    return [(1, tree)]


def part(tree: Expression, sign: int) -> Expression | None:
    """Return the sum of the terms of a `sign`, without it; None if there are none."""
    found = [term for own, term in terms(tree) if own == sign]
    total = found[0] if found else None
    for term in found[1:]:
        assert total is not None
        total = Binary("+", total, term)
    return total

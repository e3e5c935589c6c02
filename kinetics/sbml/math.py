"""Formulas between the closed grammar and libsbml's nodes, tree to tree, never through text."""

from __future__ import annotations

from typing import Any

from cartflow.kinetics.grammar import (
    MAXIMUM_HEIGHT,
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
)
from cartflow.outcome import InputError

_SIGNS = {
    "+": "AST_PLUS",
    "-": "AST_MINUS",
    "*": "AST_TIMES",
    "/": "AST_DIVIDE",
    "^": "AST_FUNCTION_POWER",
}
_CALLS = {
    "exp": "AST_FUNCTION_EXP",
    "log": "AST_FUNCTION_LN",
    "tanh": "AST_FUNCTION_TANH",
    "abs": "AST_FUNCTION_ABS",
    "min": "AST_FUNCTION_MIN",
    "max": "AST_FUNCTION_MAX",
}


def to_node(sbml: Any, expression: Expression) -> Any:
    """Return `expression` as a node of libsbml."""
    match expression:
        case Number(value):
            node = sbml.ASTNode(sbml.AST_REAL)
            node.setValue(value)
            return node
        case Name(name):
            node = sbml.ASTNode(sbml.AST_NAME)
            node.setName(name)
            return node
        case Negative(operand):
            return _node(sbml, "AST_MINUS", operand)
        case Binary(sign, left, right):
            return _node(sbml, _SIGNS[sign], left, right)
        case Call("sqrt", (inner,)):
            return _node(sbml, "AST_FUNCTION_POWER", inner, Number(0.5))
        case Call(function, arguments):
            return _node(sbml, _CALLS[function], *arguments)
    raise AssertionError(expression)


def _node(sbml: Any, kind: str, *operands: Expression) -> Any:
    node = sbml.ASTNode(getattr(sbml, kind))
    for operand in operands:
        node.addChild(to_node(sbml, operand))
    return node


def from_node(sbml: Any, node: Any, depth: int = 0) -> Expression:
    """Return the expression that `node` states; raise `InputError` for what has no place in it.

    Numbers, names, the four signs, powers, roots, exp, ln, tanh, abs, min and max are read.
    """
    if depth > MAXIMUM_HEIGHT:
        msg = f"a formula is nested deeper than {MAXIMUM_HEIGHT}"
        raise InputError(msg)
    if node.isNumber():
        return Number(float(node.getValue()))
    kind = node.getType()
    if kind == sbml.AST_NAME:
        return Name(str(node.getName()))
    inner = [from_node(sbml, node.getChild(i), depth + 1) for i in range(node.getNumChildren())]
    if kind == sbml.AST_MINUS and len(inner) == 1:
        return Negative(inner[0])
    if kind in (sbml.AST_PLUS, sbml.AST_TIMES):
        return _chain("+" if kind == sbml.AST_PLUS else "*", inner)
    if kind in (sbml.AST_POWER, sbml.AST_FUNCTION_POWER) and len(inner) == 2:
        return Binary("^", inner[0], inner[1])
    if kind in (sbml.AST_MINUS, sbml.AST_DIVIDE) and len(inner) == 2:
        return Binary("-" if kind == sbml.AST_MINUS else "/", inner[0], inner[1])
    if kind == sbml.AST_FUNCTION_ROOT and inner:
        degree = inner[0] if len(inner) == 2 else Number(2.0)
        return Binary("^", inner[-1], Binary("/", Number(1.0), degree))
    for function, name in _CALLS.items():
        if kind == getattr(sbml, name):
            return _call(function, inner)
    msg = f"the formula part '{node.getName() or kind}' is not read; allowed: + - * / ^, root, "
    raise InputError(msg + ", ".join(_CALLS))


def _chain(sign: str, parts: list[Expression]) -> Expression:
    if not parts:
        return Number(0.0 if sign == "+" else 1.0)
    result = parts[0]
    for part in parts[1:]:
        result = Binary(sign, result, part)
    return result


def _call(function: str, inner: list[Expression]) -> Expression:
    if function in {"min", "max"} and len(inner) >= 2:
        result = inner[0]
        for part in inner[1:]:
            result = Call(function, (result, part))
        return result
    if len(inner) != 1:
        msg = f"'{function}' takes another number of arguments, not {len(inner)}"
        raise InputError(msg)
    return Call(function, (inner[0],))

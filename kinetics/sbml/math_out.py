"""Trees of the closed grammar as nodes of libsbml, tree to node, never through text."""

from __future__ import annotations

from typing import Any

from cartflow.kinetics.expressions.grammar import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
)

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

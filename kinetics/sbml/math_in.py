"""Formulas of libsbml as trees, node to node, never through text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import MAXIMUM_HEIGHT, Expression, Name, Negative, Number
from cartflow.kinetics.sbml.math_functions import CALLS, Parts
from cartflow.kinetics.trees import require_bounded, substituted

TIME = "@time"
RATE_OF = "@rate of "
_MOST_NESTED = 50


class Formulas:
    """Reads the formulas of one model, the functions that it defines put in.

    The time is the name `TIME`, the rate of change of x the name `RATE_OF` + x; what is true
    is 1, what is false 0.
    """

    def __init__(self, sbml: Any, model: Any = None) -> None:
        self.sbml = sbml
        entries = () if model is None else model.getListOfFunctionDefinitions()
        self.definitions = {entry.getId(): entry for entry in entries}
        self.functions: dict[str, tuple[list[str], Expression]] = {}
        self.open: list[str] = []
        self.kinds = {getattr(sbml, f"AST_{name}"): call for name, call in CALLS.items()}

    def tree(self, node: Any) -> Expression:
        """Return the tree that `node` states; raise `InputError` for what has no place in it."""
        if node is None:
            raise InputError("a formula is missing")
        result = self._tree(node, 0)
        require_bounded(result)
        return result

    def _tree(self, node: Any, depth: int) -> Expression:
        if depth > MAXIMUM_HEIGHT:
            msg = f"a formula is nested deeper than {MAXIMUM_HEIGHT}"
            raise InputError(msg)
        kind, sbml = node.getType(), self.sbml
        if node.isNumber():
            return _number(float(node.getValue()))
        if kind == sbml.AST_NAME:
            return Name(str(node.getName()))
        if kind == sbml.AST_NAME_TIME:
            return Name(TIME)
        if kind == sbml.AST_NAME_AVOGADRO:
            return Number(float(node.getValue()))
        inner = [self._tree(node.getChild(i), depth + 1) for i in range(node.getNumChildren())]
        if kind == sbml.AST_FUNCTION:
            return self._defined(str(node.getName()), inner)
        if kind == sbml.AST_FUNCTION_RATE_OF and len(inner) == 1 and isinstance(inner[0], Name):
            return Name(RATE_OF + inner[0].name)
        if kind not in self.kinds:
            name = "delay" if kind == sbml.AST_FUNCTION_DELAY else node.getName() or kind
            msg = f"the formula part '{name}' is not read"
            raise InputError(msg)
        return _applied(self.kinds[kind], inner, str(node.getName() or node.getOperatorName()))

    def _defined(self, name: str, arguments: list[Expression]) -> Expression:
        if name not in self.definitions:
            msg = f"the function '{name}' is not defined"
            raise InputError(msg)
        if name not in self.functions:
            self.functions[name] = self._definition(name)
        variables, body = self.functions[name]
        if len(variables) != len(arguments):
            msg = f"the function '{name}' takes {len(variables)} arguments, not {len(arguments)}"
            raise InputError(msg)
        return substituted(body, dict(zip(variables, arguments, strict=True)))

    def _definition(self, name: str) -> tuple[list[str], Expression]:
        entry = self.definitions[name]
        if name in self.open or len(self.open) > _MOST_NESTED:
            msg = f"the function '{name}' calls itself, or more than {_MOST_NESTED} within another"
            raise InputError(msg)
        if entry.getBody() is None:
            msg = f"the function '{name}' has no formula"
            raise InputError(msg)
        self.open.append(name)
        body = self._tree(entry.getBody(), 0)
        self.open.pop()
        return [str(entry.getArgument(i).getName()) for i in range(entry.getNumArguments())], body


def _number(value: float) -> Expression:
    return Number(value) if not value < 0 else Negative(Number(-value))


def _applied(call: Callable[[Parts], Expression], inner: Parts, name: str) -> Expression:
    try:
        return call(inner)
    except (IndexError, ValueError):
        msg = f"'{name}' takes another number of arguments, not {len(inner)}"
        raise InputError(msg) from None

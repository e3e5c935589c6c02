"""Equations of a network in LaTeX, for notebooks."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from cartflow.kinetics.expressions.extra_functions import EXTRA
from cartflow.kinetics.expressions.grammar import Binary, Call, Expression, Name, Negative, Number


class Equations(Protocol):
    """What is typeset: a network of reactions."""

    @property
    def species_names(self) -> tuple[str, ...]:
        """Names of the species."""

    @property
    def stoichiometry(self) -> np.ndarray:
        """What reactions (columns) do to species (rows)."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Rates of the reactions."""


_BINDING = {"+": 1, "-": 1, "*": 2, "/": 3, "^": 4}


def typeset(network: Equations) -> str:
    """Return the equations of all species as one aligned LaTeX display."""
    lines = [
        rf"\frac{{\mathrm{{d}}}}{{\mathrm{{d}}t}}\,{_name(name)} &= {_right_side(network, row)}"
        for row, name in enumerate(network.species_names)
    ]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}$$"


def latex(expression: Expression, above: int = 0) -> str:
    """Return `expression` in LaTeX, in parentheses where what stands `above` binds closer."""
    match expression:
        case Number(value):
            return _number(value)
        case Name(name):
            return _name(name)
        case Negative(operand):
            text, binding = f"-{latex(operand, 2)}", 1
        case Binary("/", left, right):
            return rf"\frac{{{latex(left)}}}{{{latex(right)}}}"
        case Binary("^", base, exponent):
            inner = latex(base, 5)
            inner = rf"\left({inner}\right)" if inner.startswith(r"\frac") else inner
            return f"{inner}^{{{latex(exponent)}}}"
        case Binary(sign, left, right):
            binding = _BINDING[sign]
            between = r" \, " if sign == "*" else f" {sign} "
            text = latex(left, binding) + between + latex(right, binding + 1)
        case Call("sqrt", (inner_tree,)):
            return rf"\sqrt{{{latex(inner_tree)}}}"
        case Call("abs", (inner_tree,)):
            return rf"\left|{latex(inner_tree)}\right|"
        case Call(function, arguments):
            inside = ", ".join(latex(a) for a in arguments)
            shown = {"log": r"\ln"}.get(function, rf"\{function}")
            if function in EXTRA:
                shown = rf"\operatorname{{{function.replace('_', ' ')}}}"
            return rf"{shown}\left({inside}\right)"
    return rf"\left({text}\right)" if binding < above else text


def _right_side(network: Equations, row: int) -> str:
    text = ""
    for number, tree in zip(network.stoichiometry[row], network.expressions, strict=True):
        if number != 0:
            sign = " - " if number < 0 else (" + " if text else "")
            factor = "" if abs(number) == 1 else rf"{_number(abs(float(number)))} \, "
            text += sign + factor + latex(tree, 2)
    return text or "0"


def _name(name: str) -> str:
    shown = name.replace("_", r"\_")
    return rf"\mathrm{{{shown}}}" if len(name) > 1 else name


def _number(value: float) -> str:
    text = f"{value:g}"
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text

"""A model's equations in lines of mathtext, none much wider than a page where it can be broken."""

from __future__ import annotations

import re

from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, Number
from cartflow.kinetics.network import Network
from cartflow.kinetics.typeset import latex

_WIDE = 95


def equation_lines(network: Network) -> str:
    """Return d/dt of every species as TeX without dollars, one line of a formula a line."""
    lines: list[str] = []
    for row, name in enumerate(network.species_names):
        start = rf"\frac{{\mathrm{{d}}}}{{\mathrm{{d}}t}}\,{latex(Name(name))} ="
        lines += _broken(start, _terms(network, row))
    return "\n".join(lines)


def visible(tex: str) -> int:
    """Return about how many letters of `tex` show beside one another."""
    return len(re.sub(r"\\(frac|mathrm|left|right|,)|[{}\s]", "", tex))


def _terms(network: Network, row: int) -> list[str]:
    """Return the terms of a species' right-hand side, each with its sign."""
    terms: list[str] = []
    for number, tree in zip(network.stoichiometry[row], network.expressions, strict=True):
        if number != 0:
            sign = "-" if number < 0 else "+"
            size = abs(float(number))
            factor = "" if size == 1 else rf"{latex(Number(size))} \, "
            whole = f"{sign} {factor}{latex(tree, 2)}"
            terms += [whole] if visible(whole) <= _WIDE else _opened(f"{sign} {factor}", tree)
    if not terms:
        return ["0"]
    return [terms[0].removeprefix("+ "), *terms[1:]]


def _opened(before: str, tree: Expression) -> list[str]:
    """Return a long quotient with a sum above as (a + b + ...) / c, which can be broken."""
    match tree:
        case Binary("/", Binary("+" | "-") as above, below):
            parts = _summands(above)
            parts[0] = f"{before}({parts[0]}"
            parts[-1] += f") / {latex(below, 3)}"
            return parts
    return [f"{before}{latex(tree, 2)}"]


def _summands(tree: Expression) -> list[str]:
    match tree:
        case Binary("+" | "-" as sign, left, right):
            return [*_summands(left), f"{sign} {latex(right, 2)}"]
    return [latex(tree)]


def _broken(start: str, terms: list[str]) -> list[str]:
    lines, line = [], start
    for number, term in enumerate(terms):
        if number and visible(line) + visible(term) > _WIDE:
            lines.append(line)
            line = r"\qquad"
        line += f" {term}"
    return [*lines, line]

"""The text of a Python module that works out rates and their derivatives, cell by cell.

Only names of our own appear in it: ``x3`` is species 3, ``p2`` parameter 2, ``k``, ``t`` and
``o`` are constants, intermediate values and rows of the result.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cartflow.kinetics.expressions.grammar import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    children,
    names,
)

VERSION = 6
_DEEPEST = 40
_LARGEST_INTEGER_POWER = 64
_HEADER = '''\
"""Rates and their derivatives, written by cartflow; changes to this file are lost."""

from math import exp, inf, log, nan, sqrt, tanh

from numba import float64, int64, njit, void

BLOCK = void(float64[:, ::1], {parameters}, int64, int64, float64[:, ::1])
NONZERO = {nonzero}
'''
# Operands of these appear more than once, so each is a plain name.
_CHOICES: dict[str, str] = {
    "min": "({0} if {0} < {1} or {0} != {0} else {1})",
    "max": "({0} if {0} > {1} or {0} != {0} else {1})",
    "_larger": "({2} if {0} > {1} or ({0} == {1} and {2} > {3}) else {3})",
    "_smaller": "({2} if {0} < {1} or ({0} == {1} and {2} < {3}) else {3})",
    "_sign_times": "({1} if {0} > 0.0 else -{1} if {0} < 0.0 else abs({1}))",
    "_power_log": "(0.0 if {0} == 0.0 and {1} > 0.0 else {0} ** {1} * log({0}))",
    "_scaled": "({0} * {1} if {0} != 0.0 else 0.0)",
}


def module_text(
    rates: Sequence[Expression],
    gradients: Sequence[Mapping[str, Expression]],
    species: Sequence[str],
    parameters: Sequence[str],
    each: bool = False,
) -> str:
    """Return the module with `rates_block` and `jacobian_block`.

    `gradients` holds for each rate the derivative to each species that is not zero everywhere.
    With `each` every mesh cell has parameters of its own, shape (n_parameters, n_cells).
    """
    slopes, size = slope_rows(gradients, species), len(rates) * len(species)
    kind = "float64[:, ::1]" if each else "float64[::1]"
    parts = [
        _HEADER.format(parameters=kind, nonzero=tuple(sorted(slopes))),
        function_text("rates_block", dict(enumerate(rates)), len(rates), species, parameters, each),
        function_text("jacobian_block", slopes, size, species, parameters, each),
    ]
    return "\n\n".join(parts)


def slope_rows(
    gradients: Sequence[Mapping[str, Expression]], species: Sequence[str]
) -> dict[int, Expression]:
    """Return the derivatives by their row, rate x species + species."""
    return {
        row * len(species) + column: gradient[name]
        for row, gradient in enumerate(gradients)
        for column, name in enumerate(species)
        if name in gradient
    }


def function_text(
    name: str,
    rows: Mapping[int, Expression],
    size: int,
    species: Sequence[str],
    parameters: Sequence[str],
    each: bool = False,
    kind: type[Writer] | None = None,
) -> str:
    """Return the function that writes the trees `rows` to so many rows, for a block of cells."""
    writer = (kind or Writer)(
        species={s: f"x{row}" for row, s in enumerate(species)},
        parameters={p: f"p{row}" for row, p in enumerate(parameters)},
        varying=frozenset([*species, *parameters] if each else species),
    )
    writer.count(rows.values())
    stores = []
    for row, tree in rows.items():
        text = writer.text(tree)
        stores.append(f"o{row}[i] = {text}")
        writer.inside.append(stores[-1])
    before = [f"out[{first}:{last}, :size] = 0.0" for first, last in _gaps(rows, size)]
    used = set().union(*(names(tree) for tree in rows.values())) if rows else set()
    values = "q{0} = parameters[{0}, start:stop]" if each else "p{0} = parameters[{0}]"
    before += [values.format(i) for i, p in enumerate(parameters) if p in used]
    before += writer.before
    before += [f"a{i} = amounts[{i}, start:stop]" for i, s in enumerate(species) if s in used]
    before += [f"o{row} = out[{row}]" for row in rows]
    inside = [f"x{i} = a{i}[i]" for i, s in enumerate(species) if s in used]
    inside += [f"p{i} = q{i}[i]" for i, p in enumerate(parameters) if each and p in used]
    inside += writer.inside
    lines = ["size = stop - start", *before]
    if rows:
        lines += ["for i in range(size):", *(f"    {line}" for line in inside)]
    head = '@njit(BLOCK, cache=True, error_model="numpy")\n'
    head += f"def {name}(amounts, parameters, start, stop, out):\n"
    return head + "".join(f"    {line}\n" for line in lines)


def _gaps(rows: Iterable[int], size: int) -> list[tuple[int, int]]:
    """Return the runs (first, behind the last) of rows that stay zero."""
    ends = [-1, *sorted(rows), size]
    return [(a + 1, b) for a, b in pairwise(ends) if b > a + 1]


@dataclass
class Writer:
    """Trees to lines; what occurs twice is worked out once, what does not vary beforehand."""

    species: Mapping[str, str]
    parameters: Mapping[str, str]
    varying: frozenset[str]
    reciprocals: bool = False  # multiply by 1/k where k does not vary: a division takes longer
    uses: Counter[Expression] = field(default_factory=Counter)
    known: dict[Expression, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)

    def count(self, trees: Iterable[Expression]) -> None:
        """Note how often each part of `trees` occurs; comes before `text`."""
        waiting = list(trees)
        while waiting:
            tree = waiting.pop()
            self.uses[tree] += 1
            if self.uses[tree] == 1:
                waiting += children(tree)

    def text(self, tree: Expression, depth: int = 0, plain: bool = False) -> str:
        """Return the value of `tree` as text, a plain name or number where `plain`."""
        match tree:
            case Number(value):
                return repr(value)
            case Name(name):
                return self.species.get(name) or self.parameters[name]
        if tree in self.known:
            return self.known[tree]
        constant = not self._varies(tree)
        if not (constant or plain or self.uses[tree] > 1 or depth > _DEEPEST):
            return self.formula(tree, depth)
        lines, letter = (self.before, "k") if constant else (self.inside, "t")
        formula = self.formula(tree, 0)
        self.known[tree] = f"{letter}{len(self.known)}"
        lines.append(f"{self.known[tree]} = {formula}")
        return self.known[tree]

    def formula(self, tree: Expression, depth: int) -> str:
        """Return `tree` written out, its parts as `text` has them."""
        inner = depth + 1
        match tree:
            case Negative(operand):
                return f"(-{self.text(operand, inner)})"
            case Binary("^", base, exponent):
                return self.power(base, exponent, inner)
            case Binary("/", left, right) if self.reciprocals and not self._varies(right):
                divisor = self.text(right)
                # Named before the dividend is written out, which may have lines of its own.
                name = f"i{len(self.before)}"
                self.before.append(f"{name} = 1.0 / {divisor}")
                return f"({self.text(left, inner)} * {name})"
            case Binary(sign, left, right):
                return f"({self.text(left, inner)} {sign} {self.text(right, inner)})"
            case Call(function, arguments) if function in _CHOICES:
                return _CHOICES[function].format(*(self.text(a, 0, plain=True) for a in arguments))
            case Call(function, (argument,)):
                return f"{function}({self.text(argument, inner)})"
        raise AssertionError(tree)

    def _varies(self, tree: Expression) -> bool:
        return bool(names(tree) & self.varying)

    def power(self, base: Expression, exponent: Expression, depth: int) -> str:
        """Return a power; whole exponents are written as such, which compiles to products."""
        below = self.text(base, depth)
        value = exponent.value if isinstance(exponent, Number) else math.nan
        if value.is_integer() and 1 <= value <= _LARGEST_INTEGER_POWER:
            return f"({below} ** {int(value)})"
        return f"({below} ** {self.text(exponent, depth)})"

"""The text of a module that works out rates and their derivatives with dual numbers.

It is that of `cartflow.kinetics.expressions.generated` with the functions of
`cartflow.core.dual`; choices are made by real parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cartflow.kinetics.expressions.generated import Writer, function_text, slope_rows
from cartflow.kinetics.expressions.grammar import Binary, Call, Expression, Number

_HEADER = '''\
"""Rates and their derivatives with dual numbers, written by cartflow; changes are lost."""

from math import inf, nan

from numba import complex128, int64, njit, void

from cartflow.core.dual import exponential, logarithm, magnitude, power, quotient, root, tangent

BLOCK = void(complex128[:, ::1], complex128[::1], int64, int64, complex128[:, ::1])
'''
_CHOICES: dict[str, str] = {
    "min": "({0} if {0}.real < {1}.real or {0} != {0} else {1})",
    "max": "({0} if {0}.real > {1}.real or {0} != {0} else {1})",
    "_larger": (
        "({2} if {0}.real > {1}.real or ({0}.real == {1}.real and {2}.real > {3}.real) else {3})"
    ),
    "_smaller": (
        "({2} if {0}.real < {1}.real or ({0}.real == {1}.real and {2}.real < {3}.real) else {3})"
    ),
    "_sign_times": "({1} if {0}.real > 0.0 else -{1} if {0}.real < 0.0 else magnitude({1}))",
    "_power_log": (
        "(0j if {0}.real == 0.0 and {1}.real > 0.0 else power({0}, {1}) * logarithm({0}))"
    ),
    "_scaled": "({0} * {1} if {0} != 0.0 else 0j)",
}
_FUNCTIONS = {
    "exp": "exponential",
    "log": "logarithm",
    "sqrt": "root",
    "tanh": "tangent",
    "abs": "magnitude",
}


def dual_module_text(
    rates: Sequence[Expression],
    gradients: Sequence[Mapping[str, Expression]],
    species: Sequence[str],
    parameters: Sequence[str],
) -> str:
    """Return the module with `rates_block` and `jacobian_block` of complex128."""
    size = len(rates) * len(species)
    blocks = {
        "rates_block": (dict(enumerate(rates)), len(rates)),
        "jacobian_block": (slope_rows(gradients, species), size),
    }
    texts = [
        function_text(name, rows, number, species, parameters, kind=DualWriter)
        for name, (rows, number) in blocks.items()
    ]
    return "\n\n".join([_HEADER, *texts])


@dataclass
class DualWriter(Writer):
    """Writes trees for complex numbers that are dual ones; a number is one without a slope."""

    def text(self, tree: Expression, depth: int = 0, plain: bool = False) -> str:
        """Return the value of `tree` as text, a plain name or number where `plain`."""
        if isinstance(tree, Number):
            return f"complex({tree.value!r})"
        return super().text(tree, depth, plain)

    def formula(self, tree: Expression, depth: int) -> str:
        """Return `tree` written out, its parts as `text` has them."""
        inner = depth + 1
        match tree:
            case Binary("/", left, right):
                return f"quotient({self.text(left, inner)}, {self.text(right, inner)})"
            case Call(function, arguments) if function in _CHOICES:
                return _CHOICES[function].format(*(self.text(a, 0, plain=True) for a in arguments))
            case Call(function, (argument,)):
                return f"{_FUNCTIONS[function]}({self.text(argument, inner)})"
        return super().formula(tree, depth)

    def power(self, base: Expression, exponent: Expression, depth: int) -> str:
        """Return a power."""
        return f"power({self.text(base, depth)}, {self.text(exponent, depth)})"

"""Exact derivatives of rate expressions: sympy differentiates what the parsed tree says.

Names, numbers and constant parts go to sympy as symbols of ours, never as text. The result is
a tree of the grammar's nodes again, with four more functions that no text can call (`SLOPES`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sympy

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.derivative_functions import BACK, PLAIN, Power
from cartflow.kinetics.expressions.grammar import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    names,
)

# What a derivative may call beyond the grammar's functions, with the number of arguments.
SLOPES: dict[str, int] = {
    "_larger": 4,
    "_smaller": 4,
    "_sign_times": 2,
    "_power_log": 2,
    "_scaled": 2,
}
_LARGEST_INTEGER_POWER = 64


@lru_cache(maxsize=4096)
def gradient(expression: Expression, species: tuple[str, ...]) -> dict[str, Expression]:
    """Return the derivative of `expression` to each species that it holds.

    At a kink of min, max and abs it is the one towards more of that species. Where ``x^a`` has
    a finite derivative at x = 0 so has the result, also inside a product.
    """
    translation = _Translation(species)
    whole = translation.there(expression)
    result = {}
    for name in species:
        if name in names(expression):
            slope = sympy.diff(whole, translation.symbol(Name(name)))
            result[name] = translation.back(slope)
    return {name: tree for name, tree in result.items() if tree != Number(0.0)}


class _Translation:
    """Trees to sympy and back; what holds no species, numbers too, is one symbol."""

    def __init__(self, species: tuple[str, ...]) -> None:
        self.species = frozenset(species)
        self.symbols: dict[Expression, Any] = {}
        self.trees: dict[Any, Expression] = {}

    def symbol(self, tree: Expression) -> Any:
        if tree not in self.symbols:
            self.symbols[tree] = sympy.Symbol(f"v{len(self.symbols)}")
            self.trees[self.symbols[tree]] = tree
        return self.symbols[tree]

    def there(self, tree: Expression) -> Any:
        if isinstance(tree, Name) or not names(tree) & self.species:
            return self.symbol(tree)
        match tree:
            case Negative(operand):
                return -self.there(operand)
            case Binary("^", base, exponent):
                return self.power(base, exponent)
            case Binary(sign, left, right):
                return _combine(sign, self.there(left), self.there(right))
            case Call("sqrt", (inner,)):
                return Power(self.there(inner), sympy.Rational(1, 2))
            case Call(function, arguments):
                if function not in PLAIN:
                    msg = f"'{function}' has no derivative here; run the model by cartflow simulate"
                    raise InputError(msg)
                return PLAIN[function](*map(self.there, arguments))
        raise AssertionError(tree)

    def power(self, base: Expression, exponent: Expression) -> Any:
        number = exponent.value if isinstance(exponent, Number) else 0.5
        if number.is_integer() and abs(number) <= _LARGEST_INTEGER_POWER:
            return self.there(base) ** sympy.Integer(int(number))
        return Power(self.there(base), self.there(exponent))

    def back(self, found: Any) -> Expression:
        if found not in self.trees:
            self.trees[found] = self.made(found)
        return self.trees[found]

    def made(self, found: Any) -> Expression:
        if found.is_Number or found is sympy.zoo:
            return _number(found)
        if found.is_Add:
            return _folded("+", [self.back(term) for term in found.args])
        if isinstance(found, Power):
            return Binary("^", self.back(found.args[0]), self.back(found.args[1]))
        if found.is_Mul or found.is_Pow:
            return self.product(found)
        return Call(BACK[found.func], tuple(map(self.back, found.args)))

    def product(self, found: Any) -> Expression:
        """Return a product, its constants first; a factor of zero wins over an infinite power."""
        factors = self.merged(_factors(found))
        constant = {f: n for f, n in factors.items() if not self.holds_species(f)}
        rest = {f: n for f, n in factors.items() if f not in constant}
        powers = {f: n for f, n in rest.items() if isinstance(f, Power)}
        if powers and len(factors) > len(powers):
            others = {f: n for f, n in factors.items() if f not in powers}
            return Call("_scaled", (self.quotient(others), self.quotient(powers)))
        if not constant or not rest:
            return self.quotient(factors)
        return Binary("*", self.quotient(constant), self.quotient(rest))

    def quotient(self, factors: dict[Any, int]) -> Expression:
        above = [_raised(self.back(f), n) for f, n in factors.items() if n > 0]
        below = [_raised(self.back(f), -n) for f, n in factors.items() if n < 0]
        result = _folded("*", above) if above else Number(1.0)
        return Binary("/", result, _folded("*", below)) if below else result

    def merged(self, factors: dict[Any, int]) -> dict[Any, int]:
        """Return the factors with ``x (c x)^a`` as ``(c x)^(a+1)/c``, and equal bases as one.

        So no power with a negative exponent is left beside the zero that would cancel it.
        """
        roots: dict[Any, Any] = {}
        for factor in [f for f in factors if isinstance(f, Power)]:
            base, exponent = factor.args
            roots[base] = roots.get(base, 0) + exponent * factors.pop(factor)
        for base, exponent in roots.items():
            inner = _factors(base)
            held = [factors.get(f, 0) // n for f, n in inner.items() if self.holds_species(f)]
            number = max(min(held, default=0), 0)
            for factor, times in inner.items():
                factors[factor] = factors.get(factor, 0) - number * times
            whole = Power(base, exponent + number)
            factors[whole] = factors.get(whole, 0) + 1
        return {factor: number for factor, number in factors.items() if number != 0}

    def holds_species(self, found: Any) -> bool:
        return bool(names(self.back(found)) & self.species)


def _combine(sign: str, left: Any, right: Any) -> Any:
    if sign in "+-":
        return left + right if sign == "+" else left - right
    return left * right if sign == "*" else left / right


def _factors(found: Any) -> dict[Any, int]:
    powers: dict[Any, int] = {}
    for factor in sympy.Mul.make_args(found):
        base, exponent = (factor.base, int(factor.exp)) if factor.is_Pow else (factor, 1)
        powers[base] = powers.get(base, 0) + exponent
    return powers


def _raised(tree: Expression, exponent: int) -> Expression:
    return tree if exponent == 1 else Binary("^", tree, Number(float(exponent)))


def _number(found: Any) -> Expression:
    if not found.is_finite:
        return Number(float("nan"))
    try:
        value = float(found)
    except OverflowError:
        value = float("inf") if found > 0 else float("-inf")
    return Number(value) if value >= 0 else Negative(Number(-value))


def _folded(sign: str, parts: Sequence[Expression]) -> Expression:
    """Return ``a sign b sign ...``, of logarithmic height."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Binary(sign, _folded(sign, parts[:middle]), _folded(sign, parts[middle:]))

"""The functions that sympy differentiates, each with the derivative that rates need.

Sympy's own would simplify what must stay as it is: at zeros, kinks and infinities.
"""

from __future__ import annotations

from typing import Any

import sympy


class Exp(sympy.Function):
    """``e^u``."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative to an argument."""
        return self


class Log(sympy.Function):
    """``log u``."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative to an argument."""
        return 1 / self.args[0]


class Tanh(sympy.Function):
    """``tanh u``."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative to an argument."""
        return 1 - self**2


class PowerLog(sympy.Function):
    """``u^v log u``: the derivative of a power to its exponent, zero at u = 0 < v."""


class Power(sympy.Function):
    """A power that sympy leaves alone: its own derivative of ``x^a`` is ``a x^a/x``."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative to an argument."""
        base, exponent = self.args
        if argindex == 1:
            return exponent * Power(base, exponent - 1)
        return PowerLog(base, exponent)


class Larger(sympy.Function):
    """``(u, v, u', v')``: u' where u > v, v' where v > u, the larger of the two where equal."""


class Smaller(sympy.Function):
    """``(u, v, u', v')``: u' where u < v, v' where v < u, the smaller of the two where equal."""


class SignTimes(sympy.Function):
    """``(u, u')``: u' where u > 0, -u' where u < 0, the magnitude of u' at zero."""


class Abs(sympy.Function):
    """``|u|``, whose derivative is a `SignTimes`."""

    def _eval_derivative(self, symbol: Any) -> Any:
        slope = self.args[0].diff(symbol)
        return SignTimes(self.args[0], slope) if slope != 0 else slope


class Max(sympy.Function):
    """The larger of two, whose derivative is a `Larger`."""

    def _eval_derivative(self, symbol: Any) -> Any:
        return _slope_of_choice(Larger, self.args, symbol)


class Min(sympy.Function):
    """The smaller of two, whose derivative is a `Smaller`."""

    def _eval_derivative(self, symbol: Any) -> Any:
        return _slope_of_choice(Smaller, self.args, symbol)


def _slope_of_choice(choice: Any, arguments: tuple[Any, ...], symbol: Any) -> Any:
    slopes = [argument.diff(symbol) for argument in arguments]
    return slopes[0] if slopes[0] == slopes[1] else choice(*arguments, *slopes)


# The grammar's functions, and all functions by the name that calls them.
PLAIN = {"exp": Exp, "log": Log, "tanh": Tanh, "abs": Abs, "max": Max, "min": Min}
BACK = {
    Exp: "exp",
    Log: "log",
    Tanh: "tanh",
    Max: "max",
    Min: "min",
    Larger: "_larger",
    Smaller: "_smaller",
    Abs: "abs",
    SignTimes: "_sign_times",
    PowerLog: "_power_log",
}

"""How matrix and porosity slow diffusion: named laws for the tortuosity.

Each law gives the tortuosity lambda of the pore space, so that the diffusivity in the pore
fluid is D0 / lambda^2 and the superficial one is porosity x D0 / lambda^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from cartflow.core.outcome import InputError, require_known

Array = np.ndarray

LawName = Literal[
    "measured", "maxwell", "bruggeman", "archie", "weissberg", "millington_quirk", "mackie_meares"
]

LAWS: tuple[str, ...] = get_args(LawName)


def maxwell(porosity: Array) -> Array:
    """Impermeable spheres in a fluid: lambda^2 = (3 - eps) / 2 (Maxwell 1873)."""
    return np.sqrt((3.0 - porosity) / 2.0)


def bruggeman(porosity: Array) -> Array:
    """Spheres of all sizes: D_eff/D0 = eps^1.5, so lambda^2 = eps^-0.5 (Bruggeman 1935)."""
    return porosity**-0.25


def archie(porosity: Array, exponent: float) -> Array:
    """Cemented grains: D_eff/D0 = eps^m, so lambda^2 = eps^(1-m) (Archie 1942).

    Brain, (eps, lambda) = (0.20, 1.6), gives m = 1.58; other tissues need their own m.
    """
    return porosity ** ((1.0 - exponent) / 2.0)


def archie_exponent(porosity: float, tortuosity: float) -> float:
    """Return the m with which Archie's law passes through one measured pair."""
    return float(1.0 - 2.0 * np.log(tortuosity) / np.log(porosity))


def weissberg(porosity: Array) -> Array:
    """Overlapping spheres, lower bound: lambda^2 = 1 - ln(eps)/2 (Weissberg 1963)."""
    return np.sqrt(1.0 - 0.5 * np.log(porosity))


def millington_quirk(porosity: Array) -> Array:
    """Saturated porous bed: D_eff/D0 = eps^(4/3), so lambda^2 = eps^(-1/3)."""
    return porosity ** (-1.0 / 6.0)


def mackie_meares(porosity: Array) -> Array:
    """Swollen gel: D*/D0 = (eps/(2-eps))^2, so lambda = (2-eps)/eps (Mackie and Meares 1955)."""
    return (2.0 - porosity) / porosity


_BY_POROSITY: dict[str, Callable[[Array], Array]] = {
    "maxwell": maxwell,
    "bruggeman": bruggeman,
    "weissberg": weissberg,
    "millington_quirk": millington_quirk,
    "mackie_meares": mackie_meares,
}


@dataclass(frozen=True, kw_only=True)
class Hindrance:
    """A law for the tortuosity, with the factor that the matrix adds: lambda = geometric x matrix.

    ``measured`` takes `tortuosity` as it is; ``archie`` needs its `exponent`; the others follow
    from the porosity alone. `matrix_tortuosity` multiplies the geometric one.
    """

    law: LawName = "measured"
    tortuosity: float = 1.0
    exponent: float = 1.5
    matrix_tortuosity: float = 1.0

    def __post_init__(self) -> None:
        require_known(self.law, LAWS, "hindrance law")
        for name in ("tortuosity", "matrix_tortuosity", "exponent"):
            if not getattr(self, name) >= 1.0:
                msg = f"hindrance: {name} {getattr(self, name):g} is below 1"
                raise InputError(msg)

    def tortuosity_at(self, porosity: Array) -> Array:
        """Return lambda for each porosity in (0, 1]."""
        eps = np.asarray(porosity, dtype=float)
        if self.law == "measured":
            geometric = np.full_like(eps, self.tortuosity)
        elif self.law == "archie":
            geometric = archie(eps, self.exponent)
        else:
            geometric = _BY_POROSITY[self.law](eps)
        return geometric * self.matrix_tortuosity

    def factor(self, porosity: Array) -> Array:
        """Return D*/D0 = 1/lambda^2."""
        return self.tortuosity_at(porosity) ** -2.0

"""The laws of hindrance written down again, as D*/D0 in the fluid of the pores."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np

from cartflow.pde.hindrance import Hindrance, LawName, archie, archie_exponent

Array = np.ndarray

BRAIN = (0.20, 1.6)
MATRIX = 1.3  # a factor of the matrix on the tortuosity
POROSITIES = np.linspace(0.02, 1.0, 50)
# Pairs of porosity and tortuosity over the range that tissues can have.
PAIRS = [(eps, lam) for eps in (0.05, 0.1, 0.2, 0.3, 0.5, 0.8) for lam in (1.05, 1.3, 1.6, 2.0)]

FORMULAS: dict[LawName, Callable[[Array], Array]] = {
    "measured": lambda eps: np.full_like(eps, 1.0 / BRAIN[1] ** 2),
    "maxwell": lambda eps: 2.0 / (3.0 - eps),
    "bruggeman": np.sqrt,
    "archie": lambda eps: eps ** (archie_exponent(*BRAIN) - 1.0),
    "weissberg": lambda eps: 1.0 / (1.0 - 0.5 * np.log(eps)),
    "millington_quirk": np.cbrt,
    "mackie_meares": lambda eps: (eps / (2.0 - eps)) ** 2,
}


def hindrance(law: LawName, matrix: float = 1.0) -> Hindrance:
    """Return a law as the package has it, with brain's numbers where it needs numbers."""
    exponent = archie_exponent(*BRAIN)
    return Hindrance(law=law, tortuosity=BRAIN[1], exponent=exponent, matrix_tortuosity=matrix)


def deviation(law: LawName) -> float:
    """Return the largest relative deviation of the package's factor from the formula."""
    exact = FORMULAS[law](POROSITIES)
    plain = hindrance(law).factor(POROSITIES) / exact
    with_matrix = hindrance(law, MATRIX).factor(POROSITIES) / (exact / MATRIX**2)
    return float(max(np.abs(plain - 1.0).max(), np.abs(with_matrix - 1.0).max()))


def open_limits() -> Array:
    """Return each law's factor in tissue that is all pore; a measured tortuosity of 1 as well."""
    laws = [hindrance(law) for law in get_args(LawName) if law != "measured"]
    return np.array([float(law.factor(np.array(1.0))) for law in (*laws, Hindrance())])


def pairs_met() -> float:
    """Return the largest relative miss of Archie's law through each pair with the pair's own m."""
    misses = [archie(np.array(eps), archie_exponent(eps, lam)) / lam - 1.0 for eps, lam in PAIRS]
    return float(np.max(np.abs(misses)))


def brain_misses() -> float:
    """Return how far off brain's m is for the other pairs, at worst, in tortuosity."""
    exponent = archie_exponent(*BRAIN)
    misses = [archie(np.array(eps), exponent) / lam - 1.0 for eps, lam in PAIRS]
    return float(np.max(np.abs(misses)))

"""How large a protein is, and how fast it passes the pores of vessel walls and kidneys."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cartflow.pbpk.circulation.solutes import Protein


def radius(molar_mass: float) -> float:
    """Return the radius (nm) of a protein of some molar mass (g/mol): liu2024.

    a = 0.5614 M^(1/3) + 0.09611 M^(2/3), M in kg/mol
    """
    mass = molar_mass / 1000.0
    return float(0.5614 * mass ** (1 / 3) + 0.09611 * mass ** (2 / 3))


def sieved(radius: float) -> float:
    """Return the share of a protein of some radius (nm) that the glomerulus lets through: sepp2015.

    theta = (1 + (a/2.95)^7.11)^-3.8
    """
    return float((1.0 + (radius / 2.95) ** 7.11) ** -3.8)


_MM_PER_NM = 1e-6


@dataclass(frozen=True, kw_only=True)
class Passing:
    """What passes vessel walls per lymph flow: `convected` out, and `diffused` either way."""

    convected: float
    diffused: float


def passing(protein: Protein) -> Passing:
    """Return what of a protein passes through large and small pores, per lymph flow L.

    J_L = (x + a_L) L, J_S = (a_S - x) L; in each kind of pore PS Pe/(e^Pe - 1) (C_v - C_i) +
    J (1 - s) C_v, with Pe = J (1 - s)/PS and PS = X (A/A0) a L/(radius r^2). liu2024, after
    sepp2015.
    """
    dalton = protein.molar_mass.value
    size = radius(dalton) * _MM_PER_NM
    x, large, small = (
        each.value
        for each in (protein.circular_flow, protein.conductance_large, protein.conductance_small)
    )
    open_large = 0.3429 * math.exp(-1.2175e-4 * dalton) + 0.6571 * math.exp(-4.21e-6 * dalton)
    open_small = 0.2353 * math.exp(-8.295e-5 * dalton) + 0.7648 * math.exp(-5.3095e-4 * dalton)
    convected = diffused = 0.0
    for flow, share, area, wide, kept in (
        (large + x, large, open_large, protein.radius_large.value, reflected_large(dalton)),
        (small - x, small, open_small, protein.radius_small.value, reflected_small(dalton)),
    ):
        through = protein.permeability.value * area * share / (size * wide**2)
        drawn = flow * (1.0 - kept)
        convected += drawn
        peclet = drawn / through
        # Where nothing diffuses against the flow, expm1 would overflow.
        diffused += through * peclet / math.expm1(peclet) if 0 < peclet < 500 else 0.0
    return Passing(convected=convected, diffused=diffused)


def reflected_large(dalton: float) -> float:
    """Return the reflection coefficient of large pores, at most 1: 3.5e-5 M^0.717."""
    return float(min(1.0, 3.5e-5 * dalton**0.717))


def reflected_small(dalton: float) -> float:
    """Return the reflection coefficient of small pores: 1 - 0.8489 exp(-4e-5 M)."""
    return 1.0 - 0.8489 * math.exp(-4.0e-5 * dalton)

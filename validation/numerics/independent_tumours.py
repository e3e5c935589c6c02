"""The right-hand sides of the two studies that are solved again, written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cartflow.validation.numerics.lines import Row, between

Array = np.ndarray

_DAY = 86400.0
_CELL_MOTILITY_BALL = 4e-6 * 1440.0  # 4 um2/min
_CHEMOKINE = 1e-4 * _DAY  # 100 um2/s
_ENZYME = 1e-5 * _DAY  # 10 um2/s
_POROSITY, _OPEN, _TORTUOSITY = 0.2, 0.4, 1.6


def ball_tumour(row: Row, numbers: Mapping[str, float]) -> Callable[[Array], Array]:
    """Return the change of CAR T cells, tumour cells and chemokine (ng per mm3 of tissue)."""
    chi, saturation = 20.0, 2e-2
    spread = _CHEMOKINE / _TORTUOSITY**2
    half = 0.5 * (row.edges[-1] - row.edges[-2])

    def change(u: Array) -> Array:
        cart, tumour, amount = u
        c = amount / _POROSITY
        du = _predator_prey(cart, tumour, numbers)
        speed = chi * between((1.0 + c / saturation) ** -2) * row.slope(c)
        flux = -_CELL_MOTILITY_BALL * row.slope(cart) + speed * between(cart)
        secreted = numbers["chemokine_secretion_rate"] * tumour
        decayed = numbers["chemokine_decay_rate"] * amount
        dc = row.spread(-_POROSITY * spread * row.slope(c)) + secreted - decayed
        # The rim holds 0, half a cell away.
        dc[-1] -= row.areas[-1] / row.volumes[-1] * _POROSITY * spread * c[-1] / half
        return np.array([du[0] + row.spread(flux), du[1], dc])

    return change


def slab_tumour(row: Row, numbers: Mapping[str, float]) -> Callable[[Array], Array]:
    """Return the change of CAR T cells, tumour cells, enzyme (ng per mm3 of tissue) and matrix."""
    film, outside = 0.05, 20.0
    half = 0.5 * (row.edges[1] - row.edges[0])

    def change(u: Array) -> Array:
        cart, tumour, amount, matrix = u
        porosity = _OPEN - (_OPEN - _POROSITY) * matrix
        c = amount / porosity
        du = _predator_prey(cart, tumour, numbers)
        # Maxwell's 2/(3 - eps) for cells, fourfold where the matrix is gone.
        motility = 0.02 * 2.0 / (3.0 - porosity) * 4.0 ** (1.0 - matrix)
        du[0] += row.spread(-between(motility) * row.slope(cart))
        # The face at the right: half a cell and the film in series.
        series = 1.0 / (half / motility[-1] + 1.0 / film)
        du[0][-1] += series * (outside - cart[-1]) / row.volumes[-1]
        # Archie: eps D0/lambda^2 = eps^m D0.
        spread = _ENZYME * porosity**1.58
        dc = row.spread(-between(spread) * row.slope(c))
        dc[0] -= spread[0] * c[0] / half / row.volumes[0]
        dc += numbers["enzyme_secretion_rate"] * cart - numbers["enzyme_decay_rate"] * amount
        return np.array([*du, dc, -numbers["degradation_constant"] * c * matrix])

    return change


def _predator_prey(cart: Array, tumour: Array, n: Mapping[str, float]) -> list[Array]:
    contact = cart * tumour / (n["half_saturation"] + tumour)
    growth = n["growth_rate"] * tumour * (1.0 - tumour / n["carrying_capacity"])
    return [
        n["proliferation_rate"] * contact - n["death_rate"] * cart,
        growth - n["killing_rate"] * contact,
    ]

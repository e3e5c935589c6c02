"""Melanoma spheroids: a nutrient that is used up predicts how far growth is inhibited.

In a ball of radius R a nutrient diffuses in and is taken up at the rate q c/(c + K), so that it
is used up at the centre of a ball of the radius Rd = sqrt(6 D c0/q). Growth is inhibited where
c < f c0. Fitted are Rd and f, on the smaller half of the spheroids; the larger half is predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import least_squares

from cartflow.core.parameters import parameter
from cartflow.coupling.alone import evolve
from cartflow.geometries.shapes.ball import ball
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import FixedValue
from cartflow.validation.measurements import data as measured_data
from cartflow.validation.problems import cells_problem, engine_of

Array = np.ndarray

_SHELLS = 200
_HALF_SATURATION = 0.01  # of the nutrient outside; uptake is all but constant
_RATIOS = np.linspace(0.2, 2.6, 49)  # R/Rd
_FRACTIONS = np.linspace(0.02, 0.98, 49)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spheroids:
    """Outer and inhibited radii (mm), one entry a spheroid."""

    outer: Array
    inhibited: Array

    @property
    def small(self) -> Array:
        """Which of them are fitted: the smaller half."""
        return np.asarray(self.outer < np.median(self.outer))


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """The radius `reach` (mm) and the `fraction` that fit, and what they give each spheroid."""

    spheroids: Spheroids
    reach: float
    fraction: float
    predicted: Array

    def error(self, which: Array) -> float:
        """Return the root mean square error of the inhibited radius over its mean."""
        gap = (self.predicted - self.spheroids.inhibited)[which]
        return float(np.sqrt(np.mean(gap**2)) / np.mean(self.spheroids.inhibited[which]))

    def bias(self, which: Array) -> float:
        """Return the mean predicted inhibited radius over the mean measured one."""
        measured = np.mean(self.spheroids.inhibited[which])
        return float(np.mean(self.predicted[which]) / measured)


def read_spheroids(path: Path) -> Spheroids:
    """Return the spheroids of a confocal table with columns R (um) and phi."""
    table = measured_data.rows(path)
    share = next(name for name in table[0] if name in {"phi", "\N{GREEK PHI SYMBOL}"})
    outer = np.array([1e-3 * float(row["R"]) for row in table])
    return Spheroids(outer=outer, inhibited=outer * [float(row[share]) for row in table])


def nutrient(ratio: float) -> tuple[Array, Array]:
    """Return r/R at cell centres and c/c0, steady, in a ball of `ratio` times Rd."""
    network = Network(
        name="uptake",
        species=(Species(name="nutrient", role="solute", unit="ng/mm^3"),),
        parameters={
            "q": parameter("6 ng/mm^3/day", "ng/mm^3/day", source="assumed"),
            "half": parameter(f"{_HALF_SATURATION} ng/mm^3", "ng/mm^3", source="assumed"),
        },
        reactions=(
            Reaction(name="uptake", consumes={"nutrient": 1}, rate="q*nutrient/(nutrient + half)"),
        ),
    )
    geometry = ball(ratio, _SHELLS)
    problem = cells_problem(geometry, network, 1.0, boundaries={"rim": FixedValue(value=1.0)})
    start, end = np.ones((1, _SHELLS)), 4.0 * max(ratio, 0.5) ** 2
    state = evolve(engine_of("fast", problem), start, (0.0, end), tolerance=1e-4).states[-1]
    return geometry.centres[:, 0] / ratio, state[0]


def inhibited_table() -> RegularGridInterpolator:
    """Return the inhibited share of the radius over R/Rd and the fraction f."""
    shares = []
    for ratio in _RATIOS:
        r, c = nutrient(float(ratio))
        # From the centre outwards c rises; below its least value nothing is inhibited.
        r, c = np.append(r, 1.0), np.append(c, 1.0)
        rising = np.maximum.accumulate(c) + 1e-12 * np.arange(c.size)
        shares.append(np.interp(_FRACTIONS, rising, r, left=0.0))
    return RegularGridInterpolator((_RATIOS, _FRACTIONS), np.array(shares), bounds_error=True)


def fitted(spheroids: Spheroids) -> Fit:
    """Return the least-squares fit of the inhibited radii of the small spheroids."""
    table = inhibited_table()

    def predicted(unknowns: Array, outer: Array) -> Array:
        reach, fraction = unknowns
        ratio = np.clip(outer / reach, _RATIOS[0], _RATIOS[-1])
        return np.asarray(outer * table(np.stack([ratio, np.full(ratio.size, fraction)], axis=1)))

    small = spheroids.small

    def residuals(unknowns: Array) -> Array:
        return predicted(unknowns, spheroids.outer[small]) - spheroids.inhibited[small]

    found = least_squares(
        residuals, (0.3, 0.5), bounds=((0.15, 0.05), (0.8, 0.95)), x_scale=(0.1, 0.2)
    )
    reach, fraction = found.x.tolist()
    return Fit(
        spheroids=spheroids,
        reach=reach,
        fraction=fraction,
        predicted=predicted(found.x, spheroids.outer),
    )

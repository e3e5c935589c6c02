"""When, and how deep in a tumour, a study's courses are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.derivatives.outcomes import Course, Sizes, Stacked
from cartflow.core.outcome import InputError
from cartflow.kinetics.species import Species

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Wanted `times` (days), rising, and `depths` (mm) of each, nan for what is of the whole."""

    times: Array
    depths: Array

    def places(self, saved: Array) -> Array:
        """Return where each wanted time was saved."""
        right = np.clip(np.searchsorted(saved, self.times), 1, len(saved) - 1)
        nearer = np.abs(saved[right - 1] - self.times) < np.abs(saved[right] - self.times)
        return np.where(nearer, right - 1, right)

    def of(self, saved: Array, courses: Mapping[str, Course]) -> dict[str, Array]:
        """Return courses, known at the `saved` times, at the moments."""
        here = self.places(saved)
        return {name: course.values[here] for name, course in courses.items()}

    def fields(
        self,
        saved: Array,
        states: Stacked,
        sizes: Sizes,
        species: Sequence[Species],
        stretches: Array,
    ) -> dict[str, Array]:
        """Return each species' field at the depth of each moment, ``field_NAME``.

        Between the centres of two mesh cells it is a straight line, of dual numbers too; above
        the first and below the last centre it has the value there. Without a depth it is nan.
        """
        found = {
            name: np.full(len(self.times), np.nan + 0.0 * states.tumour.flat[0])
            for name in profile_names(species)
        }
        order, here = np.argsort(sizes.depth.real), self.places(saved)
        for moment in np.flatnonzero(np.isfinite(self.depths)):
            centres = (sizes.depth * stretches[here[moment]])[order]
            field = states.tumour[here[moment]][:, order]
            values = _between(centres, field, float(self.depths[moment]))
            for name, value in zip(found, values, strict=True):
                found[name][moment] = value
        return found


def profile_names(species: Sequence[Species]) -> list[str]:
    """Return what fields by depth are called."""
    return [f"field_{each.name}" for each in species]


def moments_of(times: Array, depths: Array | None) -> Moments:
    """Return moments, none of which has a depth unless `depths` are given."""
    return Moments(times=times, depths=np.full(len(times), np.nan) if depths is None else depths)


def require_depths(moments: Moments, deepest: float, depth: Array) -> None:
    """Raise `InputError` for depths that no place of the tumour has, or more than one.

    `depth` (cells,) are the depths of mesh cells, `deepest` how far down the tumour goes.
    """
    wanted = moments.depths[np.isfinite(moments.depths)]
    if not wanted.size:
        return
    if len(np.unique(np.round(depth, 12))) < len(depth):
        raise InputError("depth: several places of this tumour are as deep; it needs a line")
    if wanted.max() > deepest:
        msg = f"depth: {wanted.max():.6g} mm; the tumour is {deepest:.6g} mm deep"
        raise InputError(msg)


def _between(centres: Array, field: Array, depth: float) -> Array:
    """Return the field (species,) at a depth between rising `centres` (cells,)."""
    after = int(np.clip(np.searchsorted(centres.real, depth), 1, max(len(centres) - 1, 1)))
    if len(centres) == 1 or not centres[0].real < depth < centres[-1].real:
        return np.asarray(field[:, 0 if depth <= centres[0].real else -1])
    share = (depth - centres[after - 1]) / (centres[after] - centres[after - 1])
    return np.asarray(field[:, after - 1] + share * (field[:, after] - field[:, after - 1]))

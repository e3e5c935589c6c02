"""Diffusion through faces that lie obliquely between two cells, and values carried through them."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.connectivity import Connectivity, Oblique

Array = np.ndarray

# What the gradient along a face may take from a cell, in units of what diffusion over the
# distance of the centres would take were the other cell empty.
MOST = 2.0


def kept_nonnegative(added: Array, values: Array, faces: Connectivity) -> Array:
    """Return the differences that are `added` at faces, none so large that it empties a cell.

    The flux is -conductance x (neighbour - owner + added): where `added` takes from a cell, it is
    at most twice that cell's value, so that it vanishes with it, and no field passes below zero.
    """
    room = MOST * np.maximum(values, 0.0)
    return np.asarray(np.clip(added, -room[faces.owner], room[faces.neighbour]))


def upwind_values(values: Array, forth: Array, faces: Connectivity, oblique: Oblique) -> Array:
    """Return the values at faces from the upwind side, with limited slopes.

    `forth` says where it flows from owner to neighbour. The slope behind the upwind cell follows
    from its gradient: that over twice the way to the next cell, less the slope on that way.
    """
    near = np.where(forth, faces.owner, faces.neighbour)
    beyond = np.where(forth, faces.neighbour, faces.owner)
    along = np.einsum("df,fd->f", oblique.gradients(values)[:, near], oblique.apart)
    after = values[beyond] - values[near]
    before = np.minimum(2.0 * np.where(forth, along, -along) - after, values[near])
    return np.asarray(values[near] + limited_slope(before, after))


def limited_slope(before: Array, after: Array) -> Array:
    """Return a^2 b^2 / (|a|^3 + |b|^3) with the sign of both slopes, 0 where they have none."""
    gentler = np.minimum(np.abs(before), np.abs(after))
    steeper = np.maximum(np.abs(before), np.abs(after))
    rising = before * after > 0.0
    ratio = np.divide(gentler, steeper, out=np.zeros_like(steeper), where=rising)
    return np.asarray(np.sign(before) * steeper * ratio**2 / (1.0 + ratio**3))

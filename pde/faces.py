"""Values at faces from values in cells, over the interior faces of a mesh."""

from __future__ import annotations

import numpy as np

from cartflow.geometries.connectivity import Connectivity

Array = np.ndarray


def harmonic(values: Array, faces: Connectivity) -> Array:
    """Distance-weighted harmonic mean: exact for the steady flux through two layers.

    d / (d_o/D_o + d_n/D_n); zero where either side is zero.
    """
    own, other = values[faces.owner], values[faces.neighbour]
    resistance = faces.owner_distance * other + faces.neighbour_distance * own
    distance = faces.owner_distance + faces.neighbour_distance
    product = distance * own * other
    return np.divide(product, resistance, out=np.zeros_like(product), where=resistance > 0)


def arithmetic(values: Array, faces: Connectivity) -> Array:
    """Linear interpolation to the face: for a diffusivity that depends on the unknown itself.

    A harmonic mean is zero beside an empty cell, and a front would never move.
    """
    distance = faces.owner_distance + faces.neighbour_distance
    own, other = values[faces.owner], values[faces.neighbour]
    return (faces.neighbour_distance * own + faces.owner_distance * other) / distance


def gradient(values: Array, faces: Connectivity) -> Array:
    """Return the normal gradient from owner to neighbour, per mm."""
    distance = faces.owner_distance + faces.neighbour_distance
    return faces.differences(values) / distance

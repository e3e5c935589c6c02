"""Which mesh cells touch, through how much area, at what distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Hanging:
    """What faces onto narrower cells add to a `Connectivity`, one entry a face (or pair of cells).

    `conductances` (mm) are what passes a day per unit of difference at a diffusivity of 1;
    `joined` numbers the wide cell's face that a face is part of, -1 elsewhere, and `sign` is -1
    where the owner lies ahead along the axis. In one of `slots` no cell owns or neighbours two
    faces; 0 to 2 hold faces along one axis each. Pairs that share no face have an area of zero.
    """

    conductances: Floats
    joined: Ints
    sign: Ints
    slots: Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Oblique:
    """What the gradient along a face adds where the line of centres is not normal to it.

    `to_vertices` (vertices, cells) makes values at the mesh's vertices of those in cells, `along`
    (faces, vertices) of these what they add to the difference of the two cells, and `slopes`
    (d cells, vertices) gradients in cells, per mm. `apart` (faces, d), mm, goes from owner to
    neighbour.
    """

    to_vertices: csr_array
    along: csr_array
    slopes: csr_array
    apart: Floats

    def added(self, values: Floats) -> Floats:
        """Return what is added to the differences (faces,) of `values` in cells."""
        return np.asarray(self.along @ (self.to_vertices @ values))

    def gradients(self, values: Floats) -> Floats:
        """Return the gradients (d, cells) of `values` in cells, per mm."""
        found = self.slopes @ (self.to_vertices @ values)
        return np.asarray(found).reshape(self.apart.shape[1], -1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Connectivity:
    """The interior faces of a mesh; every array has one entry for each of them.

    A flux counts as positive from `owner` to `neighbour`; areas in mm2, distances from
    cell centre to face in mm, along its normal; `faces` are FiPy's face numbers. Where cells have
    unlike widths, `hanging` says more, and where faces lie obliquely `oblique`.
    """

    faces: Ints
    owner: Ints
    neighbour: Ints
    areas: Floats
    owner_distance: Floats
    neighbour_distance: Floats
    hanging: Hanging | None = None
    oblique: Oblique | None = None

    @property
    def conductances(self) -> Floats:
        """What passes each face a day per unit of difference at a diffusivity of 1, mm."""
        if self.hanging is not None:
            return self.hanging.conductances
        return self.areas / (self.owner_distance + self.neighbour_distance)

    def differences(self, values: Floats) -> Floats:
        """Return neighbour less owner, at a wide cell's face the mean over its narrow ones.

        Where faces lie obliquely, it is the slope along the normal times the distance.
        """
        found = np.asarray(values[self.neighbour] - values[self.owner])
        if self.oblique is not None:
            return found + self.oblique.added(values)
        if self.hanging is None or not (self.hanging.joined >= 0).any():
            return found
        parts = np.flatnonzero(self.hanging.joined >= 0)
        group, areas = self.hanging.joined[parts], self.areas[parts]
        sign = self.hanging.sign[parts]
        mean = np.bincount(group, sign * found[parts] * areas) / np.bincount(group, areas)
        found[parts] = sign * mean[group]
        return found


def read_connectivity(mesh: Any) -> Connectivity:
    """Return the interior faces of a FiPy mesh."""
    pairs = mesh.faceCellIDs
    faces = np.flatnonzero(~np.ma.getmaskarray(pairs[1]))
    owner, neighbour = (np.asarray(row[faces], dtype=np.int64) for row in pairs)
    face_centres = np.asarray(mesh.faceCenters)[:, faces]
    centres = np.asarray(mesh.cellCenters)
    return Connectivity(
        faces=faces,
        owner=owner,
        neighbour=neighbour,
        areas=np.array(np.broadcast_to(mesh._faceAreas, mesh.numberOfFaces)[faces], dtype=float),
        owner_distance=np.linalg.norm(face_centres - centres[:, owner], axis=0),
        neighbour_distance=np.linalg.norm(face_centres - centres[:, neighbour], axis=0),
    )

"""Which mesh cells touch, through how much area, at what distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Connectivity:
    """The interior faces of a mesh; every array has one entry for each of them.

    A flux counts as positive from `owner` to `neighbour`; areas in mm2, distances from
    cell centre to face in mm; `faces` are FiPy's face numbers.
    """

    faces: NDArray[np.int64]
    owner: NDArray[np.int64]
    neighbour: NDArray[np.int64]
    areas: NDArray[np.float64]
    owner_distance: NDArray[np.float64]
    neighbour_distance: NDArray[np.float64]


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

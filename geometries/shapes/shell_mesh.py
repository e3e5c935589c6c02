"""A one-dimensional FiPy mesh with given face areas and cell volumes.

FiPy's own spherical grids have wrong cell volumes, so the exact ones are handed in.
This module imports FiPy; import it only where a mesh is built.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.fipy_import import fipy

_Grid: Any = importlib.import_module(f"{fipy().__name__}.meshes.nonUniformGrid1D").NonUniformGrid1D


class ShellMesh(_Grid):
    """Cells between `edges` (n+1,) mm, with face `areas` (n+1,) mm2 and `volumes` (n,) mm3.

    Divergences and face gradients are right. FiPy's cell gradient (`CellVariable.grad`), and
    with it its VanLeer term, is wrong where the areas differ: by the theorem of Gauss it
    is ``dc/dr + 2 c/r`` in a ball.
    """

    def __init__(
        self,
        edges: NDArray[np.float64],
        areas: NDArray[np.float64],
        volumes: NDArray[np.float64],
    ) -> None:
        # FiPy's constructor asks for areas and volumes at once.
        self._start = edges[0]
        self._given_areas = areas
        self._given_volumes = volumes
        # serialComm: under MPI every process holds the whole mesh.
        super().__init__(dx=np.diff(edges), nx=volumes.size, communicator=fipy().serialComm)

    def _calcFaceCenters(self) -> Any:
        # FiPy's grids begin at 0, shells around a hole do not.
        return super()._calcFaceCenters() + self._start

    def _calcFaceAreas(self) -> NDArray[np.float64]:
        return self._given_areas.copy()

    def _calcCellVolumes(self) -> NDArray[np.float64]:
        return self._given_volumes.copy()

"""A mesh of tetrahedra, hexahedra, wedges and pyramids, or of triangles and quadrilaterals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.cell_kinds import KINDS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class CellMesh:
    """Cells with straight edges between `vertices` (vertices, 3), mm.

    `cells` (n, most) are each cell's vertices in the order of VTK, padded with -1; `kinds` (n,)
    VTK's numbers (see `KINDS`). `faces` (faces, most) are the vertices around each face, seen
    from its second cell, padded with -1; `face_cells` (faces, 2) the cells on both sides, -1
    outside. A plane mesh is `thickness` mm thick, and its faces are edges.
    """

    vertices: Floats
    cells: Ints
    kinds: Ints
    faces: Ints
    face_cells: Ints
    thickness: float | None = None

    @property
    def size(self) -> int:
        """The number of cells."""
        return int(self.kinds.size)

    @cached_property
    def inner(self) -> NDArray[np.bool_]:
        """Which faces lie between two cells."""
        return np.asarray(self.face_cells[:, 1] >= 0)

    def width_of(self, volume: float) -> float:
        """Return the width in mm of a cube, or in a plane of a square, of so many mm3."""
        if self.thickness is None:
            return float(volume ** (1 / 3))
        return float((volume / self.thickness) ** 0.5)

    @property
    def in_words(self) -> str:
        """How many cells there are of each kind."""
        counted = Counter(self.kinds.tolist())
        names = (f"{number} {KINDS[kind].plural}" for kind, number in counted.most_common())
        return ", ".join(names)

"""What the end of a step is judged by, on a line and on voxels: parts of their plans and rooms."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from cartflow.coupling.line.arrays import Body

Array = np.ndarray


class Holding(Protocol):
    """A mesh that holds so much of every species at density one, mm^3 (species, cells)."""

    @property
    def held(self) -> Array:
        """As it says."""


class System(Protocol):
    """A body and a tumour on any mesh."""

    @property
    def mesh(self) -> Holding:
        """The mesh."""

    @property
    def body(self) -> Body:
        """The body."""


class Ended(Protocol):
    """The new state, `u` (species, cells) and `body`, the stages, and each cell's neighbours."""

    @property
    def u(self) -> Array:
        """Densities."""

    @property
    def k(self) -> Array:
        """Stages of the tissue, the last of them its error."""

    @property
    def body(self) -> Array:
        """Cells in the compartments."""

    @property
    def kb(self) -> Array:
        """Stages of the body."""

    @property
    def ahead(self) -> Array:
        """Neighbours ahead."""

    @property
    def behind(self) -> Array:
        """Neighbours behind."""

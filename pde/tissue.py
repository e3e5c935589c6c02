"""The tissue that fields move in: its porosity, and how it follows the extracellular matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.pde.hindrance import Hindrance

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Tissue:
    """Porosity per mesh cell at matrix density 1, and `open_porosity` where the matrix is gone.

    porosity(ecm) = open - (open - porosity) ecm, with ecm the field named `matrix`.
    """

    porosity: Array
    hindrance: Hindrance
    open_porosity: float | None = None
    matrix: str | None = None

    def __post_init__(self) -> None:
        if not np.all((self.porosity > 0) & (self.porosity <= 1)):
            msg = f"tissue: porosity {np.min(self.porosity):g} is not within (0, 1]"
            raise InputError(msg)
        if self.open_porosity is not None and not 0 < self.open_porosity <= 1:
            msg = f"tissue: open_porosity {self.open_porosity:g} is not within (0, 1]"
            raise InputError(msg)

    def porosity_at(self, matrix_density: Array | None) -> Array:
        """Return the porosity per cell at the given matrix density (relative, 1 = intact)."""
        if self.open_porosity is None or matrix_density is None:
            return self.porosity
        opened = self.open_porosity - (self.open_porosity - self.porosity) * matrix_density
        return np.clip(opened, 1e-6, 1.0)

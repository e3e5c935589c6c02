"""Chemotaxis: the drift of cells up the gradient of an attractant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.connectivity import Connectivity
from cartflow.pde.faces import arithmetic, gradient

Array = np.ndarray

SensitivityLaw = Literal["linear", "logarithmic", "receptor"]


@dataclass(frozen=True, kw_only=True)
class Chemotaxis:
    """v = chi f(a) grad a, with |v| at a face never above `maximal_speed` (mm/day).

    ``linear`` f = 1 (chi in mm^5/ng/day); ``logarithmic`` f = 1/(a + K) (chi in mm^2/day);
    ``receptor`` f = 1/(1 + a/K)^2 (chi in mm^5/ng/day); K is `half_saturation` in ng/mm^3.
    """

    attractant: str
    law: SensitivityLaw
    sensitivity: float
    half_saturation: float = 0.0
    maximal_speed: float = np.inf

    def __post_init__(self) -> None:
        if self.law != "linear" and not self.half_saturation > 0:
            msg = f"chemotaxis: law '{self.law}' needs half_saturation > 0"
            raise InputError(msg)
        if not self.maximal_speed > 0:
            msg = f"chemotaxis: maximal_speed {self.maximal_speed:g} must be greater than 0"
            raise InputError(msg)

    def response(self, concentration: Array) -> Array:
        """Return f(a)."""
        if self.law == "logarithmic":
            return 1.0 / (concentration + self.half_saturation)
        if self.law == "receptor":
            return (1.0 + concentration / self.half_saturation) ** -2.0
        return np.ones_like(concentration)

    def face_velocity(self, concentration: Array, faces: Connectivity) -> Array:
        """Return the normal velocity from owner to neighbour at each interior face, mm/day."""
        slope = gradient(concentration, faces)
        response = arithmetic(self.response(concentration), faces)
        speed = self.sensitivity * response * slope
        return np.clip(speed, -self.maximal_speed, self.maximal_speed)

"""The units that the coordinates of a mesh file may be in."""

from typing import Literal

MeshUnit = Literal["um", "mm", "cm", "m"]
MM: dict[str, float] = {"um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}

"""A compartment of the organ network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Space = Literal["vascular", "tissue", "cavity", "endosome", ""]


@dataclass(frozen=True, kw_only=True)
class Compartment:
    """A place where cells are counted: its organ, its space and its volume in mm3.

    Vessels have the volume of the blood (or plasma) that carries cells, tissue its interstitial
    volume. A compartment that gathers what has left has neither organ nor space nor volume.
    """

    name: str
    organ: str = ""
    space: Space = ""
    volume: float = 0.0

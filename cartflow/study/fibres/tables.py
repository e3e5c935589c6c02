"""What a study may write where a diffusivity has directions: one table a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from cartflow.core.parameters import Parameter, Standing
from cartflow.core.tables import Table, quantity

Axes = Literal["world", "voxel", "fsl"]
Order = Literal["fsl", "mrtrix", "nifti"]
Factor = Annotated[Parameter, quantity("1", minimum=1)]
Exponent = Annotated[Parameter, quantity("1")]


class AlongTable(Table):
    """`along` fibres and `across` them, in one `direction` (x, y, z) or that of an image.

    `alignment`, from 0 to 1, to the power of `exponent` is the share of fibres that lie so.
    """

    along: Any
    across: Any
    direction: Any
    axes: Axes | None = None
    alignment: Any = None
    exponent: Exponent | None = None
    fill: Literal["isotropic"] | None = None


class TensorTable(Table):
    """The six components of an image, in its `order`, along its `axes`, as the cells' own."""

    tensor: Any
    order: Order | None = None
    axes: Axes | None = None
    unit: str
    source: str = "study"
    standing: Standing = "assumed"
    note: str = ""


class WaterTable(Table):
    """What all laws take: water's tensor as of `TensorTable`, and the cells' `mean` diffusivity."""

    tensor: Any
    order: Order | None = None
    axes: Axes | None = None
    mean: Any
    fill: Literal["isotropic"] | None = None


class PowerTable(WaterTable):
    """Eigenvalues in proportion to those of water to a power."""

    law: Literal["power"]
    exponent: Exponent


class AmplifiedTable(WaterTable):
    """Water's anisotropy, made more by a `factor` (Jbabdi et al. 2005)."""

    law: Literal["amplified"]
    factor: Factor


class VonMisesFisherTable(WaterTable):
    """Fibres about one direction, by `concentration` x fractional anisotropy (Painter, Hillen)."""

    law: Literal["von_mises_fisher"]
    concentration: Exponent


AnyFibres = AlongTable | TensorTable | PowerTable | AmplifiedTable | VonMisesFisherTable
FIBRE_LAWS: dict[str, type[WaterTable]] = {
    "power": PowerTable,
    "amplified": AmplifiedTable,
    "von_mises_fisher": VonMisesFisherTable,
}


def has_directions(raw: Any) -> bool:
    """Return whether a diffusivity is written with directions."""
    return isinstance(raw, Mapping) and bool(
        {"along", "across", "direction", "tensor"} & raw.keys()
    )

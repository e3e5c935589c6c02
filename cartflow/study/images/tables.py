"""What a study may write where an image gives a number: one table a law."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from cartflow.core.parameters import Parameter, Standing
from cartflow.core.tables import Table, quantity

Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Diffusivity = Annotated[Parameter, quantity("mm^2/day")]
Positive = Annotated[Parameter, quantity("mm^2/day", above=0)]
Ratio = Annotated[Parameter, quantity("1", minimum=1)]


class MappedTable(Table):
    """What all image-valued numbers may say: whence they are, and what holds where none is."""

    fill: Any = None
    source: str = "study"
    standing: Standing = "assumed"
    note: str = ""


class ImageTable(MappedTable):
    """The values of an `image` x `scale` in `unit`, cut off at the two of `clip`."""

    image: Any
    unit: str | None = None
    scale: Factor = 1.0
    clip: list[Any] | None = Field(default=None, min_length=2, max_length=2)


class InProportionTable(ImageTable):
    """A quantity in proportion to an image, with a given `mean` over the tumour."""

    law: Literal["in_proportion"]
    mean: Any


class CellularityTable(ImageTable):
    """Cells from an ADC map: none at that of free water, `full` at the `least` ADC."""

    law: Literal["cellularity"]
    full: Any
    free_water: Positive
    least: Diffusivity


class GreyWhiteTable(MappedTable):
    """Motility by tissue from maps of how much of each voxel is grey and white matter."""

    law: Literal["grey_white"]
    grey: Any
    white: Any
    in_white: Diffusivity
    ratio: Ratio | None = None


class IvimTable(MappedTable):
    """Perfusion from intravoxel incoherent motion: its fraction times its pseudo-diffusion."""

    law: Literal["ivim"]
    fraction: Any
    pseudo_diffusion: Any


AnyTable = ImageTable | GreyWhiteTable | IvimTable
# The laws by name, and the last words of the keys that each is for.
LAWS: dict[str, tuple[type[AnyTable], tuple[str, ...]]] = {
    "in_proportion": (InProportionTable, ("",)),
    "cellularity": (CellularityTable, ("initial",)),
    "grey_white": (GreyWhiteTable, ("diffusivity",)),
    "ivim": (IvimTable, ("vessel_density",)),
}
# Where the formulas are from.
SOURCES = {
    "cellularity": "atuegwu2010",
    "grey_white": "swanson2000",
    "ivim": "lebihan1992",
}
IMAGES = ("image", "grey", "white", "fraction", "pseudo_diffusion", "vessels", "perfusion")

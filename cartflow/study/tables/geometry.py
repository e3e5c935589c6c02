"""What may stand in the geometry table of a study file: one table a shape."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import PositiveInt, Table, WholeNumber, quantity
from cartflow.geometries.meshes.files.units import MeshUnit
from cartflow.geometries.shapes.shells import DepthFrom
from cartflow.geometries.voxels.rim import Surface
from cartflow.study.tables.growth import GrowthTable

Length = Annotated[Parameter, quantity("mm", above=0)]
Position = Annotated[Parameter, quantity("mm", minimum=None)]
Layers = dict[str, tuple[Position, Position]]


class ShapeTable(Table):
    """Any shape; of some the edge may follow what grows inside."""

    growth: GrowthTable | None = None


class RowTable(ShapeTable):
    """Cells in a row, with `grading` thinner at surfaces and at the edges of layers."""

    cells: PositiveInt
    layers: Layers = Field(default_factory=dict)
    grading: Annotated[Parameter, quantity("1", minimum=1)] | None = None


class SlabTable(RowTable):
    """A slab between the boundaries left and right."""

    shape: Literal["slab"]
    length: Length


class BallTable(RowTable):
    """A ball of exact shells."""

    shape: Literal["ball"]
    radius: Length


class HollowBallTable(RowTable):
    """What lies between two spheres."""

    shape: Literal["hollow_ball"]
    radius: Length
    inner_radius: Length
    depth_from: DepthFrom = "nearest"


class CylinderTable(RowTable):
    """A cylinder of exact shells, 1 mm long unless said otherwise."""

    shape: Literal["cylinder"]
    radius: Length
    length: Length | None = None


class CylindricalShellTable(RowTable):
    """What lies between a vessel and an outer cylinder."""

    shape: Literal["cylindrical_shell"]
    radius: Length
    inner_radius: Length
    length: Length | None = None
    depth_from: DepthFrom = "nearest"


class EllipsoidTable(ShapeTable):
    """An ellipsoid of voxels, given by its half axes along x, y, z."""

    shape: Literal["ellipsoid"]
    semi_axes: tuple[Length, Length, Length]
    spacing: Length


class BoxTable(ShapeTable):
    """A box in two or three dimensions."""

    shape: Literal["box"]
    lengths: list[Length]
    cells: list[PositiveInt]
    regions: dict[str, list[tuple[Position, Position]]] = Field(default_factory=dict)


class InteriorTable(Table):
    """Where a mask's cells may be wider than its voxels."""

    below: Length
    factor: Literal[2, 4, 8] = 2
    fine: list[str] = Field(default_factory=list)


class MaskTable(ShapeTable):
    """A voxel mask in an image file, or in several of one structure each."""

    shape: Literal["mask"]
    file: Path | list[Path]
    labels: dict[str, WholeNumber | str] | list[str] | str = Field(default_factory=dict)
    largest_component: bool = False
    coarsen: PositiveInt | tuple[PositiveInt, PositiveInt, PositiveInt] = 1
    surface: Surface = "smooth"
    split: PositiveInt = 1
    partial_volume: bool = False
    planar: bool | None = None
    interior: InteriorTable | None = None


class MeshTable(ShapeTable):
    """Cells on no grid, in a mesh file; in a plane they are `thickness` thick."""

    shape: Literal["mesh"]
    file: Path
    unit: MeshUnit | None = None
    thickness: Length | None = None


class PhantomTable(ShapeTable):
    """The lobulated phantom, made by code."""

    shape: Literal["phantom"]
    volume: Annotated[Parameter, quantity("mm^3", above=0)]
    spacing: Length
    lobes: PositiveInt = 5
    seed: WholeNumber = 1
    surface: Surface = "smooth"
    split: PositiveInt = 1
    interior: InteriorTable | None = None


Shape = (
    SlabTable
    | BallTable
    | HollowBallTable
    | CylinderTable
    | CylindricalShellTable
    | EllipsoidTable
    | BoxTable
    | MaskTable
    | MeshTable
    | PhantomTable
)
GeometryTable = Annotated[Shape, Discriminator("shape")]

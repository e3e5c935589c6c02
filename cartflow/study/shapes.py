"""From the geometry table of a study to a geometry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.graded.interior import Interior
from cartflow.geometries.images.mask import read_mask, voxel_mask
from cartflow.geometries.images.partial import read_partial_volume
from cartflow.geometries.meshes.files.reading import read_mesh
from cartflow.geometries.shapes.ball import ball, hollow_ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.cylinder import cylinder, cylindrical_shell
from cartflow.geometries.shapes.ellipsoid import ellipsoid
from cartflow.geometries.shapes.phantom import lobulated_phantom
from cartflow.geometries.shapes.slab import slab
from cartflow.study.tables.geometry import (
    BallTable,
    BoxTable,
    CylinderTable,
    CylindricalShellTable,
    EllipsoidTable,
    HollowBallTable,
    InteriorTable,
    MaskTable,
    MeshTable,
    PhantomTable,
    RowTable,
    Shape,
    SlabTable,
)


def build_geometry(table: Shape, folder: Path, file: str) -> Geometry:
    """Return the geometry that `table` describes; mask files are sought from `folder`."""
    try:
        return _build(table, folder)
    except InputError as error:
        msg = f"{file}: geometry: {error}"
        raise InputError(msg) from None


def _build(table: Shape, folder: Path) -> Geometry:
    if isinstance(table, RowTable):
        return _row(table)
    if isinstance(table, BoxTable):
        blocks = {n: [(a.value, b.value) for a, b in item] for n, item in table.regions.items()}
        return box([p.value for p in table.lengths], table.cells, blocks or None)
    if isinstance(table, EllipsoidTable):
        return ellipsoid([a.value for a in table.semi_axes], table.spacing.value)
    if isinstance(table, MaskTable) and table.partial_volume:
        return _partial_volume(table, folder)
    if isinstance(table, MaskTable):
        return read_mask(
            _files(table, folder),
            table.labels or None,
            largest_component=table.largest_component,
            coarsen=table.coarsen,
            surface=table.surface,
            split=table.split,
            interior=_interior(table.interior),
            planar=table.planar,
        )
    if isinstance(table, MeshTable):
        return read_mesh(folder / table.file, table.unit, _value(table.thickness))
    return _phantom(table)


def _row(table: RowTable) -> Geometry:
    cells, layers = table.cells, _intervals(table.layers)
    grading = _value(table.grading)
    match table:
        case SlabTable(length=length):
            return slab(length.value, cells, layers=layers, grading=grading)
        case BallTable(radius=radius):
            return ball(radius.value, cells, layers, grading=grading)
        case CylinderTable(radius=radius, length=length):
            return cylinder(radius.value, cells, _long(length), layers, grading=grading)
        case HollowBallTable(inner_radius=inner, radius=radius, depth_from=start):
            return hollow_ball(
                inner.value, radius.value, cells, layers, grading=grading, depth_from=start
            )
        case CylindricalShellTable(inner_radius=inner, radius=radius, length=length):
            return cylindrical_shell(
                inner.value,
                radius.value,
                cells,
                _long(length),
                layers,
                grading=grading,
                depth_from=table.depth_from,
            )
    raise AssertionError(table)


def _partial_volume(table: MaskTable, folder: Path) -> Geometry:
    plain = MaskTable.model_fields
    for key in ("labels", "split", "surface", "interior"):
        given = getattr(table, key)
        if given != plain[key].get_default(call_default_factory=True):
            msg = f"{key}: got {given!r} beside partial_volume = true; give one of them"
            raise InputError(msg)
    if isinstance(table.file, list):
        raise InputError("file: got a list beside partial_volume = true; give one file")
    return read_partial_volume(
        folder / table.file,
        largest_component=table.largest_component,
        coarsen=table.coarsen,
        planar=table.planar,
    )


def _phantom(table: PhantomTable) -> Geometry:
    labels, affine = lobulated_phantom(
        table.volume.value, table.spacing.value, table.lobes, table.seed
    )
    names = {"viable": 1, "centre": 2}
    return voxel_mask(
        labels,
        affine,
        names,
        surface=table.surface,
        split=table.split,
        interior=_interior(table.interior),
        source="phantom",
    )


def _interior(table: InteriorTable | None) -> Interior | None:
    if table is None:
        return None
    return Interior(factor=table.factor, below=table.below.value, fine=tuple(table.fine))


def _intervals(
    layers: Mapping[str, tuple[Parameter, Parameter]],
) -> dict[str, tuple[float, float]] | None:
    return {name: (a.value, b.value) for name, (a, b) in layers.items()} or None


def _value(given: Parameter | None) -> float | None:
    return None if given is None else given.value


def _long(given: Parameter | None) -> float:
    return 1.0 if given is None else given.value


def _files(table: MaskTable, folder: Path) -> Path | list[Path]:
    if isinstance(table.file, list):
        return [folder / file for file in table.file]
    return folder / table.file

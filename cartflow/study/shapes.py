"""From the geometry table of a study to a geometry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.mask import read_mask, voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.phantom import lobulated_phantom
from cartflow.geometries.shapes.slab import slab
from cartflow.study.schema import BallTable, BoxTable, MaskTable, PhantomTable, SlabTable


def build_geometry(
    table: SlabTable | BallTable | BoxTable | MaskTable | PhantomTable, folder: Path, file: str
) -> Geometry:
    """Return the geometry that `table` describes; mask files are sought from `folder`."""
    try:
        return _build(table, folder)
    except InputError as error:
        msg = f"{file}: geometry: {error}"
        raise InputError(msg) from None


def _build(
    table: SlabTable | BallTable | BoxTable | MaskTable | PhantomTable, folder: Path
) -> Geometry:
    if isinstance(table, SlabTable):
        return slab(table.length.value, table.cells, layers=_intervals(table.layers))
    if isinstance(table, BallTable):
        return ball(table.radius.value, table.cells, layers=_intervals(table.layers))
    if isinstance(table, BoxTable):
        blocks = {n: [(a.value, b.value) for a, b in item] for n, item in table.regions.items()}
        return box([p.value for p in table.lengths], table.cells, blocks or None)
    if isinstance(table, MaskTable):
        return read_mask(
            folder / table.file,
            table.labels or None,
            largest_component=table.largest_component,
            coarsen=table.coarsen,
            surface=table.surface,
        )
    labels, affine = lobulated_phantom(
        table.volume.value, table.spacing.value, table.lobes, table.seed
    )
    names = {"viable": 1, "centre": 2}
    return voxel_mask(labels, affine, names, surface=table.surface, source="phantom")


def _intervals(
    layers: Mapping[str, tuple[Parameter, Parameter]],
) -> dict[str, tuple[float, float]] | None:
    return {name: (a.value, b.value) for name, (a, b) in layers.items()} or None

"""A geometry in a few lines of text."""

from __future__ import annotations

from cartflow.geometries.geometry import Geometry


def describe(geometry: Geometry) -> list[tuple[str, str]]:
    """Return (what, value) pairs: cells, volume, depth, regions, boundaries, notes."""
    grid = " x ".join(f"{geometry.coordinates[dim].size} {dim}" for dim in geometry.dims)
    volumes, mesh = geometry.cell_volumes, geometry.cell_mesh
    regions = [
        (f"region {name}", f"{volumes[cells].sum():.6g} mm3 in {int(cells.sum())} cells")
        for name, cells in geometry.regions.items()
    ]
    boundaries = [
        (f"boundary {name}", f"{boundary.area:.6g} mm2 in {boundary.cells.size} faces")
        for name, boundary in geometry.boundaries.items()
    ]
    return [
        ("shape", geometry.name),
        ("cells", f"{geometry.size} on a grid of {grid}" if mesh is None else mesh.in_words),
        ("volume", f"{geometry.volume:.6g} mm3"),
        ("deepest cell", f"{geometry.maximal_depth:.4g} mm below {geometry.depth_below}"),
        *regions,
        *boundaries,
        *_measures(geometry),
        *[("note", note) for note in geometry.notes],
    ]


def _measures(geometry: Geometry) -> list[tuple[str, str]]:
    shape = geometry.measures
    if shape is None:
        return []
    return [
        (
            "mesh area (IBSI)",
            f"{shape.mesh_area:.6g} mm2; fluxes act on the boundary's area instead",
        ),
        ("mesh volume (IBSI)", f"{shape.mesh_volume:.6g} mm3"),
        ("sphericity (IBSI)", f"{shape.sphericity:.4g}"),
        ("largest diameter", f"{shape.diameter:.6g} mm"),
    ]

"""The tumour group of a result: fields on their grid, and how deep the cells went."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr

from cartflow.core.dataset import coordinate, variable
from cartflow.core.outcome import InputError
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.geometries.cell_mesh import CellMesh
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Network
from cartflow.results.counted import core_volumes, counts
from cartflow.results.endpoint import IN_TUMOUR
from cartflow.results.grown import growth_variables
from cartflow.results.only_counted import FieldsKept
from cartflow.results.shelf import Saving, all_fields
from cartflow.results.ugrid import Cells, on_ugrid, ugrid

Array = np.ndarray


def tumour_group(
    record: Record,
    simulation: Simulation,
    saving: Saving | None = None,
    shelf: FieldsKept | None = None,
) -> xr.Dataset:
    """Return one variable a field over time and the grid, nan outside, with its coordinates.

    `saving` says which fields, and how; those of states on the `shelf` are not read.
    """
    geometry = simulation.coupled.engine.problem.geometry
    if shelf is not None:
        variables = shelf.variables(record.states)
    else:
        variables = all_fields(record.states, simulation, saving or Saving())
    counted, growth = _counts(record, simulation), growth_variables(record, simulation)
    found = {**variables, **counted, **_places(geometry), **growth}
    if geometry.cell_mesh is not None:
        found = _on_mesh(found, geometry.cell_mesh)
    return xr.Dataset(
        found,
        coords=coordinates_of(geometry),
        # What was noted when the geometry was read; CF's name for it.
        attrs={"comment": "; ".join(geometry.notes)} if geometry.notes else {},
    )


# Variables of a geometry, which many studies may have in common.
_names: WeakKeyDictionary[Geometry, set[str]] = WeakKeyDictionary()


def require_free_names(network: Network, geometry: Geometry) -> None:
    """Raise `InputError` if a species has the name of another variable of the group."""
    shared = {"time", "phenotype", "penetration_depth", "penetration_depth_all", "core_cells"}
    amounts = {f"amount_{name}" for name in network.species_names}
    if geometry not in _names:
        mesh = {} if geometry.cell_mesh is None else ugrid(cells_of(geometry.cell_mesh), "cell")
        _names[geometry] = {*_places(geometry), *coordinates_of(geometry), *mesh}
    taken = {*shared, *amounts, *_names[geometry]}
    for name in network.species_names:
        if name in taken:
            msg = (
                f"kinetics: species.{name}: the result's tumour group has another variable '{name}'"
            )
            raise InputError(msg)


def _counts(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    """Return amounts in the whole tumour and depths, over time."""
    problem = simulation.coupled.engine.problem
    counted = counts(record.states, simulation)
    below = problem.geometry.depth_below
    text = f"depth below {below} that holds 95 % of the product cells"
    depths, amounts = (np.array([getattr(c, n) for c in counted]) for n in ("depths", "amounts"))
    found = {
        "penetration_depth": variable(("time", "phenotype"), depths[:, :-1], "mm", text),
        "penetration_depth_all": variable(
            ("time",), depths[:, -1], "mm", f"{text}, all phenotypes"
        ),
    }
    text = "product cells deeper than half of the deepest place"
    found["core_cells"] = variable(("time",), [float(c.core[0]) for c in counted], "cell", text)
    for i, species in enumerate(problem.network.species):
        found[f"amount_{species.name}"] = variable(
            ("time",),
            amounts[:, i],
            f"{species.unit}*mm^3",
            f"{species.long_name or species.name}{IN_TUMOUR}",
            field_role=species.role,
        )
    return found


def _places(geometry: Geometry) -> dict[str, xr.Variable]:
    places = {
        "cell_volume": variable(
            geometry.dims,
            geometry.scatter(geometry.place_volumes),
            "mm^3",
            "volume of the mesh cell at a place" if geometry.graded else "volume of the mesh cell",
        ),
        "depth": variable(
            geometry.dims,
            geometry.scatter(geometry.depth),
            "mm",
            f"depth below {geometry.depth_below}",
        ),
        "core_volume": variable(
            (), core_volumes(geometry).sum(), "mm^3", "volume deeper than half of the deepest place"
        ),
    }
    for name, inside in geometry.regions.items():
        grid = np.zeros(geometry.active.shape, dtype=np.int8)
        grid[geometry.active] = geometry.at_places(inside)
        places[f"region_{name}"] = variable(geometry.dims, grid, "1", f"region {name}")
    if geometry.graded:
        number = np.full(geometry.active.shape, -1, dtype=np.int32)
        number[geometry.active] = geometry.at_places(np.arange(geometry.size))
        text = "number of the mesh cell that holds the place, -1 outside"
        places["mesh_cell"] = variable(geometry.dims, number, "1", text)
    for name, boundary in geometry.boundaries.items():
        text = f"area of the boundary {name} that fluxes act on"
        places[f"area_{name}"] = variable((), boundary.area, "mm^2", text)
    shape = geometry.measures
    if shape is not None:
        for name, value, unit in (
            ("mesh_area", shape.mesh_area, "mm^2"),
            ("mesh_volume", shape.mesh_volume, "mm^3"),
            ("sphericity", shape.sphericity, "1"),
            ("largest_diameter", shape.diameter, "mm"),
        ):
            text = f"{name.replace('_', ' ')} of the marching-cubes mesh (IBSI)"
            places[name] = variable((), value, unit, text)
    if geometry.affine is not None:
        text = "affine from index to RAS mm"
        places["affine"] = variable(("affine_row", "affine_column"), geometry.affine, "1", text)
    if geometry.source_affine is not None and geometry.source_shape is not None:
        rows = ("affine_row", "affine_column")
        text = "affine from the index of a voxel of the mask's file to RAS mm"
        places["mask_affine"] = variable(rows, geometry.source_affine, "1", text)
        text = "voxels of the mask's file along i, j, k"
        sizes = np.array(geometry.source_shape)
        places["mask_shape"] = variable(("mask_axis",), sizes, "1", text)
    return places


def coordinates_of(geometry: Geometry) -> dict[str, xr.Variable]:
    """Return the coordinates of a grid."""
    # No 'axis': CF reads X, Y and Z as longitude, latitude and height.
    oblique = geometry.dims == ("k", "j", "i")
    if geometry.cell_mesh is not None:
        return _of_cells(geometry)
    coordinates = {}
    for name in geometry.dims:
        text = f"index {name}" if oblique else f"{name} of the mesh cell's centre"
        unit = "1" if oblique else "mm"
        along = variable((name,), geometry.coordinates[name], unit, text)
        coordinates[name] = coordinate(along)
    if oblique:
        for column, name in enumerate(("x", "y", "z")):
            grid = geometry.scatter(geometry.centres[:, column])
            coordinates[name] = variable(geometry.dims, grid, "mm", f"{name} (RAS) of the centre")
    return coordinates


def cells_of(mesh: CellMesh) -> Cells:
    """Return the mesh of a file as a result holds it."""
    return Cells(vertices=mesh.vertices, cells=mesh.cells, kinds=mesh.kinds)


def _on_mesh(found: dict[str, xr.Variable], mesh: CellMesh) -> dict[str, xr.Variable]:
    """Return the variables of the group on the mesh, and those of the mesh itself."""
    cells = cells_of(mesh)
    on = {n: on_ugrid(v, cells) if "cell" in v.dims else v for n, v in found.items()}
    thick = {}
    if mesh.thickness is not None:
        thick["mesh_thickness"] = variable((), mesh.thickness, "mm", "thickness of the plane mesh")
    return {**on, **ugrid(cells, "cell"), **thick}


def _of_cells(geometry: Geometry) -> dict[str, xr.Variable]:
    """Return the number and the centre of every cell of a mesh file."""
    number = geometry.coordinates["cell"].astype(np.int32)
    found = {"cell": coordinate(variable(("cell",), number, "1", "number of the mesh cell"))}
    for name, values in zip("xyz", geometry.centres.T, strict=True):
        text = f"{name} of the mesh cell's centre"
        found[f"cell_{name}"] = variable(("cell",), values, "mm", text)
    return found

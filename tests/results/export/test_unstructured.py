"""Unstructured meshes in a result by UGRID, and exported from it."""

import numpy as np
import pytest
import xarray as xr

from cartflow import InputError
from cartflow.core.dataset import variable, write
from cartflow.results.export.export import export
from cartflow.results.ugrid import Cells, on_ugrid, ugrid, ugrid_cells

# A cube, a pyramid upon it, a wedge beside it, and a tetrahedron upon the wedge.
VERTICES = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]
VERTICES += [(0.5, 0.5, 2), (2, 0, 0), (2, 0, 1), (1.5, 0.5, 2)]
CORNERS = [[0, 1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7, 8], [1, 2, 9, 5, 6, 10], [5, 10, 6, 11]]
MIXED = Cells(
    vertices=np.array(VERTICES, dtype=float),
    cells=np.array([c + [-1] * (8 - len(c)) for c in CORNERS]),
    kinds=np.array([12, 14, 13, 10]),
)
PLANE = Cells(
    vertices=np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 0, 0)], dtype=float),
    cells=np.array([[0, 1, 2, 3], [1, 4, 2, -1]]),
    kinds=np.array([9, 5]),
)
SIZES = {"mixed": [1.0, 1 / 3, 0.5, 1 / 6], "plane": [1.0, 0.5]}


def tree(mesh):
    size = mesh.kinds.size
    cart = variable(("time", "cell"), np.arange(2.0 * size).reshape(2, size), "1/mm^3", "CAR T")
    cart.attrs["role"] = "phenotype"
    volumes = variable(("cell",), np.ones(size), "mm^3", "volume of the mesh cell")
    group = xr.Dataset(
        {
            "cart": on_ugrid(cart, mesh),
            "cell_volume": on_ugrid(volumes, mesh),
            "depth": on_ugrid(variable(("cell",), np.ones(size), "mm", "depth"), mesh),
            **ugrid(mesh, "cell"),
        },
        coords={"time": ("time", [0.0, 1.5])},
    )
    return xr.DataTree.from_dict({"tumour": group})


@pytest.mark.parametrize(("name", "mesh"), [("mixed", MIXED), ("plane", PLANE)])
def test_a_mesh_comes_back_from_a_file_and_opens_elsewhere(tmp_path, name, mesh):
    write(tree(mesh), tmp_path / "x.nc")
    group = xr.open_dataset(tmp_path / "x.nc", group="tumour").load()
    group.close()
    back = xr.DataTree.from_dict({"tumour": group})
    for part in ("vertices", "cells", "kinds"):
        wanted = getattr(mesh, "ordered" if part == "cells" else part)
        assert np.array_equal(getattr(ugrid_cells(group), part), wanted)
    about = group["mesh"].attrs
    place = {"mixed": "volume", "plane": "face"}[name]
    assert about["topology_dimension"] == {"mixed": 3, "plane": 2}[name]
    assert about[f"{place}_node_connectivity"] in group
    assert (group["cart"].attrs["mesh"], group["cart"].attrs["location"]) == ("mesh", place)
    export(back, "vtk", tmp_path)
    meshio = pytest.importorskip("meshio", reason="meshio is not installed")
    found = meshio.read(tmp_path / "tumour_1.vtu")
    names = {5: "triangle", 9: "quad", 10: "tetra", 12: "hexahedron", 13: "wedge", 14: "pyramid"}
    for kind, corners, value in zip(mesh.kinds, mesh.cells, group["cart"][1].values, strict=True):
        block = [b.type for b in found.cells].index(names[int(kind)])
        # In an order of its own for wedges.
        assert sorted(found.cells[block].data[0]) == sorted(corners[corners >= 0])
        assert found.cell_data["cart"][block].tolist() == [value]
    pyvista = pytest.importorskip("pyvista", reason="pyvista is not installed")
    reader = pyvista.get_reader(tmp_path / "tumour.pvd")
    assert reader.time_values == [0.0, 1.5]
    grid = pyvista.read(tmp_path / "tumour_1.vtu")
    sizes = grid.compute_cell_sizes()["Volume" if name == "mixed" else "Area"]
    np.testing.assert_allclose(sizes, SIZES[name], rtol=1e-12)
    held = grid.find_containing_cell(mesh.centres)
    np.testing.assert_array_equal(grid["cart"][held], group["cart"][1].values)


def test_odd_meshes_are_refused(tmp_path):
    with pytest.raises(InputError, match="its cells are those of an unstructured mesh"):
        export(tree(MIXED), "nifti", tmp_path)
    spoilt = tree(MIXED)["tumour"].to_dataset().drop_vars("mesh_node_y")
    with pytest.raises(InputError, match="the topology has no variable mesh_node_y"):
        ugrid_cells(spoilt)
    with pytest.raises(InputError, match="cells of the kinds \\[7\\]"):
        Cells(vertices=MIXED.vertices, cells=MIXED.cells, kinds=np.array([12, 14, 13, 7]))
    for cells in (MIXED.cells + 1, MIXED.cells[:, :6]):
        with pytest.raises(InputError, match="do not fit their kinds or the 12 vertices"):
            Cells(vertices=MIXED.vertices, cells=cells, kinds=MIXED.kinds)

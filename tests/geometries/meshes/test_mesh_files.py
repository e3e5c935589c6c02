"""Mesh files: groups by name, all ways of writing them, and what is damaged refused in a line."""

import numpy as np
import pytest
from cell_meshes import cube, msh_2, msh_4, outer_faces

from cartflow.core.outcome import InputError
from cartflow.geometries.meshes.files.reading import read_mesh

POINTS, CELLS = cube(2)
NAMES = {1: "grey matter", 2: "white", 3: "skin", 4: "inside"}
FACES = outer_faces(CELLS)
BETWEEN = np.sort(CELLS[:1, :3], axis=1)
# The second group of cells overlaps the first by one cell.
GROUPS = [(10, CELLS[:30], 1), (10, CELLS[29:], 2), (5, FACES[:10], 3), (5, FACES[10:], 9)]
WAYS = [(m, b) for m in (msh_2, msh_4) for b in (False, True)]


def written(tmp_path, content, name="tumour.msh"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("write", "binary"), WAYS)
def test_groups_are_regions_and_boundaries(tmp_path, write, binary):
    geometry = read_mesh(written(tmp_path, write(POINTS, GROUPS, NAMES, binary)), "cm")
    assert geometry.size == 48
    assert geometry.volume == pytest.approx(1000.0, rel=1e-12)
    cells = {name: int(inside.sum()) for name, inside in geometry.regions.items()}
    # A cell in two groups is there once.
    assert (cells["grey matter"], cells["white"]) == (30, 19)
    areas = {name: boundary.area for name, boundary in geometry.boundaries.items()}
    assert set(areas) == {"rim", "skin", "physical_9"}
    assert areas["rim"] == pytest.approx(600.0, rel=1e-12)
    assert areas["skin"] + areas["physical_9"] == pytest.approx(600.0, rel=1e-12)


def test_all_ways_of_writing_give_the_same_geometry(tmp_path):
    first, *others = (
        read_mesh(written(tmp_path, write(POINTS, GROUPS, NAMES, binary)), "mm")
        for write, binary in WAYS
    )
    for other in others:
        assert np.array_equal(first.cell_volumes, other.cell_volumes)
        assert np.array_equal(first.centres, other.centres)
        assert np.array_equal(first.depth, other.depth)
        assert set(first.boundaries) == set(other.boundaries)


def test_a_group_of_faces_between_cells_is_no_boundary(tmp_path):
    shared = np.array(
        [[a for a in CELLS[0] if a in b] for b in CELLS[1:] if len(set(CELLS[0]) & set(b)) == 3]
    )
    groups = [*GROUPS, (5, shared, 4)]
    geometry = read_mesh(written(tmp_path, msh_4(POINTS, groups, NAMES)), "mm")
    assert "inside" not in geometry.boundaries
    assert "'inside' lies between cells and is no boundary" in geometry.notes


def test_an_entity_may_be_in_several_groups(tmp_path):
    groups = [(10, CELLS, (1, 2)), (5, FACES, 3)]
    geometry = read_mesh(written(tmp_path, msh_4(POINTS, groups, NAMES)), "mm")
    assert geometry.region("grey matter").all()
    assert geometry.region("white").all()


def test_a_plane_needs_its_thickness(tmp_path):
    points, cells = cube(3, dimension=2)
    groups = [(5, cells, 1), (3, outer_faces(cells), 3)]
    path = written(tmp_path, msh_2(points, groups, NAMES))
    with pytest.raises(InputError, match=r"tumour.msh: thickness: is missing; cells in a plane"):
        read_mesh(path, "mm")
    geometry = read_mesh(path, "mm", 0.1)
    assert geometry.volume == pytest.approx(0.1, rel=1e-12)
    assert geometry.boundary("skin").area == pytest.approx(0.4, rel=1e-12)
    solid = written(tmp_path, msh_2(POINTS, GROUPS, NAMES))
    with pytest.raises(InputError, match="thickness: is for cells in a plane"):
        read_mesh(solid, "mm", 0.1)


def test_a_file_without_a_unit_is_asked_about(tmp_path):
    path = written(tmp_path, msh_4(POINTS, GROUPS, NAMES))
    with pytest.raises(
        InputError,
        match=r"unit: is missing, and the file does not say it; it extends over 1 x 1 x 1",
    ):
        read_mesh(path, None)
    with pytest.raises(InputError, match=r"unit: got 'inch'; allowed: um, mm, cm, m"):
        read_mesh(path, "inch")


def said_of(path):
    """Return why a file is refused, nothing if it is not."""
    try:
        read_mesh(path, "mm")
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("write", "binary"), WAYS)
def test_damaged_files_are_refused_in_one_line(tmp_path, write, binary):
    content = write(POINTS, GROUPS, NAMES, binary)
    damaged = [content[:n] for n in np.linspace(0, len(content) - 20, 25, dtype=int)]
    damaged += [content.replace(b"$Nodes\n", b"$Nodes\n999999999 "), b"x" * 1000]
    damaged += [content.replace(b"2.2 ", b"1.0 ").replace(b"4.1 ", b"5.0 ")]
    noise = np.random.default_rng(4)
    for at in noise.integers(60, len(content), 40):
        damaged.append(content[:at] + bytes(noise.integers(0, 256, 3).tolist()) + content[at + 3 :])
    told = [said_of(written(tmp_path, spoilt)) for spoilt in damaged]
    refused = [text for text in told if text]
    # A changed digit of a coordinate is no damage that one could see.
    assert len(refused) >= 28
    assert all(text.startswith(str(tmp_path / "tumour.msh")) for text in refused)
    assert not any("\n" in text for text in refused)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"name": "tumour.stl"}, "not a mesh file; allowed: .msh, .vtu, .vtk, .mesh, .inp"),
        ({"kind": b"10 4 5"}, "version 4.1|stands where a number should|Gmsh's type"),
        ({"names": {**NAMES, 1: "a/b"}}, "the group 'a/b': needed is a name of 1 to 64"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, changed, match):
    names = changed.get("names", NAMES)
    content = msh_4(POINTS, GROUPS, names)
    if "kind" in changed:
        content = content.replace(b"\n3 1 4 \n30", b"\n3 1 36 \n30")
    with pytest.raises(InputError, match=match):
        read_mesh(written(tmp_path, content, changed.get("name", "tumour.msh")), "mm")


FORMATS = {".vtu": "vtu", ".vtk": "vtk", ".mesh": "medit", ".inp": "abaqus"}


@pytest.mark.parametrize("ending", FORMATS)
def test_other_formats_come_through_meshio(tmp_path, ending):
    meshio = pytest.importorskip("meshio", reason="meshio is not installed")
    path = tmp_path / f"tumour{ending}"
    tags = np.where(np.arange(len(CELLS)) < 30, 1, 2).astype(np.int32)
    sets = {"white": [np.arange(30, 48)]} if ending == ".inp" else None
    data = None if ending == ".inp" else {"medit:ref" if ending == ".mesh" else "part": [tags]}
    mesh = meshio.Mesh(POINTS, [("tetra", CELLS)], cell_data=data, cell_sets=sets)
    meshio.write(path, mesh, FORMATS[ending])
    geometry = read_mesh(path, "mm")
    assert geometry.volume == pytest.approx(1.0, rel=1e-6)
    name = {".inp": "white", ".mesh": "ref_2"}.get(ending, "part_2")
    assert geometry.region(name).sum() == 18
    content = path.read_bytes()
    for n in (0, len(content) // 3, len(content) // 2):
        path.write_bytes(content[:n])
        with pytest.raises(InputError, match="tumour"):
            read_mesh(path, "mm")


def test_so_many_groups_are_refused(tmp_path):
    points, cells = cube(4)
    groups = [(10, cell[None], tag + 1) for tag, cell in enumerate(cells[:300])]
    with pytest.raises(InputError, match="it holds 300 groups; at most 256 are read"):
        read_mesh(written(tmp_path, msh_4(points, groups, {})), "mm")


def test_no_file_reaches_beyond_itself(tmp_path):
    path = written(tmp_path, b"*HEADING\n*INCLUDE, INPUT=/etc/passwd\n", "a.inp")
    with pytest.raises(InputError, match=r"it contains \*INCLUDE, which is not read"):
        read_mesh(path, "mm")
    text = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><VTKFile>&a;</VTKFile>'
    with pytest.raises(InputError, match="it contains <!DOCTYPE, which is not read"):
        read_mesh(written(tmp_path, text, "a.vtu"), "mm")

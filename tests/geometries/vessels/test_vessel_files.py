"""Networks of vessels from files: what other libraries write, and what is refused."""

from itertools import product

import numpy as np
import pytest

from cartflow import InputError
from cartflow.geometries.vessels.reading import read_lines, read_vessels

POINTS = np.array([[0, 0, 0], [3, 4, 0], [3, 4, 12], [10, 0, 0], [10, 0, 7.0]])
RADII = np.array([2.0, 1.0, 0.0, 3.0, 4.0])
PAIRS = np.array([[0, 1], [1, 2], [3, 4]])
LENGTHS = np.array([5.0, 12.0, 7.0])


def require_network(network, radii=True, flows=None):
    """Ask for the network above, in um."""
    assert sorted(network.lengths) == pytest.approx(sorted(LENGTHS * 1e-3), rel=1e-12)
    order = np.argsort(network.lengths)[[0, 2, 1]]
    np.testing.assert_allclose(network.starts[order], POINTS[PAIRS[:, 0]] * 1e-3, atol=1e-15)
    np.testing.assert_allclose(network.ends[order], POINTS[PAIRS[:, 1]] * 1e-3, atol=1e-15)
    assert network.components == 2
    if radii:
        np.testing.assert_allclose(network.radii[order], RADII[PAIRS] * 1e-3, atol=1e-15)
        assert network.without_radius == 1
    if flows is not None:
        np.testing.assert_allclose(network.flows[order], flows)


def polydata():
    pyvista = pytest.importorskip("pyvista", reason="pyvista is not installed")
    data = pyvista.PolyData(POINTS, lines=[3, 0, 1, 2, 2, 3, 4])
    data.point_data["Radius"] = RADII
    data.cell_data["Flow"] = [5.0, 6.0]
    data.point_data["direction"] = POINTS
    return data


FORMS = list(product(("ascii", "binary", "appended"), ("none", "zlib", "lzma"), (32, 64)))


@pytest.mark.parametrize(("form", "packed", "header"), FORMS)
def test_lines_that_vtk_writes_in_xml(tmp_path, form, packed, header):
    data = polydata()
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    for encoded, order in product((False, True), ("SetByteOrderToLittleEndian", "BigEndian")):
        writer = vtkXMLPolyDataWriter()
        path = tmp_path / "x.vtp"
        writer.SetFileName(str(path))
        writer.SetInputData(data)
        {
            "ascii": writer.SetDataModeToAscii,
            "binary": writer.SetDataModeToBinary,
            "appended": writer.SetDataModeToAppended,
        }[form]()
        {
            "none": writer.SetCompressorTypeToNone,
            "zlib": writer.SetCompressorTypeToZLib,
            "lzma": writer.SetCompressorTypeToLZMA,
        }[packed]()
        (writer.SetHeaderTypeToUInt32 if header == 32 else writer.SetHeaderTypeToUInt64)()
        writer.SetEncodeAppendedData(encoded)
        writer.SetByteOrder(0 if order == "BigEndian" else 1)
        writer.SetBlockSize(64)
        writer.Write()
        require_network(read_vessels(path, "um"), flows=[5, 5, 6])
        assert read_lines(path).names == ["Radius", "Flow"]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("version", [42, 51])
def test_lines_that_vtk_writes_in_its_legacy_form(tmp_path, binary, version):
    data = polydata()
    from vtkmodules.vtkIOLegacy import vtkPolyDataWriter

    writer = vtkPolyDataWriter()
    path = tmp_path / "x.vtk"
    writer.SetFileName(str(path))
    writer.SetFileVersion(version)
    writer.SetInputData(data)
    (writer.SetFileTypeToBinary if binary else writer.SetFileTypeToASCII)()
    writer.Write()
    require_network(read_vessels(path, "um"), flows=[5, 5, 6])


@pytest.mark.parametrize("form", ["vtk", "vtk42", "vtu"])
@pytest.mark.parametrize("binary", [False, True])
def test_lines_among_other_cells_that_meshio_writes(tmp_path, form, binary):
    meshio = pytest.importorskip("meshio", reason="meshio is not installed")
    mesh = meshio.Mesh(
        POINTS,
        [("vertex", np.array([[0], [3]])), ("line", PAIRS), ("triangle", np.array([[0, 1, 3]]))],
        point_data={"diameter": 2 * RADII},
        cell_data={"flow": [np.array([1.0, 2]), np.array([7.0, 8, 9]), np.array([3.0])]},
    )
    path = tmp_path / f"x.{form[:3]}"
    meshio.write(path, mesh, file_format=form, binary=binary)
    require_network(read_vessels(path, "um"), flows=[7, 8, 9])


SWC = """# made by hand
1 3 0 0 0 2 -1
2 3 3 4 0 1 1
5 3 3 4 12 0 2
4 3 10 0 7 4 3
3 3 10 0 0 3 -1
"""
TABLE = """x1_um,y1_um,z1_um,x2_um,y2_um,z2_um,r1_um,r2_um,flow,what
0,0,0,3,4,0,2,1,5,artery
3,4,0,3,4,12,1,0,6,vein
10,0,0,10,0,7,3,4,7,
"""


def test_trees_and_tables_state_their_unit(tmp_path):
    (tmp_path / "x.swc").write_text(SWC)
    (tmp_path / "x.csv").write_text(TABLE)
    require_network(read_vessels(tmp_path / "x.swc"))
    require_network(read_vessels(tmp_path / "x.csv"), flows=[5, 6, 7])
    semicolons = TABLE.replace(",", ";").replace("_um", " [um]")
    (tmp_path / "x.csv").write_text(semicolons)
    require_network(read_vessels(tmp_path / "x.csv", "um"), flows=[5, 6, 7])
    (tmp_path / "x.csv").write_text(TABLE.replace("_um", ""))
    require_network(read_vessels(tmp_path / "x.csv", "um"))
    winding = TABLE.replace("what", "length_um").replace("artery", "9").replace("vein", "12")
    (tmp_path / "x.csv").write_text(winding.replace("4,7,\n", "4,7,7\n"))
    assert read_vessels(tmp_path / "x.csv").lengths * 1e3 == pytest.approx([9, 12, 7])


def vtp(**changes):
    """Return a .vtp file as text, with some of its parts replaced."""
    parts = {
        "root": 'type="PolyData" version="0.1" byte_order="LittleEndian"',
        "before": "",
        "points": 'type="Float32" NumberOfComponents="3" format="ascii">0 0 0 3 4 0 3 4 12',
        "connectivity": "0 1 2",
        "offsets": "3",
        "radius": 'Name="Radius" type="Float64" format="ascii">1 2 3',
        "count": "3",
        **changes,
    }
    return """<?xml version="1.0"?>{before}
<VTKFile {root}><PolyData><Piece NumberOfPoints="{count}" NumberOfVerts="0" NumberOfLines="1"
 NumberOfStrips="0" NumberOfPolys="0"><Points><DataArray {points}</DataArray></Points>
<Lines><DataArray type="Int64" Name="connectivity" format="ascii">{connectivity}</DataArray>
<DataArray type="Int64" Name="offsets" format="ascii">{offsets}</DataArray></Lines>
<PointData><DataArray {radius}</DataArray></PointData></Piece></PolyData></VTKFile>""".format(
        **parts
    )


def test_a_file_by_hand_is_read(tmp_path):
    (tmp_path / "x.vtp").write_text(vtp())
    network = read_vessels(tmp_path / "x.vtp", "um")
    assert network.lengths * 1e3 == pytest.approx([5, 12])
    assert (network.radii * 1e3).tolist() == [[1, 2], [2, 3]]


LEGACY = """# vtk DataFile Version 3.0
made by hand
ASCII
DATASET POLYDATA
POINTS 3 float
0 0 0 3 4 0
3 4 12
LINES 1 4
3 0 1 2
POINT_DATA 3
SCALARS radius float 1
LOOKUP_TABLE default
1 2 3
"""
BASE64 = 'type="Float64" Name="Radius" format="binary">'
WRONG = {
    "doctype.vtp": (vtp(before='<!DOCTYPE x [<!ENTITY a "b">]>'), "it has a document type"),
    "cut.vtp": (vtp()[:300], "it is no XML"),
    "deep.vtp": ("<a>" * 30, "too many elements, or too deep"),
    "many.vtp": (vtp(before="")[:-10] + "<a/>" * 20_000, "too many elements"),
    "kind.vtp": (vtp(root='type="ImageData" byte_order="LittleEndian"'), "type is 'ImageData'"),
    "packed.vtp": (
        vtp(root='type="PolyData" byte_order="LittleEndian" compressor="vtkLZ4DataCompressor"'),
        "compressor: unknown name 'vtkLZ4DataCompressor'",
    ),
    "points.vtp": (vtp(count="4"), "array '': it holds 9 numbers; needed are 12"),
    "huge.vtp": (vtp(count="99999999999"), "says 99999999999 points"),
    "negative.vtp": (vtp(count="-3"), "NumberOfPoints is '-3'; needed is a whole number"),
    "beyond.vtp": (vtp(connectivity="0 1 7"), "name points that are not there; there are 3"),
    "offsets.vtp": (vtp(offsets="9"), "offsets of its lines do not fit"),
    "words.vtp": (vtp(connectivity="0 1 two"), "array 'connectivity': could not convert"),
    "infinite.vtp": (
        vtp(points='type="Float32" format="ascii">0 0 0 3 4 0 3 inf 12'),
        "places that are not finite",
    ),
    "radius.vtp": (vtp(radius='Name="r" type="Float64" format="ascii">1 2 -3'), "a radius below 0"),
    "nan.vtp": (vtp(radius='Name="r" type="Float64" format="ascii">1 2 nan'), "are not finite"),
    "base.vtp": (vtp(radius=BASE64 + "AAAA*AAA"), "array 'Radius': "),
    "long.vtp": (vtp(radius=BASE64 + "/////w=="), "array 'Radius'|says 4294967295 bytes"),
    "short.vtp": (vtp(radius=BASE64 + "GAAAAAAA"), "data are shorter than its header says"),
    "first.vtk": (LEGACY.replace("# vtk", "vtk"), "does not begin as a VTK file"),
    "set.vtk": (LEGACY.replace("POLYDATA", "STRUCTURED_POINTS"), "the data set is"),
    "end.vtk": (LEGACY[:80], "the file ends|there are no lines"),
    "counts.vtk": (LEGACY.replace("3 0 1 2", "9 0 1 2"), "counts of its lines do not fit"),
    "most.vtk": (LEGACY.replace("POINTS 3", "POINTS 999999999999"), "says 999999999999 points"),
    "section.vtk": (LEGACY.replace("LINES", "TEXTURE"), "the section 'TEXTURE' is not known"),
    "values.vtk": (LEGACY.replace("POINT_DATA 3", "POINT_DATA 2"), "3 numbers where 2 are needed"),
    "none.vtk": (LEGACY.replace("LINES 1 4\n3 0 1 2\n", ""), "there are no lines in it"),
    "type.vtk": (LEGACY.replace("3 float", "3 string"), "type of numbers: unknown name 'string'"),
    "parent.swc": (SWC.replace("12 0 2", "12 0 8"), "the parent 8 of a point is not there"),
    "twice.swc": (SWC.replace("5 3 3", "2 3 3"), "two points have the same number"),
    "six.swc": ("1 3 0 0 0 2\n", "line 1: needed are seven numbers"),
    "empty.swc": ("", "no segment of a length above 0"),
    "column.csv": (TABLE.replace("z2_um", "z3_um"), "there is no column z2"),
    "units.csv": (TABLE.replace("z2_um", "z2_mm"), "its columns are in mm, um"),
    "ragged.csv": (TABLE + "1,2\n", "line 5 has 2 values"),
    "number.csv": (TABLE.replace("3,4,12", "3,4,twelve"), "column z2: could not convert"),
    "short.csv": (
        TABLE.replace("what", "length_um").replace("artery", "4").replace("vein", "12")[:-1] + "7",
        "column length: 1 are shorter than the straight line",
    ),
    "kind.obj": ("", "not a file of vessels; allowed: .vtp"),
}


@pytest.mark.parametrize("name", WRONG)
def test_damaged_files_are_refused_in_a_line(tmp_path, name):
    content, message = WRONG[name]
    (tmp_path / name).write_text(content)
    unit = None if name.endswith((".swc", ".csv")) else "um"
    with pytest.raises(InputError, match=message) as caught:
        read_vessels(tmp_path / name, unit)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_units_and_radii_are_asked_for(tmp_path):
    (tmp_path / "x.vtp").write_text(vtp())
    (tmp_path / "x.csv").write_text(TABLE)
    (tmp_path / "x.vtk").write_text(LEGACY)
    assert read_vessels(tmp_path / "x.vtk", "um").radii[0].tolist() == [1e-3, 2e-3]
    with pytest.raises(InputError, match=r"does not say in which unit .* unit = 'um'"):
        read_vessels(tmp_path / "x.vtp")
    with pytest.raises(InputError, match="unit: got 'mm', but the file says um"):
        read_vessels(tmp_path / "x.csv", "mm")
    with pytest.raises(InputError, match="unit: 'day' is no unit of length"):
        read_vessels(tmp_path / "x.vtp", "day")
    with pytest.raises(InputError, match=r"radius_name: unknown name 'Radii'.*'Radius'"):
        read_vessels(tmp_path / "x.vtp", "um", "Radii")
    network = read_vessels(tmp_path / "x.csv")
    with pytest.raises(InputError, match="1 of 3 segments have a radius of 0 at an end; say by"):
        network.with_radii(None, None)
    assert network.with_radii(None, 1.5e-3).radii.min() == 1.5e-3
    assert network.with_radii(None, 0.0).radii.min() == 0.0
    with pytest.raises(InputError, match="radius: the file gives radii of its own"):
        network.with_radii(1e-3, None)
    (tmp_path / "x.csv").write_text("x1_um,y1_um,z1_um,x2_um,y2_um,z2_um\n0,0,0,1,0,0\n")
    bare = read_vessels(tmp_path / "x.csv")
    with pytest.raises(InputError, match="the vessels have no radii; give radius"):
        bare.with_radii(None, None)
    assert bare.with_radii(2e-3, None).areas * 1e6 == pytest.approx(4 * np.pi)

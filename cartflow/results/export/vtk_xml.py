"""VTK's XML files, as ParaView reads them: images, unstructured grids, series in time."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

Array = np.ndarray
_TYPES = {"f8": "Float64", "f4": "Float32", "i8": "Int64", "u1": "UInt8", "i1": "Int8"}
_LINE, _HEXAHEDRON = 3, 12
# The corners of a hexahedron in VTK's order, as steps along i, j, k.
_CORNERS = (
    *((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)),
    *((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
)
# The same where the axes are a left hand's, as of many images: else its volume were negative.
_MIRRORED = (*_CORNERS[4:], *_CORNERS[:4])


def write_image(
    path: Path, affine: Array, shape: Sequence[int], cells: Mapping[str, Array], time: float
) -> None:
    """Write cell data (k, j, i), nan where none is, of a grid of `shape` (i, j, k) as ``.vti``.

    `affine` takes the indices of cells' centres to mm.
    """
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    origin = affine[:3, :3] @ np.full(3, -0.5) + affine[:3, 3]
    extent = " ".join(f"0 {n}" for n in shape)
    attributes = (
        f'WholeExtent="{extent}" Origin="{_numbers(origin)}" Spacing="{_numbers(steps)}" '
        f'Direction="{_numbers((affine[:3, :3] / steps).ravel())}"'
    )
    body = [f'<Piece Extent="{extent}">', *_data("CellData", cells), "</Piece>"]
    _write(path, "ImageData", attributes, time, body)


def write_hexahedra(
    path: Path, affine: Array, active: Array, cells: Mapping[str, Array], time: float
) -> None:
    """Write cell data (cells,) of the `active` cells (k, j, i) of a grid as ``.vtu``."""
    index = np.argwhere(active)[:, ::-1]
    turned = np.linalg.det(affine[:3, :3]) < 0
    nodes = index[:, None, :] + np.array(_MIRRORED if turned else _CORNERS)
    sizes = np.array(active.shape[::-1]) + 1
    number = nodes @ np.array([1, sizes[0], sizes[0] * sizes[1]])
    used, connectivity = np.unique(number, return_inverse=True)
    place = np.stack([used % sizes[0], used // sizes[0] % sizes[1], used // (sizes[0] * sizes[1])])
    points = (place.T - 0.5) @ affine[:3, :3].T + affine[:3, 3]
    corners = connectivity.reshape(-1, 8)
    kinds = np.full(len(corners), _HEXAHEDRON)
    write_mesh(path, points, corners, kinds, cells, time)


def write_mesh(
    path: Path, points: Array, corners: Array, kinds: Array, cells: Mapping[str, Array], time: float
) -> None:
    """Write cell data (cells,) of a mesh as ``.vtu``.

    Its cells are the numbers of their `corners` (cells, most) among `points` (n, 3) mm, padded with
    -1, and of VTK's `kinds` (cells,).
    """
    _write_grid(path, points, corners, kinds, ("CellData", cells), time)


def write_row(path: Path, points: Array, values: Mapping[str, Array], time: float) -> None:
    """Write values at `points` (n, 3) mm, joined to a line, as ``.vtu``."""
    first = np.arange(max(len(points) - 1, 0))
    lines = np.stack([first, first + 1], axis=1)
    kinds = np.full(len(lines), _LINE)
    _write_grid(path, points, lines, kinds, ("PointData", values), time)


def write_series(path: Path, files: Sequence[tuple[float, str]]) -> None:
    """Write the list of `files`, each with its time in days, as ``.pvd``."""
    rows = [
        f'<DataSet timestep="{time!r}" group="" part="0" file={quoteattr(name)}/>'
        for time, name in files
    ]
    _file(path, "Collection", ["<Collection>", *rows, "</Collection>"])


def _write_grid(
    path: Path,
    points: Array,
    cells: Array,
    kinds: Array,
    data: tuple[str, Mapping[str, Array]],
    time: float,
) -> None:
    held = cells >= 0
    offsets = np.cumsum(held.sum(axis=1), dtype=np.int64)
    body = [
        f'<Piece NumberOfPoints="{len(points)}" NumberOfCells="{len(cells)}">',
        "<Points>",
        _array("Points", np.ascontiguousarray(points, dtype=float), components=3),
        "</Points>",
        "<Cells>",
        _array("connectivity", np.ascontiguousarray(cells[held], dtype=np.int64)),
        _array("offsets", offsets),
        _array("types", kinds.astype(np.uint8)),
        "</Cells>",
        *_data(*data),
        "</Piece>",
    ]
    _write(path, "UnstructuredGrid", "", time, body)


def _write(path: Path, kind: str, attributes: str, time: float, body: list[str]) -> None:
    when = _array("TimeValue", np.array([time]), tuples=1)
    head = f"<{kind} {attributes}>" if attributes else f"<{kind}>"
    _file(path, kind, [head, "<FieldData>", when, "</FieldData>", *body, f"</{kind}>"])


def _file(path: Path, kind: str, body: list[str]) -> None:
    lines = [
        '<?xml version="1.0"?>',
        f'<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian" header_type="UInt64">',
        *body,
        "</VTKFile>",
    ]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def _data(kind: str, arrays: Mapping[str, Array]) -> list[str]:
    return [
        f"<{kind}>",
        *(_array(n, np.ascontiguousarray(a)) for n, a in arrays.items()),
        f"</{kind}>",
    ]


def _array(name: str, values: Array, *, components: int = 1, tuples: int | None = None) -> str:
    """Return an array in base64, as many bytes before it as it has."""
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    raw = little.tobytes()
    text = base64.b64encode(len(raw).to_bytes(8, "little") + raw).decode("ascii")
    kind = _TYPES[values.dtype.str[1:]]
    # To some readers one component is a column.
    more = "" if components == 1 else f' NumberOfComponents="{components}"'
    more += "" if tuples is None else f' NumberOfTuples="{tuples}"'
    return (
        f'<DataArray type="{kind}" Name={quoteattr(name)}{more} format="binary">{text}</DataArray>'
    )


def _numbers(values: Array) -> str:
    return " ".join(repr(float(v)) for v in values)

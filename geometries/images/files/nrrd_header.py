"""NRRD headers: bounded, checked, and where the data stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.image import require_voxels, three_sizes

_LONGEST = 2**20
_TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": (
        *("longlong", "long long", "long long int", "signed long long"),
        *("signed long long int", "int64", "int64_t"),
    ),
    "u8": (
        *("ulonglong", "unsigned long long", "unsigned long long int"),
        *("uint64", "uint64_t"),
    ),
    "f4": ("float",),
    "f8": ("double",),
}
_CODES = {name: code for code, names in _TYPES.items() for name in names}
_ENCODINGS = {
    **dict.fromkeys(("raw",), "raw"),
    **dict.fromkeys(("gzip", "gz"), "gzip"),
    **dict.fromkeys(("bzip2", "bz2"), "bzip2"),
    **dict.fromkeys(("ascii", "text", "txt"), "ascii"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class NrrdHeader:
    """The fields of a header, and its data: file, first byte, skips, encoding, type, shape.

    Segmentations may have `layers`, along an axis before i, j and k; 0 without that axis.
    """

    fields: dict[str, Any]
    data: Path
    start: int
    line_skip: int
    byte_skip: int
    encoding: str
    dtype: np.dtype[Any]
    shape: tuple[int, int, int]
    layers: int = 0


def read_header(path: Path) -> NrrdHeader:
    """Return the checked header of an NRRD file; raise `InputError` for what is not read.

    Detached data must lie in one file beside the header.
    """
    fields, start = _fields(path)
    named = _either(fields, "data file", "datafile")
    sizes = _required(fields, "sizes")
    encoding = _one_of(_ENCODINGS, _required(fields, "encoding"), "encoding")
    line_skip, byte_skip = _skips(fields, encoding)
    if int(_required(fields, "dimension")) != len(sizes):
        msg = f"'dimension' is {fields['dimension']}, but 'sizes' has {len(sizes)} numbers"
        raise InputError(msg)
    layers, sizes = _layers(fields, [int(n) for n in sizes])
    return NrrdHeader(
        fields=fields,
        data=path if named is None else _beside(path, str(named)),
        start=start if named is None else 0,
        line_skip=line_skip,
        byte_skip=byte_skip,
        encoding=encoding,
        dtype=_dtype(fields, encoding),
        shape=three_sizes(sizes),
        layers=layers,
    )


def _layers(fields: dict[str, Any], sizes: list[int]) -> tuple[int, list[int]]:
    """Return how many layers a segmentation of 3D Slicer has (0: no such axis), and the sizes."""
    kinds = list(fields.get("kinds") or [])
    if len(sizes) != 4 or not kinds or str(kinds[0]) != "list" or "Segment0_ID" not in fields:
        return 0, sizes
    i, j, k = three_sizes(sizes[1:])
    require_voxels(sizes[0] * i * j * k)
    return sizes[0], [i, j, k]


def _fields(path: Path) -> tuple[dict[str, Any], int]:
    import nrrd

    lines: list[bytes] = []
    with path.open("rb") as file:
        while (line := file.readline(_LONGEST)).strip():
            lines.append(line)
            if file.tell() > _LONGEST:
                msg = f"the header is longer than {_LONGEST} bytes"
                raise InputError(msg)
        # An empty list would be taken for a name.
        return dict(nrrd.read_header(lines or [b"\n"])), file.tell()


def _either(fields: dict[str, Any], name: str, other: str) -> Any:
    return fields.get(name, fields.get(other))


def _required(fields: dict[str, Any], name: str) -> Any:
    if fields.get(name) is None:
        msg = f"the header has no '{name}'"
        raise InputError(msg)
    return fields[name]


def _one_of(known: dict[str, str], name: Any, what: str) -> str:
    if str(name).lower() not in known:
        msg = f"{what} '{name}' is not read; allowed: {', '.join(known)}"
        raise InputError(msg)
    return known[str(name).lower()]


def _dtype(fields: dict[str, Any], encoding: str) -> np.dtype[Any]:
    code = _one_of(_CODES, _required(fields, "type"), "type")
    if code.endswith("1") or encoding == "ascii":
        return np.dtype(code)
    order = _one_of({"little": "<", "big": ">"}, _required(fields, "endian"), "endian")
    return np.dtype(order + code)


def _skips(fields: dict[str, Any], encoding: str) -> tuple[int, int]:
    """Return how many lines, then bytes, stand before the data; -1 bytes: data at the end."""
    lines = int(_either(fields, "line skip", "lineskip") or 0)
    skipped = int(_either(fields, "byte skip", "byteskip") or 0)
    if lines < 0 or skipped < (-1 if encoding == "raw" else 0):
        msg = f"'line skip' {lines} and 'byte skip' {skipped} are not read; give 0 or more"
        raise InputError(msg)
    return lines, skipped


def _beside(path: Path, name: str) -> Path:
    name = name.removeprefix("./")
    data = path.parent / name
    lone = name not in {"", ".", ".."} and not set(name) & set("/\\%\0") and "LIST" not in name[:4]
    if not lone or data.resolve().parent != path.resolve().parent:
        msg = f"'data file' is '{name}'; allowed is the name of one file beside the header"
        raise InputError(msg)
    if not data.is_file():
        msg = f"'data file' is '{name}'; there is no such file beside the header"
        raise InputError(msg)
    return data

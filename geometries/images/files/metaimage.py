"""MetaImage files (.mha, .mhd), as ITK writes them: the header is checked, then voxels are read."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.compressed import read_exactly, require_room
from cartflow.geometries.images.files.image import Image, require_finite, three_sizes

_LONGEST = 2**16
_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}


def read_metaimage(path: Path) -> Image:
    """Return the 3-D image in a MetaImage file; a detached one names a file beside it.

    Raises `InputError` for what is not read, such as data in several files.
    """
    with path.open("rb") as file:
        fields = _fields(file)
        start = file.tell()
    shape = three_sizes([int(n) for n in _required(fields, "DimSize").split()])
    affine = _affine(fields)
    require_finite(affine)
    name = _required(fields, "ElementDataFile")
    data, start = (path, start) if name.upper() == "LOCAL" else (_beside(path, name), 0)
    return Image(stored=_voxels(fields, data, start, shape), affine=affine)


def _fields(file: IO[bytes]) -> dict[str, str]:
    """Return the fields of a header, which its last, that of the data, ends."""
    fields: dict[str, str] = {}
    while file.tell() < _LONGEST:
        line = file.readline(_LONGEST).decode("latin-1")
        key, sign, value = line.partition("=")
        if not sign:
            break
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":
            return fields
    raise InputError("it does not begin with the header of a MetaImage")


def _required(fields: dict[str, str], key: str) -> str:
    if key not in fields:
        msg = f"the header has no '{key}'"
        raise InputError(msg)
    return fields[key]


def _affine(fields: dict[str, str]) -> NDArray[np.float64]:
    """Return the affine to RAS mm; ITK's world is left-posterior-superior."""
    spacing = _numbers(fields, ("ElementSpacing", "ElementSize"), 3)
    if spacing is None:
        raise InputError("the header has no 'ElementSpacing', so voxels have no size")
    turn = _numbers(fields, ("TransformMatrix", "Rotation", "Orientation"), 9)
    origin = _numbers(fields, ("Offset", "Position", "Origin"), 3)
    affine = np.eye(4)
    # The rows of the matrix are the directions of i, j and k.
    columns = np.eye(3) if turn is None else turn.reshape(3, 3).T
    affine[:3, :3] = columns * spacing
    affine[:3, 3] = 0.0 if origin is None else origin
    affine[:2] *= -1.0
    return affine


def _numbers(
    fields: dict[str, str], keys: tuple[str, ...], number: int
) -> NDArray[np.float64] | None:
    key = next((key for key in keys if key in fields), None)
    if key is None:
        return None
    found = np.array([float(n) for n in fields[key].split()])
    if found.size != number:
        msg = f"'{key}' has {found.size} numbers; needed are {number}"
        raise InputError(msg)
    return found


def _beside(path: Path, name: str) -> Path:
    data = path.parent / name
    lone = name not in {"", ".", ".."} and not set(name) & set("/\\%\0 ") and name != "LIST"
    if not lone or data.resolve().parent != path.resolve().parent:
        msg = f"'ElementDataFile' is '{name}'; allowed is the name of one file beside the header"
        raise InputError(msg)
    if not data.is_file():
        msg = f"'ElementDataFile' is '{name}'; there is no such file beside the header"
        raise InputError(msg)
    return data


def _voxels(
    fields: dict[str, str], path: Path, start: int, shape: tuple[int, int, int]
) -> NDArray[Any]:
    kind = _required(fields, "ElementType")
    if kind not in _TYPES or int(fields.get("ElementNumberOfChannels", "1")) != 1:
        msg = f"ElementType '{kind}' is not read; allowed: {', '.join(_TYPES)}, of one channel"
        raise InputError(msg)
    big = fields.get("BinaryDataByteOrderMSB", fields.get("ElementByteOrderMSB", "False"))
    dtype = np.dtype((">" if big.lower() == "true" else "<") + _TYPES[kind])
    needed = int(np.prod(shape)) * dtype.itemsize
    held = path.stat().st_size - start
    packed = fields.get("CompressedData", "False").lower() == "true"
    require_room(needed, held, gzipped=packed)
    skip = int(fields.get("HeaderSize", "0"))
    with path.open("rb") as file:
        file.seek(start)
        stream: Any = _Unpacked(file) if packed else file
        data = read_exactly(stream, held - needed if skip == -1 else max(skip, 0), needed)
    return data.view(dtype).reshape(shape, order="F")


class _Unpacked:
    """A zlib stream, unpacked as far as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._engine = file, zlib.decompressobj()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end."""
        while not self._engine.eof:
            packed = self._engine.unconsumed_tail or self._file.read(2**16)
            part = self._engine.decompress(packed, size)
            if part or not packed:
                return part
        return b""

    def readinto(self, room: Any) -> int:
        """Fill `room` as far as there is anything, and return with how many bytes."""
        part = self.read(len(room))
        room[: len(part)] = part
        return len(part)

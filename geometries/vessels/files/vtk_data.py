"""The arrays of a VTK file in XML: as text, in base64 or raw, plain or packed by zlib or LZMA."""

from __future__ import annotations

import base64
import binascii
import lzma
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.vessels.files.bounds import MOST_NUMBERS, require_few
from cartflow.geometries.vessels.files.vtk_elements import Element

_TYPES = {
    **{f"Int{8 * n}": f"i{n}" for n in (1, 2, 4, 8)},
    **{f"UInt{8 * n}": f"u{n}" for n in (1, 2, 4, 8)},
    "Float32": "f4",
    "Float64": "f8",
}
_PACKED = {"": "", "vtkZLibDataCompressor": "zlib", "vtkLZMADataCompressor": "lzma"}
_MOST_BLOCKS = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """How the arrays of one file are stored, and its `appended` data."""

    order: str
    header: str
    packed: str
    appended: bytes
    encoding: str

    @classmethod
    def of(cls, root: Element, appended: bytes, encoding: str) -> Arrays:
        """Return how the file of `root` stores arrays. Raises `InputError` for others."""
        packed, order = root.attributes.get("compressor", ""), root.attributes.get("byte_order", "")
        require_known(packed, _PACKED, "compressor")
        require_known(order, ("LittleEndian", "BigEndian"), "byte_order")
        header = root.attributes.get("header_type", "UInt32")
        require_known(header, ("UInt32", "UInt64"), "header_type")
        return cls(
            order="<" if order == "LittleEndian" else ">",
            header=_TYPES[header],
            packed=_PACKED[packed],
            appended=appended,
            encoding=encoding,
        )

    def read(self, element: Element, count: int | None) -> NDArray[Any]:
        """Return the numbers of a DataArray, `count` of them unless it is None.

        Raises `InputError` where there are not as many, or too many.
        """
        name = element.attributes.get("Name", "")
        kind = element.attributes.get("type", "")
        require_known(kind, _TYPES, f"array '{name}': type")
        dtype = np.dtype(f"{self.order}{_TYPES[kind]}")
        try:
            values = self._values(element, dtype)
        except (ValueError, binascii.Error, zlib.error, lzma.LZMAError) as error:
            msg = f"array '{name}': {' '.join(str(error).split())}"
            raise InputError(msg) from None
        if count is not None and values.size != count:
            msg = f"array '{name}': it holds {values.size} numbers; needed are {count}"
            raise InputError(msg)
        return values.astype(dtype.newbyteorder("="))

    def _values(self, element: Element, dtype: np.dtype[Any]) -> NDArray[Any]:
        form = element.attributes.get("format", "")
        require_known(form, ("ascii", "binary", "appended"), "DataArray: format")
        if form == "ascii":
            words = element.text.split()
            require_few(len(words), MOST_NUMBERS, "numbers")
            return np.array(words, dtype=np.float64).astype(dtype) if words else np.empty(0, dtype)
        if form == "binary":
            raw = self._unpacked(element.text.encode("ascii", "replace").strip(), base64_=True)
        else:
            start = element.number("offset")
            if start > len(self.appended):
                raise ValueError("its data begin behind the end of the file")
            content = memoryview(self.appended)[start:]
            raw = self._unpacked(content, base64_=self.encoding == "base64")
        return np.frombuffer(raw, dtype)

    def _unpacked(self, content: Any, *, base64_: bool) -> bytes:
        """Return the bytes of an array, behind the header that says how many there are."""
        word = np.dtype(f"{self.order}{self.header}")
        if not self.packed:
            size = int(_taken(content, 0, word.itemsize, base64_).view(word)[0])
            require_few(size, 8 * MOST_NUMBERS, "bytes")
            return _taken(content, 0, word.itemsize + size, base64_)[word.itemsize :].tobytes()
        blocks = int(_taken(content, 0, word.itemsize, base64_).view(word)[0])
        require_few(blocks, _MOST_BLOCKS, "blocks")
        if not blocks:
            return b""
        length = (3 + blocks) * word.itemsize
        head = _taken(content, 0, length, base64_).view(word).astype(np.int64)
        full, last, sizes = int(head[1]), int(head[2]), head[3:]
        if (sizes < 0).any() or full < 0 or last < 0:
            raise ValueError("a block of a negative size")
        require_few(int(blocks * max(full, last)), 8 * MOST_NUMBERS, "bytes")
        start = _in_text(length) if base64_ else length
        packed = _taken(content, start, int(sizes.sum()), base64_).tobytes()
        ends = np.cumsum(sizes)
        wanted = [full] * (blocks - 1) + [last or full]
        parts = zip(ends - sizes, ends, wanted, strict=True)
        return b"".join(self._block(packed[a:b], size) for a, b, size in parts)

    def _block(self, data: bytes, size: int) -> bytes:
        unpacker: Any = zlib.decompressobj() if self.packed == "zlib" else lzma.LZMADecompressor()
        found: bytes = unpacker.decompress(data, size + 1)
        if len(found) != size:
            msg = f"a block holds {len(found)} bytes; its header says {size}"
            raise ValueError(msg)
        return found


def _in_text(size: int) -> int:
    """Return how many letters of base64 hold as many bytes."""
    return 4 * ((size + 2) // 3)


def _taken(content: Any, start: int, size: int, base64_: bool) -> NDArray[np.uint8]:
    """Return `size` bytes from a place in base64 or in bytes. Raises `ValueError`."""
    require_few(size, 8 * MOST_NUMBERS + 64, "bytes")
    part = bytes(content[start : start + (_in_text(size) if base64_ else size)])
    raw = base64.b64decode(part, validate=True) if base64_ else part
    if len(raw) < size:
        raise ValueError("its data are shorter than its header says")
    return np.frombuffer(raw[:size], np.uint8)

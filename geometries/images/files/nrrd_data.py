"""The voxels of an NRRD file: as many as its header says, from nowhere else."""

from __future__ import annotations

import bz2
import gzip
import warnings
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cartflow.geometries.images.files.compressed import read_exactly, require_room
from cartflow.geometries.images.files.nrrd_header import NrrdHeader

_LONGEST_LINE = 2**20


def read_data(header: NrrdHeader) -> NDArray[Any]:
    """Return the array (i, j, k), or with layers (layer, i, j, k); one copy in memory.

    The first index runs fastest.

    pynrrd holds the file, its content and a copy of that at once, and unpacks whatever the
    file gives. Raises `ValueError` unless the data are as long as the header says.
    """
    shape = (header.layers, *header.shape) if header.layers else header.shape
    count = int(np.prod(shape))
    needed = count * header.dtype.itemsize
    with header.data.open("rb") as file:
        file.seek(header.start)
        _skip_lines(file, header.line_skip)
        held = header.data.stat().st_size - file.tell()
        if header.encoding == "ascii":
            return _numbers(file, header, held, count).reshape(shape, order="F")
        if header.encoding != "bzip2":
            require_room(needed, held, gzipped=header.encoding == "gzip")
        skip = held - needed if header.byte_skip == -1 else header.byte_skip
        data = read_exactly(_opened(file, header.encoding), skip, needed)
    return data.view(header.dtype).reshape(shape, order="F")


def _opened(file: IO[bytes], encoding: str) -> Any:
    if encoding == "gzip":
        return gzip.GzipFile(fileobj=file)
    return bz2.BZ2File(file) if encoding == "bzip2" else file


def _skip_lines(file: IO[bytes], lines: int) -> None:
    for _ in range(lines):
        if not file.readline(_LONGEST_LINE):
            msg = f"the file ends within the {lines} lines to skip"
            raise ValueError(msg)


def _numbers(file: IO[bytes], header: NrrdHeader, held: int, count: int) -> NDArray[Any]:
    # Every number but the last is followed by a blank.
    require_room(2 * count - 1, held, gzipped=False)
    file.seek(header.byte_skip, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers: NDArray[Any] = np.fromfile(file, header.dtype, count=count + 1, sep=" ")
    if numbers.size != count:
        msg = f"it holds {numbers.size} numbers or more, but its header says {count}"
        raise ValueError(msg)
    return numbers

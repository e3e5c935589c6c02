"""Large arrays that go back to the system as soon as they are freed."""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's <malloc.h>
_LARGE = 4 * 2**20


def give_back_large_arrays() -> bool:
    """Have arrays of 4 MiB and more given back when they are freed; return whether that is so.

    glibc takes larger and larger blocks from its heap once such are freed, up to 32 MiB, where
    what is small and stays keeps the gaps between them: a run of a million voxels held 160 MB so.
    It is of no consequence for numbers, and elsewhere than on glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE))
    except (AttributeError, OSError):
        return False

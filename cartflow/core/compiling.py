"""How loops are compiled, in one place: numba's options, and where compiled code is kept.

Code is kept on disk between processes: beside the package's files, or where those cannot be
written in the folder of `cartflow.core.cache_folder`. A division by zero gives an infinity, as in
NumPy, which the engine finds and names. numba is asked how many threads there may be, for which
it starts its own: those sleep, where OpenMP's may wait in a circle; NUMBA_THREADING_LAYER
chooses others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numba
from numba.core.dispatcher import Dispatcher

from cartflow.core.cache_folder import VARIABLE, cache_folder, require_room
from cartflow.core.compiled_files import keep_apart
from cartflow.core.compiled_once import when_needed

F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """What turns a function into one that is compiled, and is called alike."""

    def __call__(self, function: F, /) -> F:
        """Return `function` compiled."""


_config: Any = numba.config

if "NUMBA_THREADING_LAYER" not in os.environ:
    _config.THREADING_LAYER = "workqueue"

# Products and sums may join in one instruction, which is as exact and the same in every run.
_CONTRACT = {"contract"}
# Sums may be taken in another order, which is fixed when they are compiled.
_REORDER = {"contract", "reassoc", "nsz"}


def njit(signature: Any = None, **options: Any) -> Decorator:
    """Return `numba.njit` with its `options`, for a function whose code is kept.

    With a `signature` it is compiled for that alone, when it is first called.
    """
    make: Any = numba.njit
    # Only what has a signature is ever passed on as a function, which takes a wrapper of its own.
    compile_it: Any = make(no_cfunc_wrapper=signature is None, **options)

    def decorate(function: F) -> F:
        # numba looks for the folder here, and has one setting for all packages.
        before, _config.CACHE_DIR = _config.CACHE_DIR, _folder()
        try:
            decorated: Any = compile_it(function)
        finally:
            _config.CACHE_DIR = before
        keep_apart(decorated)
        if signature is not None and isinstance(decorated, Dispatcher):
            when_needed(decorated, signature)
        compiled: F = decorated
        return compiled

    return decorate


@cache
def _folder() -> str:
    """Return the folder for compiled code, or nothing where it is kept beside the files."""
    if _config.CACHE_DIR:
        return str(_config.CACHE_DIR)
    if not os.environ.get(VARIABLE):
        beside = Path(__file__).parent / "__pycache__"
        try:
            beside.mkdir(exist_ok=True)
            require_room(beside)
            return ""
        except OSError:
            pass
    return str(cache_folder("loops"))


serial = njit(cache=True, error_model="numpy", nogil=True)
# For loops that make no array and return none: numba counts no owners of those they are given,
# which took as long as the sums. What calls them holds the arrays; what they call is compiled so,
# too.
in_place = njit(cache=True, error_model="numpy", nogil=True, _nrt=False)
fused = njit(cache=True, error_model="numpy", nogil=True, fastmath=_CONTRACT)
fused_in_place = njit(cache=True, error_model="numpy", nogil=True, fastmath=_CONTRACT, _nrt=False)
# For parts of a loop that is called from one place: written into what calls them, since LLVM takes
# seconds to hand all arrays of a plan and its room to a function.
part_in_place = njit(cache=True, error_model="numpy", nogil=True, _nrt=False, inline="always")
fused_part_in_place = njit(
    cache=True, error_model="numpy", nogil=True, fastmath=_CONTRACT, _nrt=False, inline="always"
)
summing = njit(cache=True, error_model="numpy", nogil=True, fastmath=_REORDER)


def compiled_for(signature: Any) -> Decorator:
    """Return the decorator of loops that are compiled for one `signature`, when first called."""
    return njit(signature, cache=True, error_model="numpy", nogil=True, fastmath=_CONTRACT)

"""How loops are compiled, in one place: numba's options.

Code is kept on disk between processes; a division by zero gives an infinity, as in NumPy, which
the engine finds and names. numba is asked how many threads there may be, for which it starts its
own: those sleep, where OpenMP's may wait in a circle; NUMBA_THREADING_LAYER chooses others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])

if "NUMBA_THREADING_LAYER" not in os.environ:
    setattr(numba.config, "THREADING_LAYER", "workqueue")  # noqa: B010, numba has no types for it

# Products and sums may join in one instruction, which is as exact and the same in every run.
_CONTRACT = {"contract"}
# Sums may be taken in another order, which is fixed when they are compiled.
_REORDER = {"contract", "reassoc", "nsz"}

serial = numba.njit(cache=True, error_model="numpy", nogil=True)
fused = numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=_CONTRACT)
summing = numba.njit(cache=True, error_model="numpy", nogil=True, fastmath=_REORDER)


def compiled_now(signature: Any) -> Callable[[F], F]:
    """Return the decorator of loops that are compiled, or read from disk, when they are defined."""
    compile_it: Any = numba.njit
    decorator: Callable[[F], F] = compile_it(
        signature, cache=True, error_model="numpy", nogil=True, fastmath=_CONTRACT
    )
    return decorator

"""A tumour whose cells were taken or added at once, with the volume that they fill from then on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.growing.growth import Growth
from cartflow.coupling.state import State

Array = np.ndarray
_FILLED = 1e-9


def repacked(state: State, growth: Growth, volumes: Array) -> State:
    """Return the state with the volume that its cells fill.

    Each mesh cell shrinks or swells with what it holds, and all is shared out again over mesh
    cells of their shares of the new volume, evenly within each: amounts stay to round-off.
    `volumes` are those at the start. Raises `StepFailed` where no cells are left that fill any.
    """
    filled = growth.filled(state.tumour) * volumes
    if (
        np.abs(filled - state.expansion * volumes).max()
        <= _FILLED * state.expansion * volumes.max()
    ):
        return state
    total = float(filled.sum())
    if not total > 0.0:
        raise StepFailed("tumour", "no cell is left of those that its volume follows", state.time)
    expansion = total / float(volumes.sum())
    old = np.concatenate([[0.0], np.cumsum(filled)])
    new = np.concatenate([[0.0], np.cumsum(volumes)]) * expansion
    # The last edges are one.
    old[-1] = new[-1]
    amounts = np.array([_shared_out(row, old, new) for row in state.tumour * volumes])
    return replace(state, tumour=amounts / volumes, expansion=expansion)


def _shared_out(amounts: Array, old: Array, new: Array) -> Array:
    """Return amounts between `old` edges as they lie between `new` ones."""
    below = np.concatenate([[0.0], np.cumsum(amounts)])
    found = np.diff(np.interp(new, old, below))
    return np.asarray(found * (amounts.sum() / found.sum()) if found.sum() > 0.0 else found)

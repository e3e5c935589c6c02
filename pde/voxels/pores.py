"""Compiled loops between amounts per mm^3 of tissue and densities, which are those of pores."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.pde.voxels.crew import in_parts

Array = np.ndarray


def densities(amounts: Array, storage: Array, stored: Array) -> Array:
    """Return amounts / storage, all (species, cells); only the species `stored` have any."""
    out, cells = np.empty_like(amounts), amounts.shape[1]
    in_parts(lambda a, b: _divide(amounts, storage, stored, a, b, out), cells, cells)
    return out


def turn_into_densities(amounts: Array, storage: Array, stored: Array) -> None:
    """Do as `densities` in place."""
    cells = amounts.shape[1]
    in_parts(lambda a, b: _divide_in_place(amounts, storage, stored, a, b), cells, cells)


def amounts(densities: Array, storage: Array, stored: Array) -> Array:
    """Return densities x storage, as `densities` takes them apart."""
    out, cells = np.empty_like(densities), densities.shape[1]
    in_parts(lambda a, b: _times(densities, storage, stored, a, b, out), cells, cells)
    return out


@fused
def _divide(u: Array, storage: Array, stored: Array, low: int, high: int, out: Array) -> None:
    for s in range(u.shape[0]):
        source, target = u[s, low:high], out[s, low:high]
        if stored[s]:
            held = storage[s, low:high]
            for i in range(high - low):
                target[i] = source[i] / held[i]
        else:
            target[:] = source


@fused
def _divide_in_place(u: Array, storage: Array, stored: Array, low: int, high: int) -> None:
    for s in range(u.shape[0]):
        if stored[s]:
            target, held = u[s, low:high], storage[s, low:high]
            for i in range(high - low):
                target[i] /= held[i]


@fused
def _times(u: Array, storage: Array, stored: Array, low: int, high: int, out: Array) -> None:
    for s in range(u.shape[0]):
        source, target = u[s, low:high], out[s, low:high]
        if stored[s]:
            held = storage[s, low:high]
            for i in range(high - low):
                target[i] = source[i] * held[i]
        else:
            target[:] = source

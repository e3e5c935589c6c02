"""A seven-point stencil and a copy, each as plain as it gets and as fast as numba lets it be.

A plain store first reads the line that it overwrites (write-allocate), a streaming store does
not. `stream` writes eight cells at once past the caches and asks for the next plane early; it
needs rows of a multiple of eight cells, on 64-byte lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic

Array = np.ndarray
WIDTH = 8
AHEAD = 512  # doubles ahead in the next plane
_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_INTEGER = ir.IntType(32)


def aligned(size: int) -> Array:
    """Return zeros that begin on a 64-byte line."""
    room = np.zeros(size + WIDTH)
    first = (-room.ctypes.data % 64) // 8
    return room[first : first + size]


@njit(parallel=True, cache=True)
def copy(source: Array, target: Array) -> None:
    """Copy with plain stores."""
    for i in prange(source.size):
        target[i] = source[i]


@njit(parallel=True, fastmath=True, cache=True)
def plain(u: Array, out: Array, centre: float, side: float) -> None:
    """Write centre u + side (sum of the six neighbours) inside the walls, arrays (z, y, x)."""
    planes, rows, width = u.shape
    for k in prange(1, planes - 1):
        for j in range(1, rows - 1):
            for i in range(1, width - 1):
                out[k, j, i] = centre * u[k, j, i] + side * (
                    u[k, j, i - 1]
                    + u[k, j, i + 1]
                    + u[k, j - 1, i]
                    + u[k, j + 1, i]
                    + u[k - 1, j, i]
                    + u[k + 1, j, i]
                )


def _load(builder: Any, data: Any, index: Any) -> Any:
    place = builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())
    value = builder.load(place)
    value.align = 8
    return value


def _store_past_caches(builder: Any, value: Any, data: Any, index: Any) -> None:
    place = builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())
    store = builder.store(value, place)
    store.align = 64
    mark = builder.module.add_metadata([ir.Constant(_INTEGER, 1)])
    store.set_metadata("nontemporal", mark)


def _prefetch(builder: Any, data: Any, index: Any) -> None:
    pointer = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [pointer, _INTEGER, _INTEGER, _INTEGER])
    function = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), kind)
    place = builder.bitcast(builder.gep(data, [index]), pointer)
    builder.call(function, [place, _INTEGER(0), _INTEGER(3), _INTEGER(1)])


def _spread(builder: Any, value: Any) -> Any:
    vector = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(WIDTH):
        vector = builder.insert_element(vector, value, _INTEGER(lane))
    return vector


@intrinsic
def _copy_eight(context: Any, source: Any, target: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        read, write = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args[:2], given[:2], strict=True)
        )
        value = _load(builder, read.data, given[2])
        _store_past_caches(builder, value, write.data, given[2])
        return context.get_dummy_value()

    return types.void(source, target, at), generate


@intrinsic
def _stencil_eight(
    context: Any,
    u: Any,
    out: Any,
    at: Any,
    one: Any,
    row: Any,
    plane: Any,
    centre: Any,
    side: Any,
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        read, write = (
            context.make_array(kind)(context, builder, array)
            for kind, array in zip(signature.args[:2], given[:2], strict=True)
        )
        here, offsets = given[2], given[3:6]
        early = builder.add(builder.add(here, offsets[2]), ir.Constant(here.type, AHEAD))
        _prefetch(builder, read.data, early)
        total = None
        for move in (builder.sub, builder.add):
            for offset in offsets:
                value = _load(builder, read.data, move(here, offset))
                total = value if total is None else builder.fadd(total, value)
        middle = builder.fmul(_spread(builder, given[6]), _load(builder, read.data, here))
        around = builder.fmul(_spread(builder, given[7]), total)
        _store_past_caches(builder, builder.fadd(middle, around), write.data, here)
        return context.get_dummy_value()

    return types.void(u, out, at, one, row, plane, centre, side), generate


@njit(parallel=True, cache=True)
def stream_copy(source: Array, target: Array) -> None:
    """Copy with streaming stores; sizes a multiple of eight."""
    for block in prange(source.size // 8):
        _copy_eight(source, target, block * 8)


@njit(parallel=True, fastmath=True, cache=True)
def stream(u: Array, out: Array, shape: Array, centre: float, side: float) -> None:
    """Write the stencil of flat arrays with streaming stores; the ends of rows are not right.

    Rows and planes at the walls are left alone; the first and last cell of a row take their
    neighbour from the row beside, and have to be set anew.
    """
    planes, rows, width = shape[0], shape[1], shape[2]
    for k in prange(1, planes - 1):
        for j in range(1, rows - 1):
            first = (k * rows + j) * width
            for block in range(width // 8):
                _stencil_eight(u, out, first + block * 8, 1, width, rows * width, centre, side)


@njit(parallel=True, fastmath=True, cache=True)
def stage(
    u: Array,
    before: Array,
    start: Array,
    slope: Array,
    out: Array,
    rates: Array,
    growth: float,
    weights: Array,
) -> None:
    """Write one stage of a stabilised scheme for u' = D lap u + g u (1 - u), closed walls.

    out = w0 u + w1 before + w2 start + w3 f(u) + w4 slope; arrays (z, y, x), `rates` (z, y, x)
    are D/dx^2.
    """
    planes, rows, width = u.shape
    last = width - 1
    for k in prange(planes):
        low, high = max(k - 1, 0), min(k + 1, planes - 1)
        for j in range(rows):
            here, under, over = u[k, j], u[low, j], u[high, j]
            south, north = u[k, max(j - 1, 0)], u[k, min(j + 1, rows - 1)]
            a, b, c, target = before[k, j], start[k, j], slope[k, j], out[k, j]
            for i in range(1, last):
                x = here[i]
                f = rates[2] * (here[i - 1] + here[i + 1] - 2.0 * x)
                f += rates[1] * (south[i] + north[i] - 2.0 * x)
                f += rates[0] * (under[i] + over[i] - 2.0 * x) + growth * x * (1.0 - x)
                target[i] = (
                    weights[0] * x
                    + weights[1] * a[i]
                    + weights[2] * b[i]
                    + weights[3] * f
                    + weights[4] * c[i]
                )
            for i, beside in ((0, 1), (last, last - 1)):
                x = here[i]
                f = rates[2] * (here[beside] - x)
                f += rates[1] * (south[i] + north[i] - 2.0 * x)
                f += rates[0] * (under[i] + over[i] - 2.0 * x) + growth * x * (1.0 - x)
                target[i] = (
                    weights[0] * x
                    + weights[1] * a[i]
                    + weights[2] * b[i]
                    + weights[3] * f
                    + weights[4] * c[i]
                )

"""Sums of rows of numbers in compiled loops, as wide as a processor's vectors.

numba compiles a loop over the last axis of an array with looks at whether rows overlap, and counts
references to each row, which takes longer than a short row's sum. Here the last axis has whole
`LANES`, which are added at once. Rows that are the same one, and those that are apart, are right;
those that overlap in part are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

Array = np.ndarray

LANES = 8
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_MASK = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
_CONTRACT = ("contract",)


def whole(size: int) -> int:
    """Return the next whole number of lanes."""
    return -(-size // LANES) * LANES


def side_by_side(values: Sequence[Array]) -> Array:
    """Return arrays as one, with a last axis for them and whole lanes of it."""
    found = np.zeros((*values[0].shape, whole(len(values))))
    for k, each in enumerate(values):
        found[..., k] = each
    return found


def _places(context: Any, builder: Any, kind: Any, value: Any, index: Any, at: Any) -> Any:
    """Return the pointer to the first lane of a row of an array."""
    array = context.make_array(kind)(context, builder, value)
    at = cgutils.unpack_tuple(builder, at) if isinstance(index, types.BaseTuple) else [at]
    at = [builder.sext(i, _INTP) if i.type.width < _INTP.width else i for i in at]
    first = [*at, ir.Constant(_INTP, 0)]
    place = cgutils.get_item_pointer(context, builder, kind, array, first, wraparound=False)
    return builder.bitcast(place, _VECTOR.as_pointer())


_INTP = cgutils.intp_t


def _rows(join: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """Return the typing of a function of a row, a factor and a row, which writes the first."""

    def function(context: Any, out: Any, index: Any, factor: Any, x: Any, place: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            kinds = signature.args
            mine = _places(context, builder, kinds[0], given[0], kinds[1], given[1])
            other = _places(context, builder, kinds[3], given[3], kinds[4], given[4])
            one = builder.insert_element(
                ir.Constant(_VECTOR, ir.Undefined), given[2], ir.Constant(ir.IntType(32), 0)
            )
            factors = builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), _MASK)
            array = context.make_array(kinds[0])(context, builder, given[0])
            last = cgutils.unpack_tuple(builder, array.shape)[-1]
            count = builder.udiv(last, ir.Constant(_INTP, LANES))
            with cgutils.for_range(builder, count) as loop:
                to, x = builder.gep(mine, [loop.index]), builder.gep(other, [loop.index])
                read = builder.load(x, align=8)
                product = builder.fmul(factors, read, flags=_CONTRACT)
                builder.store(join(builder, to, product), to, align=8)
            return context.get_dummy_value()

        return types.void(out, index, types.float64, x, place), generate

    return function


def _sum(builder: Any, to: Any, product: Any) -> Any:
    return builder.fadd(builder.load(to, align=8), product, flags=_CONTRACT)


def _product(builder: Any, to: Any, product: Any) -> Any:
    return product


def _add_scaled(context: Any, out: Any, index: Any, factor: Any, x: Any, place: Any) -> Any:
    """Add factor x[place] to ``out[index]``; the indices are whole numbers or tuples of them."""
    return _rows(_sum)(context, out, index, factor, x, place)


def _scaled(context: Any, out: Any, index: Any, factor: Any, x: Any, place: Any) -> Any:
    """Write factor x[place] to ``out[index]``; the indices are whole numbers or tuples of them."""
    return _rows(_product)(context, out, index, factor, x, place)


# In compiled code: ``add_scaled(out, index, factor, x, place)``.
add_scaled: Any = intrinsic(_add_scaled)
scaled: Any = intrinsic(_scaled)

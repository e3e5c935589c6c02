"""Arithmetic on rows of lanes, one animal a lane: a fixed number of them, or a single one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 32


def lanes_for(animals: int) -> int:
    """Return how many lanes hold a group of so many animals."""
    return 1 if animals == 1 else LANES


def _on_rows(arguments: list[Any], combine: Callable[..., Any]) -> tuple[Any, Callable[..., Any]]:
    """Return what ``target[i] = combine(target[i], a[j], ...)`` compiles to.

    All arrays are (rows, LANES), or all (rows, 1); either is what each lane by itself would be.
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        pairs = range(0, len(values), 2)
        made = [context.make_array(signature.args[n])(context, builder, values[n]) for n in pairs]
        width = builder.extract_value(made[0].shape, 1)
        alone = builder.icmp_signed("==", width, ir.Constant(width.type, 1))

        def combined(lanes: int) -> None:
            kind = ir.VectorType(ir.DoubleType(), lanes) if lanes > 1 else ir.DoubleType()
            rows = []
            for array, n in zip(made, pairs, strict=True):
                first = builder.mul(values[n + 1], context.get_constant(types.intp, lanes))
                place = builder.gep(array.data, [first])
                rows.append(builder.bitcast(place, kind.as_pointer()))
            result = combine(builder, *(builder.load(row, align=8) for row in rows))
            builder.store(result, rows[0], align=8)

        with builder.if_else(alone) as (single, several):
            with single:
                combined(1)
            with several:
                combined(LANES)
        return context.get_dummy_value()

    return types.void(*arguments), code


# numba cannot know that rows are apart, and would check it anew for each; these need not.
def _add_product(context: Any, target: Any, i: Any, a: Any, j: Any, b: Any, k: Any) -> Any:
    """Add ``a[j] * b[k]`` to the row ``target[i]``; all arrays are of as many lanes, in C order."""
    return _on_rows([target, i, a, j, b, k], lambda d, x, y, z: d.fadd(x, d.fmul(y, z)))


def _subtract_product(context: Any, target: Any, i: Any, a: Any, j: Any, b: Any, k: Any) -> Any:
    """Subtract ``a[j] * b[k]`` from the row ``target[i]``; arrays as in `_add_product`."""
    return _on_rows([target, i, a, j, b, k], lambda d, x, y, z: d.fsub(x, d.fmul(y, z)))


def _set_product(context: Any, target: Any, i: Any, a: Any, j: Any, b: Any, k: Any) -> Any:
    """Set the row ``target[i]`` to ``a[j] * b[k]``; arrays as in `_add_product`."""
    return _on_rows([target, i, a, j, b, k], lambda d, _, y, z: d.fmul(y, z))


def _multiply(context: Any, target: Any, i: Any, a: Any, j: Any) -> Any:
    """Multiply the row ``target[i]`` with the row ``a[j]``; arrays as in `_add_product`."""
    return _on_rows([target, i, a, j], lambda d, x, y: d.fmul(x, y))


def _set_positive(context: Any, target: Any, i: Any, a: Any, j: Any) -> Any:
    """Set the row ``target[i]`` to ``max(a[j], 0)``; arrays as in `_add_product`."""

    def positive(builder: Any, _: Any, row: Any) -> Any:
        zero = ir.Constant(row.type, 0.0 if row.type == ir.DoubleType() else [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", row, zero), row, zero)

    return _on_rows([target, i, a, j], positive)


add_product: Any = intrinsic(_add_product)
subtract_product: Any = intrinsic(_subtract_product)
set_product: Any = intrinsic(_set_product)
multiply: Any = intrinsic(_multiply)
set_positive: Any = intrinsic(_set_positive)

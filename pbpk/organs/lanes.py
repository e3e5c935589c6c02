"""Arithmetic on rows of a fixed number of lanes, one animal a lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 32


def _row(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Return where a row of an array (rows, LANES) lies, as a vector."""
    vector = ir.VectorType(ir.DoubleType(), LANES)
    data = context.make_array(array_type)(context, builder, array).data
    first = builder.mul(index, context.get_constant(types.intp, LANES))
    return builder.bitcast(builder.gep(data, [first]), vector.as_pointer())


def _on_rows(arguments: list[Any], combine: Callable[..., Any]) -> tuple[Any, Callable[..., Any]]:
    """Return what ``target[i] = combine(target[i], a[j], ...)`` compiles to."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        rows = [
            _row(context, builder, signature.args[n], values[n], values[n + 1])
            for n in range(0, len(values), 2)
        ]
        result = combine(builder, *(builder.load(row, align=8) for row in rows))
        builder.store(result, rows[0], align=8)
        return context.get_dummy_value()

    return types.void(*arguments), code


# numba cannot know that rows are apart, and would check it anew for each; these need not.
def _add_product(context: Any, target: Any, i: Any, a: Any, j: Any, b: Any, k: Any) -> Any:
    """Add ``a[j] * b[k]`` to the row ``target[i]``; all arrays are (rows, LANES) in C order."""
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
        zero = ir.Constant(row.type, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", row, zero), row, zero)

    return _on_rows([target, i, a, j], positive)


add_product: Any = intrinsic(_add_product)
subtract_product: Any = intrinsic(_subtract_product)
set_product: Any = intrinsic(_set_product)
multiply: Any = intrinsic(_multiply)
set_positive: Any = intrinsic(_set_positive)

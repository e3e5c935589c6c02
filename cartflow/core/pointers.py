"""Calls of compiled functions by their address, from compiled loops.

numba can pass functions as values, but looks each up anew in every call, which takes longer
than a short step.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _call(context: Any, address: Any, arguments: Any) -> Any:
    """Call the C function at `address` with a tuple of arrays, as pointers, and whole numbers."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        values = []
        for k, kind in enumerate(signature.args[1].types):
            value = builder.extract_value(given[1], k)
            if isinstance(kind, types.Array):
                value = context.make_array(kind)(context, builder, value).data
            values.append(value)
        function = ir.FunctionType(ir.VoidType(), [value.type for value in values])
        builder.call(builder.inttoptr(given[0], function.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(address, arguments), generate


# In compiled code: ``call(address, arguments)``.
call: Any = intrinsic(_call)

"""The text of a module whose functions do as those of `generated`, and can be called by address."""

from __future__ import annotations

_TEXT = '''\
"""Rates and their derivatives by address, written by cartflow; changes to this file are lost."""

from numba import carray, cfunc, {number}, int64, types, void

from {module} import jacobian_block, rates_block

POINTER = types.CPointer({number})
BLOCK = void(POINTER, int64, POINTER, int64, int64, POINTER, int64)


@cfunc(BLOCK, cache=True)
def rates_by_address(amounts, cells, parameters, start, stop, out, width):
    rates_block(carray(amounts, ({species}, cells)), carray(parameters, ({parameters},)),
                start, stop, carray(out, ({reactions}, width)))


@cfunc(BLOCK, cache=True)
def jacobian_by_address(amounts, cells, parameters, start, stop, out, width):
    jacobian_block(carray(amounts, ({species}, cells)), carray(parameters, ({parameters},)),
                   start, stop, carray(out, ({slopes}, width)))
'''


def pointers_text(
    module: str, species: int, reactions: int, parameters: int, number: str = "float64"
) -> str:
    """Return the module with `rates_by_address` and `jacobian_by_address` of `module`'s blocks.

    Both take (amounts, cells, parameters, start, stop, out, width): amounts (species, cells) and
    out (reactions or reactions x species, width) as pointers in C order to numbers
    of the kind `number`, float64 or complex128.
    """
    return _TEXT.format(
        number=number,
        module=module,
        species=species,
        reactions=max(reactions, 1),
        parameters=max(parameters, 1),
        slopes=max(reactions * species, 1),
    )

"""What the loops over equal voxels read of a problem, and what it is to the compiler.

Arrays are (species, cells); `ahead` and `behind` (axes, cells) hold a cell's neighbours along each
axis, or the cell itself at a rim, so that nothing flows there. Blocks of voxels at a rim may be
partly filled: their volumes and faces are smaller, their distances are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types

Array = np.ndarray


class Fields(NamedTuple):
    """How every field moves, per species: what the compiled loops read.

    `way` 0 does not diffuse, 1 diffuses with the rates `uniform` (species, axes) on a whole
    grid of `shape` (3; slowest axis first), 2 with `exchange` = A D/d (rows, axes, cells; mm^3/day,
    face ahead) in row `row`, 3 with the arms of an anisotropic diffusivity: cell c exchanges with
    the cells `arm_to`, by `arm_exchange` (mm^3/day), from entry `arm_begin[row, c]` to the next;
    4 on a whole grid with rates that differ by place, `placed` (rows; see `grid_rates`).
    `local` is the row of `gain` and `loss`, or -1; `drifts` the row of the drift's fluxes.
    `porosity` (cells) is empty where nothing is stored in pores, or they are all there is.
    """

    way: Array
    uniform: Array
    row: Array
    exchange: Array
    placed: Array
    arm_begin: Array
    arm_to: Array
    arm_exchange: Array
    shape: Array
    local: Array
    gain: Array
    loss: Array
    drifts: Array
    ahead: Array
    behind: Array
    volumes: Array
    porosity: Array


class Kinetics(NamedTuple):
    """Stoichiometry (species, reactions), parameters, and which reactions are counted.

    `in_pores` are the reactions with rates per volume of pore fluid, `solutes` the species there.
    """

    stoichiometry: Array
    parameters: Array
    counted: Array
    in_pores: Array
    solutes: Array


_reals, _rows, _stacks = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
_numbers, _links = types.int64[::1], types.int32[:, ::1]
_begins, _cells = types.int64[:, ::1], types.int32[::1]
FIELDS = types.NamedTuple(
    (
        _numbers,
        _rows,
        _numbers,
        _stacks,
        _stacks,
        _begins,
        _cells,
        _reals,
        _numbers,
        _numbers,
        _rows,
        _rows,
        _numbers,
        _links,
        _links,
        _reals,
        _reals,
    ),
    Fields,
)
_flags = types.boolean[::1]
KINETICS = types.NamedTuple((_rows, _reals, _flags, _flags, _flags), Kinetics)

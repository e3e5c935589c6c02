"""Trees into netCDF files, whatever their size: large variables go a time at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.large.lazy import LOCK, is_large
from cartflow.core.large.plain import plain_groups, write_groups
from cartflow.core.large.taken_apart import take_apart

# What a variable's encoding may say that netCDF4 is told.
_TOLD = ("zlib", "complevel", "shuffle")
_NOTHING = 1024  # bytes of chunks that are kept where none is wanted


def write_tree(tree: xr.DataTree, path: Path, begun: Path | None = None) -> None:
    """Write `tree` as netCDF-4; what it takes beside the tree is memory for one time.

    A file `begun` that holds large variables of it becomes the file.
    """
    with LOCK:
        _write_tree(tree, path, begun)


def _write_tree(tree: xr.DataTree, path: Path, begun: Path | None) -> None:
    large = {node.path: _large(node) for node in tree.subtree}
    small = xr.DataTree.from_dict(
        {
            node.path: node.to_dataset(inherit=False).drop_vars(list(large[node.path]))
            for node in tree.subtree
        }
    )
    groups = plain_groups(small)
    if groups is None:
        small.to_netcdf(path, engine="netcdf4", write_inherited_coords=True)
    elif begun is None:
        write_groups(groups, path)
    else:
        begun.replace(path)
        write_groups(groups, path, mode="a")
    take_apart(small)
    if any(large.values()):
        _append(path, large)


def _large(node: xr.DataTree) -> dict[str, xr.Variable]:
    found = node.to_dataset(inherit=False).variables
    return {str(n): v for n, v in found.items() if is_large(v.dims, v.nbytes)}


def _append(path: Path, large: dict[str, dict[str, xr.Variable]]) -> None:
    import netCDF4

    with netCDF4.Dataset(path, "a") as file:
        # Every time is written; to fill it before would be to write it twice.
        file.set_fill_off()
        for group, variables in large.items():
            where = file if group == "/" else file[group]
            for name, variable in variables.items():
                if name not in where.variables:
                    _append_one(where, name, variable)


def _append_one(group: Any, name: str, variable: xr.Variable) -> None:
    told = {key: variable.encoding[key] for key in _TOLD if key in variable.encoding}
    sizes = {str(d): size for d, size in zip(variable.dims, variable.shape, strict=True)}
    made = made_variable(group, name, variable.dtype, sizes, variable.attrs, told)
    for place in range(variable.shape[0]):
        made[place] = variable[place].values


def made_variable(
    group: Any,
    name: str,
    dtype: np.dtype[Any],
    sizes: Mapping[str, int],
    attrs: Mapping[Any, Any],
    told: Mapping[str, Any],
) -> Any:
    """Return a new variable of a netCDF file, one time a chunk; `sizes` by dimension."""
    for dim, size in sizes.items():
        # Dimensions of coordinates stand there already.
        if not _has(group, dim):
            group.createDimension(dim, size)
    made = group.createVariable(
        name,
        dtype,
        tuple(sizes),
        fill_value=np.nan if dtype.kind == "f" else None,
        chunksizes=(1, *list(sizes.values())[1:]),
        **told,
    )
    made.set_auto_maskandscale(False)
    # A chunk is written once: to keep more of them is a waste of memory. One that is not
    # compressed, and is larger than what may be kept, goes into the file without a copy.
    chunk = dtype.itemsize * int(np.prod(list(sizes.values())[1:]))
    made.set_var_chunk_cache(chunk if told.get("zlib") else _NOTHING, 3, 1.0)
    made.setncatts(attrs)
    return made


def _has(group: Any, dim: str) -> bool:
    while group is not None:
        if dim in group.dimensions:
            return True
        group = group.parent
    return False

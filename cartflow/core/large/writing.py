"""Trees into netCDF files, whatever their size: large variables go a time at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.large.lazy import LOCK, is_large
from cartflow.core.large.plain import plain_groups, write_groups

# What a variable's encoding may say that netCDF4 is told.
_TOLD = ("zlib", "complevel", "shuffle")


def write_tree(tree: xr.DataTree, path: Path) -> None:
    """Write `tree` as netCDF-4; what it takes beside the tree is memory for one time."""
    with LOCK:
        _write_tree(tree, path)


def _write_tree(tree: xr.DataTree, path: Path) -> None:
    large = {node.path: _large(node) for node in tree.subtree}
    small = xr.DataTree.from_dict(
        {
            node.path: node.to_dataset(inherit=False).drop_vars(list(large[node.path]))
            for node in tree.subtree
        }
    )
    groups = plain_groups(small)
    if groups is not None:
        write_groups(groups, path)
    else:
        small.to_netcdf(path, engine="netcdf4", write_inherited_coords=True)
    if any(large.values()):
        _append(path, large)


def _large(node: xr.DataTree) -> dict[str, xr.Variable]:
    found = node.to_dataset(inherit=False).variables
    return {str(n): v for n, v in found.items() if is_large(v.dims, v.nbytes)}


def _append(path: Path, large: dict[str, dict[str, xr.Variable]]) -> None:
    import netCDF4

    with netCDF4.Dataset(path, "a") as file:
        for group, variables in large.items():
            for name, variable in variables.items():
                made = _made(file if group == "/" else file[group], name, variable)
                for place in range(variable.shape[0]):
                    made[place] = variable[place].values


def _made(group: Any, name: str, variable: xr.Variable) -> Any:
    told = {key: variable.encoding[key] for key in _TOLD if key in variable.encoding}
    for dim, size in zip(variable.dims, variable.shape, strict=True):
        # Dimensions of coordinates stand there already.
        if not _has(group, str(dim)):
            group.createDimension(dim, size)
    kind = variable.dtype.kind == "f"
    made = group.createVariable(
        name,
        variable.dtype,
        variable.dims,
        fill_value=np.nan if kind else None,
        chunksizes=(1, *variable.shape[1:]),
        **told,
    )
    made.set_auto_maskandscale(False)
    # A chunk is written once: to keep more of them is a waste of memory.
    made.set_var_chunk_cache(made.dtype.itemsize * int(np.prod(variable.shape[1:])), 3, 1.0)
    made.setncatts(variable.attrs)
    return made


def _has(group: Any, dim: str) -> bool:
    while group is not None:
        if dim in group.dimensions:
            return True
        group = group.parent
    return False

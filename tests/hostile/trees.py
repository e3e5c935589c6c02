"""Results that a tool has cut, joined or emptied: valid netCDF of another content."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import xarray as xr

Change = Callable[[xr.Dataset, str, str, Random], xr.Dataset | None]


def write_spoilt(tree: xr.DataTree, path: Path, random: Random) -> None:
    """Write `tree` with one to three changes; groups need no longer fit together."""
    groups: dict[str, xr.Dataset | None] = {
        name.strip("./"): node.to_dataset() for name, node in tree.subtree_with_keys
    }
    for _ in range(random.choice((1, 1, 2, 3))):
        name = random.choice(sorted(groups))
        dataset = groups[name]
        if dataset is None:
            continue
        old = dataset.copy(deep=True)
        variables, dims = sorted(map(str, old.variables)), sorted(map(str, old.dims))
        if not variables or not dims:
            continue
        change = random.choice(CHANGES)
        # Some changes are not possible for some variables, such as a sum of texts.
        with suppress(TypeError, ValueError, LookupError):
            groups[name] = change(old, random.choice(variables), random.choice(dims), random)
    for name, dataset in sorted(groups.items()):
        with suppress(ValueError, TypeError, RuntimeError):
            if dataset is not None:
                mode = "a" if path.exists() else "w"
                dataset.to_netcdf(path, group=name or None, mode=mode, engine="netcdf4")


def _times(factor: float) -> Change:
    return lambda dataset, name, dim, random: dataset.assign({name: dataset[name] * factor})


def _along(place: int | slice) -> Change:
    return lambda dataset, name, dim, random: dataset.isel({dim: place})


def _attribute_lost(dataset: xr.Dataset, name: str, dim: str, random: Random) -> xr.Dataset:
    owner = random.choice([dataset, dataset[name]])
    if owner.attrs:
        del owner.attrs[random.choice(sorted(owner.attrs))]
    return dataset


def _attribute_odd(dataset: xr.Dataset, name: str, dim: str, random: Random) -> xr.Dataset:
    owner = random.choice([dataset, dataset[name]])
    key = random.choice(sorted(owner.attrs)) if owner.attrs else "units"
    owner.attrs[key] = random.choice(ODD)
    return dataset


def _text(dataset: xr.Dataset, name: str, dim: str, random: Random) -> xr.Dataset:
    return dataset.assign({name: dataset[name].astype(str)})


ODD = [np.nan, 5, "", "x" * 5000, "$\\frac{", "days since 1", [1, 2]]
CHANGES: tuple[Change, ...] = (
    lambda dataset, name, dim, random: dataset.drop_vars(name),
    lambda dataset, name, dim, random: dataset.drop_vars(name),
    lambda dataset, name, dim, random: None,
    lambda dataset, name, dim, random: dataset.rename({name: f"{name}_2"}),
    lambda dataset, name, dim, random: dataset.rename_dims({dim: f"{dim}_2"}),
    lambda dataset, name, dim, random: dataset.assign({name: dataset[name].transpose()}),
    lambda dataset, name, dim, random: dataset.assign({name: dataset[name].expand_dims("more")}),
    *(_times(factor) for factor in (np.nan, np.inf, 0.0, -1.0, 1e300, 1e-320)),
    *(_along(place) for place in (0, slice(0, 0), slice(0, 1), slice(None, None, -1))),
    _attribute_lost,
    _attribute_odd,
    _text,
)

"""Diffusivities with directions that a study gives: a mean and a shape for every mesh cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.tables import validate
from cartflow.core.units.conversion import to_internal
from cartflow.geometries.geometry import Geometry
from cartflow.pde.anisotropic.shapes import matrices, split
from cartflow.study.fibres import laws
from cartflow.study.fibres.reading import direction_means, tensor_means
from cartflow.study.fibres.tables import (
    FIBRE_LAWS,
    AlongTable,
    AmplifiedTable,
    AnyFibres,
    PowerTable,
    TensorTable,
    VonMisesFisherTable,
    WaterTable,
)
from cartflow.study.images.reading import name_of

Array = np.ndarray
# A number of the study for every mesh cell: what it is written as, its unit, and its key.
PerCell = Callable[[Any, str, str], Array]
# An image of less of the tumour is refused, unless the study says what else holds.
_OVERLAP = 0.9
# Water moves 30 to 150 mm^2/day in a tumour, cells 1 at most.
_WATER = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Directed:
    """The mean diffusivity (cells,) and its shape (cells, 6), and what is said of them."""

    diffusivity: Array
    anisotropy: Array
    numbers: dict[str, Parameter] = field(default_factory=dict)
    words: str = ""


def directed(
    raw: Mapping[str, Any],
    key: str,
    geometry: Geometry,
    folder: Path,
    per_cell: PerCell,
    *,
    file: str = "study",
) -> Directed:
    """Return the diffusivity at `key`; `per_cell` reads the numbers in it, files start at `folder`.

    Raises `InputError`, one line that names file and key.
    """
    table = _table(raw, key, file)
    where = f"{file}: {key}"
    if isinstance(table, AlongTable):
        means = {
            n: per_cell(getattr(table, n), "mm^2/day", f"{key}.{n}") for n in ("along", "across")
        }
        aligned = np.ones(geometry.size)
        if table.alignment is not None:
            aligned = per_cell(table.alignment, "1", f"{key}.alignment")
            if table.exponent is not None:
                aligned = aligned**table.exponent.value
        with named(where):
            tensors, words = _along(table, means, aligned, geometry, folder)
            mean, shape = split(geometry, tensors)
    elif isinstance(table, TensorTable):
        with named(where):
            tensors, words = _own(table, geometry, folder)
            mean, shape = split(geometry, tensors)
            _refuse_water(mean, table)
    else:
        given = per_cell(table.mean, "mm^2/day", f"{key}.mean")
        with named(where):
            tensors, words = _by_law(table, geometry, folder)
            _, shape = split(geometry, tensors)
            mean = given
    return Directed(
        diffusivity=mean,
        anisotropy=shape,
        numbers=_numbers(table, key),
        words=f"{words}; {spread(geometry, mean, shape)}",
    )


def spread(geometry: Geometry, mean: Array, shape: Array) -> str:
    """Return in words how large and how anisotropic a diffusivity is."""
    values = np.linalg.eigvalsh(matrices(shape))
    ratios = values[:, -1] / values[:, 0]
    whole = float(mean @ geometry.cell_volumes) / geometry.volume
    return (
        f"mean over directions {mean.min():.4g} to {mean.max():.4g} mm^2/day, on average "
        f"{whole:.4g}, largest to least direction {ratios.min():.3g} to {ratios.max():.3g}"
    )


def _table(raw: Mapping[str, Any], key: str, file: str) -> AnyFibres:
    where = f"{file}: {key}"
    if "tensor" not in raw:
        return validate(AlongTable, dict(raw), where)
    law = raw.get("law")
    if law is None and "unit" not in raw:
        msg = f"{where}: key 'law' is missing: a diffusion tensor is water's, and cells follow it "
        msg += f"by a law ({', '.join(FIBRE_LAWS)}); a tensor of the cells themselves has a unit"
        raise InputError(msg)
    if law is None:
        return validate(TensorTable, dict(raw), where)
    require_known(str(law), list(FIBRE_LAWS), f"{where}.law")
    return validate(FIBRE_LAWS[str(law)], dict(raw), where)  # type: ignore[return-value]


def _along(
    table: AlongTable, means: dict[str, Array], aligned: Array, geometry: Geometry, folder: Path
) -> tuple[Array, str]:
    if aligned.max() > 1:
        msg = f"alignment: it is {aligned.max():.4g} somewhere; needed is 0 (none) to 1"
        raise InputError(msg)
    direction = table.direction
    if isinstance(direction, (list, tuple, np.ndarray)) and np.ndim(direction[0]) == 0:
        if table.axes is not None or table.fill is not None:
            msg = "axes and fill are for a direction that an image gives; of numbers it is along "
            raise InputError(msg + "x, y and z")
        axis = _unit(direction, geometry)
        dyads = np.broadcast_to(np.outer(axis, axis), (geometry.size, 3, 3))
        words = f"along ({', '.join(f'{a:.4g}' for a in axis)})"
    else:
        dyads, shares = direction_means(direction, table.axes, geometry, folder)
        dyads, note = _filled(dyads, shares, geometry, table.fill)
        words = f"along the directions of {name_of(direction)}{note}"
    return laws.about_dyads(dyads, means["along"], means["across"], aligned), words


def _unit(direction: Any, geometry: Geometry) -> Array:
    try:
        axis = np.asarray(direction, dtype=float)
    except (TypeError, ValueError):
        axis = np.zeros(0)
    size = float(np.linalg.norm(axis)) if axis.size and np.isfinite(axis).all() else 0.0
    if axis.shape == (2,):
        axis = np.append(axis, 0.0)
    if axis.shape != (3,) or not size > 0:
        msg = f"direction: got {direction!r}; needed are three numbers along x, y, z, not all 0"
        raise InputError(msg)
    if len(geometry.dims) == 2 and axis[2] != 0:
        msg = f"direction: got {direction!r}; in a plane its third number must be 0"
        raise InputError(msg)
    return np.asarray(axis / size)


def _own(table: TensorTable, geometry: Geometry, folder: Path) -> tuple[Array, str]:
    tensors, shares = tensor_means(table.tensor, table.order, table.axes, geometry, folder)
    if not (shares > 0).all():
        msg = f"{name_of(table.tensor)}: it has no tensor in {int((shares == 0).sum())} mesh cells"
        raise InputError(msg)
    plain = table.unit in ("", "1")
    factor = to_internal(1.0 if plain else f"1 {table.unit}", "mm^2/day")
    return tensors * factor, name_of(table.tensor)


def _by_law(table: WaterTable, geometry: Geometry, folder: Path) -> tuple[Array, str]:
    tensors, shares = tensor_means(table.tensor, table.order, table.axes, geometry, folder)
    tensors, note = _filled(tensors, shares, geometry, table.fill)
    tensors, low = laws.mended(tensors)
    if low.any():
        note += f"; {int(low.sum())} mesh cells had eigenvalues raised to {laws.LEAST:g} of the "
        note += "largest"
    match table:
        case PowerTable():
            found, law = laws.power(tensors, table.exponent.value), "power"
        case AmplifiedTable():
            found, law = laws.amplified(tensors, table.factor.value), "amplified"
        case VonMisesFisherTable():
            found, law = laws.von_mises_fisher(tensors, table.concentration.value), table.law
        case _:
            raise AssertionError(table)
    return found, f"{name_of(table.tensor)} by {law}{note}"


def _filled(
    tensors: Array, shares: Array, geometry: Geometry, fill: str | None
) -> tuple[Array, str]:
    """Return tensors with isotropic ones where an image has none, and what is said of it."""
    missing = shares == 0
    if not missing.any():
        return tensors, ""
    share = float(geometry.cell_volumes[missing].sum()) / geometry.volume
    if fill is None and share > 1 - _OVERLAP:
        msg = f"the image has no value in {100 * share:.3g} % of the tumour ({int(missing.sum())} "
        raise InputError(msg + "mesh cells); fill = 'isotropic' lets cells move alike there")
    found = tensors.copy()
    found[missing] = np.eye(3) / 3.0
    return found, f"; {100 * share:.3g} % without a value are isotropic"


def _refuse_water(mean: Array, table: TensorTable) -> None:
    middle = float(np.median(mean))
    if middle > _WATER:
        msg = (
            f"{name_of(table.tensor)}: half of its means exceed {middle:.3g} mm^2/day; that is "
            "water's diffusion, a thousandfold a T cell's motility; give a law and the cells' mean "
            f"({', '.join(FIBRE_LAWS)})"
        )
        raise InputError(msg)


def _numbers(table: AnyFibres, key: str) -> dict[str, Parameter]:
    names = ("exponent", "factor", "concentration")
    found = {name: getattr(table, name, None) for name in names}
    return {f"{key}.{name}": number for name, number in found.items() if number is not None}

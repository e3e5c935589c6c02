"""From images to a number for every mesh cell: the plain one, and the named laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.means import Means, cell_means
from cartflow.study.images.networks import spread
from cartflow.study.images.reading import image_of, name_of
from cartflow.study.images.tables import (
    AnyTable,
    CellularityTable,
    GreyWhiteTable,
    ImageTable,
    InProportionTable,
    IvimTable,
)
from cartflow.study.images.vessel_tables import AnyNetworkTable, AreaTable, NetworkTable

Array = np.ndarray
RELATIVE = "relative"
# Of grey and white matter a voxel holds more than all by interpolation alone.
_BEYOND = 0.02
# A cell with less brain in it has no motility of its own.
_LITTLE = 0.05
# Water in a tumour moves 30 to 150 mm^2/day; a glioma's cells 1 at most, a T cell's 0.1.
_WATER = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapped:
    """Means for every mesh cell, in internal units, the numbers of the law by last key, words."""

    means: Means
    numbers: dict[str, Parameter] = field(default_factory=dict)
    words: str = ""


def mapped(
    table: AnyTable | AnyNetworkTable, like: str, geometry: Geometry, folder: Path
) -> Mapped:
    """Return what `table` says for every mesh cell, as quantities like `like`.

    ``relative`` is like any unit. Raises `InputError`.
    """
    match table:
        case GreyWhiteTable():
            return _grey_white(table, geometry, folder)
        case IvimTable():
            return _ivim(table, geometry, folder)
        case CellularityTable():
            return _cellularity(table, like, geometry, folder)
        case InProportionTable():
            return _in_proportion(table, like, geometry, folder)
        case NetworkTable():
            return _of_vessels(table, like, geometry, folder)
    return Mapped(means=_plain(table, like, geometry, folder))


def _plain(table: ImageTable, like: str, geometry: Geometry, folder: Path) -> Means:
    convert = _units(table, like)
    return _averaged(table.image, "image", geometry, folder, convert, table.fill is not None)


def _averaged(
    given: Any,
    key: str,
    geometry: Geometry,
    folder: Path,
    convert: Callable[[Array], Array],
    missing: bool,
) -> Means:
    try:
        image = image_of(given, folder)
        return cell_means(image, geometry, convert, missing=missing)
    except InputError as error:
        named = isinstance(given, (str, Path)) and str(folder / given) in str(error)
        msg = f"{key}: {error}" if named else f"{key}: {name_of(given)}: {error}"
        raise InputError(msg) from None


def _units(table: ImageTable, like: str) -> Callable[[Array], Array]:
    """Return what turns stored values into internal units, with scale and clip."""
    unit = table.unit or str(getattr(table.image, "attrs", {}).get("units", ""))
    if not unit and like != RELATIVE:
        msg = f"key 'unit' is missing, that of the image's values; such as '{like}'"
        raise InputError(msg)
    if like == RELATIVE:
        like = internal_unit(unit or "1")
    plain = unit in ("", "1")
    factor = table.scale * to_internal(1.0 if plain else f"1 {unit}", like)
    low, high = -np.inf, np.inf
    if table.clip is not None:
        low, high = (_bound(bound, unit, like) for bound in table.clip)
        if not 0 <= low < high:
            msg = f"clip: got {table.clip}; needed are two values, 0 or more, the first the lower"
            raise InputError(msg)
    return lambda values: np.clip(values * factor, low, high)


def _bound(given: Any, unit: str, like: str) -> float:
    plain = isinstance(given, (int, float)) and not isinstance(given, bool)
    return to_internal(f"{given!r} {unit}" if plain and unit not in ("", "1") else given, like)


def _in_proportion(table: InProportionTable, like: str, geometry: Geometry, folder: Path) -> Mapped:
    """q = mean x image / the image's mean over the tumour's volume."""
    mean = signed(parameter(table.mean, like), "not_negative")
    relative = table.model_copy(update={"unit": table.unit or "1"})
    means = _plain(relative, RELATIVE, geometry, folder)
    weights = geometry.cell_volumes * means.shares
    whole = float(weights @ means.values)
    if not whole > 0:
        raise InputError("image: it is 0 all over the tumour, and cannot be scaled to a mean")
    values = means.values * (mean.value * float(weights.sum()) / whole)
    return Mapped(means=Means(values=values, shares=means.shares), numbers={"mean": mean})


def _cellularity(table: CellularityTable, like: str, geometry: Geometry, folder: Path) -> Mapped:
    """N = full (ADC_w - ADC)/(ADC_w - ADC_least), between 0 and full (atuegwu2010)."""
    full = signed(parameter(table.full, like), "not_negative")
    water, least = table.free_water.value, table.least.value
    if not least < water:
        msg = f"least: '{table.least.stated}' is not below that of free water, "
        msg += f"'{table.free_water.stated}'"
        raise InputError(msg)
    units = _units(table, "mm^2/day")

    def cells(values: Array) -> Array:
        adc = units(values)
        share = np.clip((water - adc) / (water - least), 0.0, 1.0)
        # What is negative is no ADC, and is said.
        return np.where(adc < 0, -1.0, share * full.value)

    means = _averaged(table.image, "image", geometry, folder, cells, table.fill is not None)
    numbers = {"full": full, "free_water": table.free_water, "least": table.least}
    return Mapped(means=means, numbers=numbers)


def _grey_white(table: GreyWhiteTable, geometry: Geometry, folder: Path) -> Mapped:
    """D = D_white (p_white + p_grey/ratio)/(p_white + p_grey), of means over a cell."""
    ratio = table.ratio or RATIO
    shares = {
        key: _averaged(getattr(table, key), key, geometry, folder, _probability(key), False)
        for key in ("grey", "white")
    }
    grey, white = (m.values * m.shares for m in shares.values())
    brain = grey + white
    if brain.max() > 1 + _BEYOND:
        msg = f"grey and white: together they fill {brain.max():.3g} of a mesh cell; "
        msg += "needed are shares that add up to 1 at most"
        raise InputError(msg)
    share = white + grey / ratio.value
    values = np.divide(share, brain, out=np.zeros_like(share), where=brain > 0)
    values *= table.in_white.value
    held = np.where(brain > _LITTLE, np.minimum(brain, 1.0), 0.0)
    numbers = {"in_white": table.in_white, "ratio": ratio}
    return Mapped(means=Means(values=values, shares=held), numbers=numbers)


def _probability(key: str) -> Callable[[Array], Array]:
    def checked(values: Array) -> Array:
        finite = values[np.isfinite(values)]
        if finite.size and finite.max() > 1 + _BEYOND:
            msg = f"it holds {finite.max():.4g}; {key} is the share of a voxel, from 0 to 1"
            raise InputError(msg)
        return np.clip(values, None, 1.0)

    return checked


def _ivim(table: IvimTable, geometry: Geometry, folder: Path) -> Mapped:
    """Perfusion in proportion to f D* (lebihan1992), voxel by voxel."""
    one, two = (image_of(given, folder) for given in (table.fraction, table.pseudo_diffusion))
    same = one.stored.shape == two.stored.shape and np.allclose(one.affine, two.affine, atol=1e-3)
    if not same:
        raise InputError("fraction and pseudo_diffusion: they do not lie on the same voxels")
    product = one.labels.astype(np.float64) * two.labels
    given = (product, one.affine)
    missing = table.fill is not None
    means = _averaged(given, "fraction x pseudo_diffusion", geometry, folder, _same, missing)
    return Mapped(means=means)


def _of_vessels(table: AnyNetworkTable, like: str, geometry: Geometry, folder: Path) -> Mapped:
    """Densities of vessels, sources and leaks by them; with a map, area times perfusion."""
    found = spread(table, like, geometry, folder)
    values, shares = found.values, np.ones(geometry.size)
    if isinstance(table, AreaTable) and table.perfusion is not None:
        map_ = _averaged(table.perfusion, "perfusion", geometry, folder, _same, False)
        values, shares = values * map_.values, map_.shares
    means = Means(values=values, shares=shares)
    return Mapped(means=means, numbers=found.numbers, words=found.words)


def _same(values: Array) -> Array:
    return values


def refuse_water(
    values: Array, table: AnyTable | AnyNetworkTable, key: str, *, solute: bool
) -> None:
    """Raise `InputError` where a plain image given as a diffusivity is water's, not a cell's."""
    if type(table) is not ImageTable:
        return
    name = name_of(table.image)
    middle = float(np.median(values))
    words = {"adc", "dwi", "dti", "trace", "tensor"} & set(
        name.lower().replace("-", "_").replace(".", "_").split("_")
    )
    if words or (not solute and middle > _WATER):
        msg = (
            f"{key}: {name}: half of its values exceed {middle:.3g} mm^2/day; that is water's "
            "diffusion (an ADC map or tensor), a thousandfold a T cell's motility; give a law, "
            "such as law = 'in_proportion' with the cells' mean"
        )
        raise InputError(msg)


RATIO = Parameter(
    value=5.0,
    unit="1",
    stated="5",
    source="swanson2000",
    standing="transcribed",
    note="white to grey matter; 10 in lipkova2019",
    bounds=(5.0, 10.0),
    sign="positive",
)

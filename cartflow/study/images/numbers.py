"""Numbers that a study gives by images: a value for every mesh cell, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.tables import validate
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.means import filled
from cartflow.study.images.laws import RELATIVE, mapped, refuse_water
from cartflow.study.images.reading import name_of
from cartflow.study.images.tables import IMAGES, LAWS, SOURCES, AnyTable, ImageTable
from cartflow.study.images.vessel_tables import NETWORK_LAWS, AnyNetworkTable

_AnyTable = AnyTable | AnyNetworkTable

Array = np.ndarray
# The last part of the key under which the mean over the tumour stands among the parameters.
MEAN = "mean_of_image"


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageNumber:
    """The `values` per mesh cell that an image gives, its numbers by key, and its `words`."""

    values: Array
    numbers: dict[str, Parameter] = field(default_factory=dict)
    words: str = ""


def is_image(raw: Any) -> bool:
    """Return whether a number is to be read from images."""
    return isinstance(raw, Mapping) and ("image" in raw or "law" in raw)


def image_number(
    raw: Mapping[str, Any],
    like: str,
    key: str,
    geometry: Geometry,
    folder: Path,
    *,
    file: str = "study",
    solute: bool = False,
) -> ImageNumber:
    """Return the number at `key`, like `like`, for every mesh cell; files start at `folder`.

    Raises `InputError`, one line that names file and key.
    """
    table = _table(raw, key, file)
    try:
        found = mapped(table, like, geometry, folder)
        fill = None if table.fill is None else parameter(table.fill, _like(like)).value
        if fill is not None and not fill >= 0:
            msg = f"fill: '{table.fill}' is below 0"
            raise InputError(msg)
        values, note = filled(found.means.values, found.means.held, geometry, fill)
    except InputError as error:
        msg = f"{file}: {key}: {error}"
        raise InputError(msg) from None
    if like == "mm^2/day":
        refuse_water(values, table, f"{file}: {key}", solute=solute)
    more = "".join(f"; {text}" for text in (found.words, note) if text)
    words = f"{_files(table)}: {_range(values, geometry, like)}{more}"
    numbers = {f"{key}.{name}": number for name, number in found.numbers.items()}
    numbers[f"{key}.{MEAN}"] = _mean(values, geometry, _like(like), table, words)
    return ImageNumber(values=values, numbers=numbers, words=words)


def _like(like: str) -> str:
    return "1" if like == RELATIVE else like


def _table(raw: Mapping[str, Any], key: str, file: str) -> _AnyTable:
    """Return the checked table; its law must be one, and be meant for what stands at `key`."""
    law = raw.get("law")
    if law is None:
        return validate(ImageTable, dict(raw), f"{file}: {key}")
    last = key.rpartition(".")[2]
    laws: dict[str, tuple[type[_AnyTable], tuple[str, ...]]] = {**LAWS, **NETWORK_LAWS}
    known = [name for name, (_, ends) in laws.items() if last in ends or "" in ends]
    require_known(str(law), known, f"{file}: {key}.law")
    table: _AnyTable = validate(laws[str(law)][0], dict(raw), f"{file}: {key}")
    return table


def _files(table: _AnyTable) -> str:
    given = (getattr(table, key, None) for key in IMAGES)
    names = [name_of(image) for image in given if image is not None]
    law = getattr(table, "law", None)
    return " and ".join(names) + (f" by {law}" if law else "")


def _range(values: Array, geometry: Geometry, like: str) -> str:
    mean = float(values @ geometry.cell_volumes) / geometry.volume
    unit = "" if like in ("1", RELATIVE) else f" {like}"
    return f"{values.min():.4g} to {values.max():.4g}{unit}, mean {mean:.4g}"


def _mean(values: Array, geometry: Geometry, like: str, table: _AnyTable, words: str) -> Parameter:
    mean = float(values @ geometry.cell_volumes) / geometry.volume
    law = SOURCES.get(str(getattr(table, "law", "")))
    by_law = law is not None and table.source == "study"
    return Parameter(
        value=mean,
        unit=like,
        stated=f"{mean:g} {like}",
        source=law if law is not None and by_law else table.source,
        standing="derived" if by_law else table.standing,
        note=f"{table.note}; {words}" if table.note else words,
    )

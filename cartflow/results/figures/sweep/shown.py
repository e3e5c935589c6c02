"""What of a sweep is drawn: its axes, its outcomes, and how they are labelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cartflow.core.outcome import InputError

MEMBER = "member"
COURSE = "course_"
MOST_ROWS, MOST_COLUMNS = 4, 5
# Drawn only if nothing else is there.
_LEAST_WANTED = ("infused", "relative_residual")
_ROUND_OFF = 1e-9
_WIDE = 30.0  # ratio from which an axis is logarithmic


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """The dataset, the names of its axes, of the outcomes drawn, and of what varies by member."""

    dataset: xr.Dataset
    axes: tuple[str, ...]
    outcomes: tuple[str, ...]
    courses: tuple[str, ...]
    varied: tuple[str, ...]

    @property
    def products(self) -> tuple[str, ...]:
        """The axes whose product was run, without that of members."""
        return tuple(axis for axis in self.axes if axis != MEMBER)


def shown(dataset: xr.Dataset) -> Shown:
    """Return what is drawn of `dataset`. Raises `InputError` naming what is missing."""
    status = dataset.variables.get("status")
    axes = tuple(str(dataset.attrs.get("axes", "")).split())
    if status is None or not axes or tuple(map(str, status.dims)) != axes or not status.size:
        raise InputError("status: the variable is missing, or not along the axes of the sweep")
    missing = [axis for axis in axes if axis not in dataset.coords]
    if missing:
        msg = f"{missing[0]}: the coordinate is missing"
        raise InputError(msg)
    numbers = {
        str(name): values
        for name, values in dataset.data_vars.items()
        if values.dtype.kind == "f" and not {"key", "role"} & set(values.attrs)
    }
    ends = [name for name, values in numbers.items() if values.dims == axes]
    ends = [name for name in ends if name not in _LEAST_WANTED] or ends
    ends = [name for name in ends if not constant(numbers[name].values)] or ends
    courses = [
        name
        for name, values in numbers.items()
        if name.startswith(COURSE) and values.dims == (*axes, "time") and "time" in dataset.coords
    ]
    if not ends and not courses:
        raise InputError("holds no outcome along the axes alone, so it cannot be drawn")
    varied = tuple(str(name) for name, values in dataset.data_vars.items() if is_varied(values))
    return Shown(
        dataset=dataset,
        axes=axes,
        outcomes=tuple(ends[:MOST_ROWS]),
        courses=tuple(courses[:MOST_ROWS]),
        varied=varied,
    )


def is_varied(values: xr.DataArray) -> bool:
    """Return whether `values` are those of a number that varies between members."""
    return values.dims == (MEMBER,) and values.dtype.kind == "f" and "key" in values.attrs


def is_numeric(values: xr.DataArray) -> bool:
    """Return whether an axis has numbers, and not names."""
    return values.dtype.kind in "fiu"


def constant(numbers: np.ndarray) -> bool:
    """Return whether numbers differ by no more than round-off."""
    known = numbers[np.isfinite(numbers)]
    return not known.size or float(np.ptp(known)) <= _ROUND_OFF * float(np.abs(known).max())


def wide(numbers: np.ndarray) -> bool:
    """Return whether numbers are best shown on a logarithmic axis."""
    known = numbers[np.isfinite(numbers)]
    return bool(known.size and known.min() > 0 and known.max() >= _WIDE * known.min())


def evenly_in_log(numbers: np.ndarray) -> bool:
    """Return whether the values of an axis were spaced, or are spread, on a logarithmic scale."""
    if numbers.size < 3 or numbers.min() <= 0:
        return False
    ratios = np.diff(np.log(numbers))
    return bool(np.allclose(ratios, ratios[0], rtol=0.05)) or wide(numbers)


def axis_label(values: xr.DataArray) -> str:
    """Return what an axis is, with its unit as it was given."""
    words = str(values.attrs.get("key", values.name)).removesuffix(".name").split(".")
    kept = words[-3:] if len(words) > 2 and words[-2].isdigit() else words[-2:]
    text = " ".join(word.replace("_", " ") for word in kept)
    unit = str(values.attrs.get("unit_as_given", "1"))
    return text if unit == "1" else f"{text} ({unit})"


def outcome_label(values: xr.DataArray) -> str:
    """Return what an outcome is, with its unit."""
    text = str(values.attrs.get("long_name", values.name))
    unit = str(values.attrs.get("units", "1"))
    return text if unit == "1" else f"{text} ({unit})"


def value_words(value: object) -> str:
    """Return a value of an axis for a tick or a legend."""
    return f"{float(value):.4g}" if isinstance(value, (int, float, np.number)) else str(value)[:24]

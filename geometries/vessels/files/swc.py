"""SWC: a tree of points, each with a radius and the point that it hangs on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.vessels.files.bounds import MOST_SEGMENTS, require_few, text_of
from cartflow.geometries.vessels.files.lines import Lines

_COLUMNS = "number, kind, x, y, z, radius, parent"


def read_swc(path: Path) -> Lines:
    """Return the segments between the points of an SWC file and their parents.

    Its lengths are micrometres, as the format has them. Raises `InputError` for lines without seven
    numbers, for numbers that stand twice, and for parents that are not there.
    """
    rows = [
        (place, line.split())
        for place, line in enumerate(text_of(path).splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    require_few(len(rows), MOST_SEGMENTS, "points")
    table = np.array([_numbers(place, words) for place, words in rows]).reshape(-1, 7)
    number, parent = table[:, 0], table[:, 6]
    order = np.argsort(number, kind="stable")
    if (np.diff(number[order]) == 0).any():
        raise InputError("two points have the same number")
    child = np.flatnonzero(parent >= 0)
    place = np.minimum(np.searchsorted(number[order], parent[child]), max(number.size - 1, 0))
    owner = order[place]
    lost = number[owner] != parent[child]
    if lost.any():
        msg = f"the parent {parent[child][lost][0]:g} of a point is not there"
        raise InputError(msg)
    return Lines(
        points=table[:, 2:5],
        pairs=np.stack([owner, child], axis=1),
        of_line=np.arange(child.size),
        lines=child.size,
        unit="um",
        at_points={"radius": table[:, 5]},
        kind="SWC, micrometres by the format",
    )


def _numbers(place: int, words: list[str]) -> list[float]:
    try:
        numbers = [float(word) for word in words[:7]]
    except ValueError:
        numbers = []
    if len(numbers) != 7:
        msg = f"line {place}: needed are seven numbers: {_COLUMNS}"
        raise InputError(msg)
    return numbers

"""Tracks cut where they were linked to another cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray


def cut_tracks(tracks: Sequence[Array], longest: float) -> list[Array]:
    """Return tracks cut at every step of one frame that is longer than `longest`.

    Tracking joins a cell that was lost to another beside it: such steps lie beyond the lengths that
    cells walk, often with a gap or a hump of their own in the histogram of all, and a few per cent
    of them decide a mean square. Tracks are arrays (frames, axes) and `longest` in their unit;
    pieces of one frame are left out, and what is cut loses its step alone. Raises `InputError`
    unless `longest` is above 0.
    """
    if not longest > 0.0:
        msg = f"longest: {longest:g} must be greater than 0"
        raise InputError(msg)
    found = []
    for track in tracks:
        with np.errstate(invalid="ignore"):
            far = np.linalg.norm(np.diff(track, axis=0), axis=1) > longest
        found += [piece for piece in np.split(track, np.flatnonzero(far) + 1) if len(piece) > 1]
    return found

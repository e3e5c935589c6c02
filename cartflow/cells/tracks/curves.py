"""How far tracks come and how they turn, against time and against models of walking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray


def displacement_curve(tracks: Sequence[Array], most: int) -> tuple[Array, Array]:
    """Return the mean squared displacement at lags of 1 to `most` frames, and how many pairs.

    Each track is an array (frames, axes), a frame that is missing a row of NaN; every pair of
    frames counts alike, in the square of the positions' unit.
    """
    square, pairs = np.zeros(most), np.zeros(most, dtype=np.int64)
    for track in tracks:
        for lag in range(1, min(most, len(track) - 1) + 1):
            steps = ((track[lag:] - track[:-lag]) ** 2).sum(axis=1)
            known = np.isfinite(steps)
            square[lag - 1] += steps[known].sum()
            pairs[lag - 1] += known.sum()
    return np.divide(square, pairs, out=np.full(most, np.nan), where=pairs > 0), pairs


def turning_curve(tracks: Sequence[Array], most: int) -> Array:
    """Return the mean cosine between steps of one frame that are 1 to `most` frames apart."""
    total, pairs = np.zeros(most), np.zeros(most)
    for track in tracks:
        steps = np.diff(track, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            ways = steps / np.linalg.norm(steps, axis=1)[:, None]
        for lag in range(1, min(most, len(ways) - 1) + 1):
            cosine = (ways[lag:] * ways[:-lag]).sum(axis=1)
            known = np.isfinite(cosine)
            total[lag - 1] += cosine[known].sum()
            pairs[lag - 1] += known.sum()
    return np.divide(total, pairs, out=np.full(most, np.nan), where=pairs > 0)


def furth(
    time: Array, speed: float, persistence: float, noise: float = 0.0, axes: int = 3
) -> Array:
    """Return the mean squared displacement of a persistent walk in space, seen along `axes` axes.

    (axes / 3) 2 v^2 P (t - P (1 - exp(-t / P))) + 2 axes s^2 with the speed v, persistence P, and
    the standard deviation s of the error of a position along one axis, the `noise` (Fürth 1920).
    """
    ended = -np.expm1(-time / persistence)
    walked = 2.0 * speed**2 * persistence * (time - persistence * ended)
    return axes / 3.0 * walked + 2.0 * axes * noise**2

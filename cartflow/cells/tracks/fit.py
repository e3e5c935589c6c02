"""The persistent walk that measured tracks are most like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.cells.tracks.curves import displacement_curve, furth
from cartflow.core.outcome import InputError

Array = np.ndarray
_LEAST = 3


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A walk at `speed` straight on for `persistence`, seen with an error `noise` along each axis.

    Units are those of the tracks: length/time, time, length. With a `speed_spread` every cell has
    a speed of its own, log-normal with that standard deviation of its natural logarithm; `speed`
    is then the root of their mean square, so that displacements are what they are without.
    """

    speed: float
    persistence: float
    noise: float
    speed_spread: float = 0.0

    @property
    def diffusivity(self) -> float:
        """What it comes to in the long run, speed^2 persistence / 3."""
        return self.speed**2 * self.persistence / 3.0


def fit_tracks(tracks: Sequence[Array], interval: float, *, most: int = 10) -> Walk:
    """Return the walk whose mean squared displacement is nearest to that of tracks.

    Each track is an array (frames, 2 or 3 axes) of positions `interval` apart, NaN where a frame is
    missing; lags of 1 to `most` frames count by the root of their pairs, in relative deviations.
    Cells move in space also where two axes are seen. Raises `InputError` where fewer than three
    lags have pairs, or nothing moves.
    """
    from scipy.optimize import least_squares

    axes = {track.shape[1] for track in tracks if track.ndim == 2}
    if len(axes) != 1 or not axes <= {2, 3} or any(track.ndim != 2 for track in tracks):
        raise InputError("tracks: must be arrays (frames, axes) with 2 or 3 axes, alike in all")
    if not interval > 0.0:
        msg = f"interval: {interval:g} must be greater than 0"
        raise InputError(msg)
    seen = axes.pop()
    curve, pairs = displacement_curve(tracks, most)
    known = np.flatnonzero((pairs > 0) & (curve > 0.0))
    if known.size < _LEAST:
        msg = f"tracks: {known.size} lags have displacements; three are needed"
        raise InputError(msg)
    times, weights = interval * (known + 1.0), np.sqrt(pairs[known] / pairs[known].max())

    def off(logs: Array) -> Array:
        speed, persistence, noise = np.exp(logs)
        found = furth(times, speed, persistence, noise, seen)
        return np.asarray(weights * (found / curve[known] - 1.0))

    fastest = np.sqrt(3.0 / seen * curve[known[0]]) / times[0]
    starts = [np.log([fastest, p * interval, 1e-2 * fastest * interval]) for p in (0.3, 1.0, 5.0)]
    low = np.log([1e-4 * fastest, 1e-3 * interval, 1e-6 * fastest * interval])
    high = np.log([1e4 * fastest, 1e3 * interval, 2.0 * fastest * interval])
    fits = [least_squares(off, np.clip(s, low, high), bounds=(low, high)) for s in starts]
    speed, persistence, noise = np.exp(min(fits, key=lambda fit: float(fit.cost)).x)
    return Walk(speed=float(speed), persistence=float(persistence), noise=float(noise))

"""Motility from cell tracks: mean squared displacement over lag, and its slope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One cell: its frame numbers, and its positions (frames, dimensions) in um."""

    frames: Array
    positions: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Displacement:
    """Mean squared displacements (um2) over lags (min), in so many `dimensions`."""

    lags: Array
    squares: Array
    dimensions: int

    def motility(self, first: float, last: float) -> float:
        """Return slope/(2 d) of the line through the lags from `first` to `last`, um2/min."""
        near = (self.lags >= first - 1e-9) & (self.lags <= last + 1e-9)
        if np.count_nonzero(near) < 2:
            msg = f"lags {first:g} to {last:g} min hold fewer than two of the frames' lags"
            raise InputError(msg)
        slope = np.polyfit(self.lags[near], self.squares[near], 1)[0]
        return float(slope / (2 * self.dimensions))

    def at(self, lag: float) -> float:
        """Return the mean squared displacement at a lag, um2."""
        return float(np.interp(lag, self.lags, self.squares))


def read_tracks(
    rows: Sequence[Mapping[str, str]], time: str, axes: Sequence[str], frame: float
) -> dict[str, Track]:
    """Return tracks by name; `time` is the column of times and `frame` their interval."""
    places: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for row in rows:
        places[row["track"]].append((float(row[time]), *(float(row[a]) for a in axes)))
    tracks = {}
    for name, found in places.items():
        table = np.array(sorted(found))
        frames = np.rint(table[:, 0] / frame).astype(int)
        tracks[name] = Track(frames=frames, positions=table[:, 1:])
    return tracks


def displacement(tracks: Sequence[Track], frame: float, longest: float) -> Displacement:
    """Return the mean over all pairs of positions of all tracks, up to the lag `longest`.

    `frame` and `longest` are in min. Missing frames only leave pairs out.
    """
    most = round(longest / frame)
    sums, numbers = np.zeros(most + 1), np.zeros(most + 1)
    for track in tracks:
        lag = track.frames[None, :] - track.frames[:, None]
        near = (lag > 0) & (lag <= most)
        early, late = np.nonzero(near)
        squares = np.sum((track.positions[late] - track.positions[early]) ** 2, axis=1)
        sums += np.bincount(lag[near], squares, most + 1)
        numbers += np.bincount(lag[near], minlength=most + 1)
    measured = np.flatnonzero(numbers)
    return Displacement(
        lags=measured * frame,
        squares=sums[measured] / numbers[measured],
        dimensions=tracks[0].positions.shape[1],
    )


def mean_speed(tracks: Sequence[Track], frame: float) -> float:
    """Return the mean over tracks of their mean speeds from frame to frame, um/min."""
    speeds = [
        np.mean(np.linalg.norm(np.diff(t.positions, axis=0), axis=1) / (np.diff(t.frames) * frame))
        for t in tracks
        if t.frames.size > 1
    ]
    return float(np.mean(speeds))

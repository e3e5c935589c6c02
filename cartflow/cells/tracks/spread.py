"""The walk, at speeds that differ between cells, that measured tracks come and turn like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.cells.tracks.curves import displacement_curve, turning_curve
from cartflow.cells.tracks.fit import Walk, fit_tracks

Array = np.ndarray
_CELLS, _CORNERS, _MOST = 2000, 120, 10
_OF_DISPLACEMENT, _OF_TURNING = 0.02, 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Lots:
    """Unit lots of cells, kept while a fit changes the walk: times, ways, speeds and errors."""

    times: Array
    ways: Array
    speeds: Array
    errors: Array

    @classmethod
    def drawn(cls, frames: int, axes: int, seed: int) -> Lots:
        """Return the lots of cells that are seen in so many frames along so many axes."""
        generator = np.random.default_rng(seed)
        ways = generator.standard_normal((_CELLS, _CORNERS, 3))
        ways /= np.linalg.norm(ways, axis=2)[..., None]
        return cls(
            times=generator.exponential(size=(_CELLS, _CORNERS)),
            ways=ways[..., :axes],
            speeds=generator.standard_normal(_CELLS),
            errors=generator.standard_normal((_CELLS, frames, axes)),
        )

    def tracks(self, walk: Walk) -> Array:
        """Return positions (cells, frames, axes) of a walk whose times are in frames."""
        above = walk.speed_spread * (self.speeds - walk.speed_spread)
        speed = walk.speed * np.exp(above)[:, None]
        ends = walk.persistence * np.cumsum(self.times, axis=1)
        begins = ends - walk.persistence * self.times
        found = walk.noise * self.errors
        for frame in range(found.shape[1]):
            walked = speed * np.clip(frame - begins, 0.0, ends - begins)
            found[:, frame] += np.einsum("ck,cka->ca", walked, self.ways)
        return found


def fit_spread(tracks: Sequence[Array], interval: float, *, seed: int = 1) -> Walk:
    """Return the walk, with its spread of speeds, nearest to how tracks come and how they turn.

    Tracks are as `fit_tracks` takes them. Ten lags of the mean squared displacement count in
    relative deviations over 0.02, ten of the mean cosine between steps in deviations over 0.01,
    against 2000 simulated cells. Raises `InputError` as `fit_tracks` does.
    """
    from scipy.optimize import least_squares

    single = fit_tracks(tracks, interval)
    come, _ = displacement_curve(tracks, _MOST)
    turned = turning_curve(tracks, _MOST)
    lots = Lots.drawn(_MOST + 2, tracks[0].shape[1], seed)

    def walk_of(logs: Array) -> Walk:
        speed, persistence, noise, spread = np.exp(logs)
        return Walk(speed=speed, persistence=persistence, noise=noise, speed_spread=spread)

    def off(logs: Array) -> Array:
        simulated = list(lots.tracks(walk_of(logs)))
        far = displacement_curve(simulated, _MOST)[0] / come - 1.0
        ways = turning_curve(simulated, _MOST) - turned
        both = np.concatenate([far / _OF_DISPLACEMENT, ways / _OF_TURNING])
        return np.where(np.isfinite(both), both, 0.0)

    begin = np.log([single.speed * interval, single.persistence / interval, single.noise, 0.5])
    low, high = begin - 3.0, begin + 3.0
    low[1], high[1], low[3], high[3] = np.log([0.3, 20.0, 0.01, 1.5])
    begin = np.clip(begin, low + 0.01, high - 0.01)
    best = least_squares(off, begin, bounds=(low, high), diff_step=0.02, max_nfev=20)
    frames = walk_of(best.x)
    return Walk(
        speed=float(frames.speed / interval),
        persistence=float(frames.persistence * interval),
        noise=float(frames.noise),
        speed_spread=float(frames.speed_spread),
    )

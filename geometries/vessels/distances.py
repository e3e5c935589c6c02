"""How far places are from the nearest vessel: its centre line, or its wall."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError
from cartflow.geometries.vessels.network import VesselNetwork

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
To = Literal["centre_lines", "walls"]
# Samples a segment, and of all together; pairs of place and sample looked at in one go, and how
# many samples near a place are looked at first.
_EACH, _MOST_SAMPLES = 20, 2_000_000
_PAIRS = 2**18
_FIRST = 8
_MOST_PAIRS = 1_000_000_000


def distances(network: VesselNetwork, places: Floats, to: To = "centre_lines") -> Floats:
    """Return the distance (places,) in mm from each of `places` (places, 3) mm to its vessel.

    To straight centre lines it is exact. A wall is that of balls along the line whose radius
    changes evenly; it is negative inside. Raises `InputError` for walls without radii, and where
    it would take hours.
    """
    best = np.full(len(places), np.inf)
    radii = network.known_radii() if to == "walls" else np.zeros((network.size, 2))
    for chosen in _alike(radii.max(axis=1)):
        _lower(best, places, network.starts[chosen], network.ends[chosen], radii[chosen])
    return best


def _alike(radii: Floats) -> list[Numbers]:
    """Return the segments in groups whose largest radii are within a factor of two."""
    size = np.frexp(np.maximum(radii, 1e-9))[1]
    return [np.flatnonzero(size == one) for one in np.unique(size)]


def _lower(best: Floats, places: Floats, starts: Floats, ends: Floats, radii: Floats) -> None:
    """Lower `best` to the distances from the nearest of some segments.

    More and more of the samples along them are looked at, until none beyond can be nearer.
    """
    from scipy.spatial import cKDTree

    thickest = float(radii.max())
    samples, owner, half = _sampled(starts, ends, thickest)
    tree = cKDTree(samples)
    left, number = np.arange(len(places)), min(_FIRST, owner.size)
    looked = 0
    while left.size:
        still, looked = [], looked + left.size * number
        if looked > _MOST_PAIRS:
            msg = f"{len(places)} distances to segments that lie so closely take too long; take "
            msg += "wider voxels"
            raise InputError(msg)
        for part in np.array_split(left, left.size * number // _PAIRS + 1):
            found, near = tree.query(places[part], k=[*range(1, number + 1)])
            one = owner[near]
            away = _from_segments(places[part][:, None, :], starts[one], ends[one], radii[one])
            best[part] = np.minimum(best[part], away.min(axis=1))
            # All of a segment is within half a step of its samples.
            still.append(part[found[:, -1] - half - thickest < best[part]])
        left = np.concatenate(still) if number < owner.size else left[:0]
        number = min(4 * number, owner.size)


def _sampled(starts: Floats, ends: Floats, thickest: float) -> tuple[Floats, Numbers, float]:
    """Return places evenly along segments, the segment of each, and half the longest step, mm."""
    lengths = np.linalg.norm(ends - starts, axis=1)
    total, most = float(lengths.sum()), min(_EACH * lengths.size, _MOST_SAMPLES)
    # About as far apart as vessels are from one another, or as segments are long.
    apart = np.sqrt(float(np.prod(np.ptp(np.concatenate([starts, ends]), axis=0))) / total)
    step = max(min(np.median(lengths), apart), total / most, thickest)
    counts = np.maximum(np.ceil(lengths / step), 1).astype(np.int64)
    owner = np.repeat(np.arange(counts.size), counts)
    last = np.cumsum(counts)
    place = np.arange(owner.size) - np.repeat(last - counts, counts)
    share = (place + 0.5) / counts[owner]
    samples = starts[owner] + share[:, None] * (ends - starts)[owner]
    return samples, owner, float(0.5 * (lengths / counts).max())


def _from_segments(places: Floats, starts: Floats, ends: Floats, radii: Floats) -> Floats:
    """Return the least of |x - p(t)| - r(t) over a segment, p and r even in t from 0 to 1.

    With s along and h beside the line and the slope k = (r2 - r1)/L it is at s + h k/sqrt(1 - k^2),
    or where |k| >= 1 or beyond an end at an end: the ball there holds the others.
    """
    along = ends - starts
    length = np.linalg.norm(along, axis=-1)
    to = places - starts
    s = np.einsum("...i,...i->...", to, along) / length
    h = np.sqrt(np.maximum(np.einsum("...i,...i->...", to, to) - s**2, 0.0))
    growth = radii[..., 1] - radii[..., 0]
    slope = np.clip(growth / length, -1.0, 1.0)
    flat = np.sqrt(1.0 - slope**2)
    steep = flat == 0.0
    lean = np.where(steep, np.copysign(np.inf, slope), h * slope / np.where(steep, 1.0, flat))
    share = np.clip((s + lean) / length, 0.0, 1.0)
    return np.hypot(h, s - share * length) - (radii[..., 0] + share * growth)

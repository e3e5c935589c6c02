"""What is in a file of vessels, and how far the tissue is from them, as rows of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError, named
from cartflow.core.units.conversion import to_internal
from cartflow.geometries.vessels.files.lines import Lines
from cartflow.geometries.vessels.network import VesselNetwork
from cartflow.geometries.vessels.reading import network_of, radii_of, read_lines
from cartflow.geometries.vessels.spacing import (
    Distances,
    distance_map,
    histogram,
    krogh_radius,
)

_BINS = 10
# Voxels along the longest side of the box, unless said otherwise.
_VOXELS = 100
_USE = (
    "tumour.vessel_density = { law = 'vessel_area', vessels = FILE }; a line_source or leak of a "
    "solute"
)


def vessel_rows(
    path: Path, unit: str | None, voxel: str | None, radius_name: str | None
) -> list[list[str]]:
    """Return (what, value) rows: lines, place, length, radii, densities, and distances to vessels.

    Distances are on voxels of `voxel`, a quantity. Raises `InputError` for what is not read.
    """
    lines = read_lines(path)
    rows = [
        ["kind", lines.kind],
        ["lines", f"{lines.lines}, of {len(lines.pairs)} segments between {_points(lines)} points"],
        ["values", ", ".join(lines.names) or "none"],
    ]
    with named(path):
        if lines.unit is None and unit is None:
            return [*rows, *_unknown(lines, radius_name)]
        network = network_of(lines, unit, radius_name)
        rows += [["unit", _unit_words(lines, unit)], *_size(network), *_walls(network)]
        rows += _spacing(network, voxel)
    return [*rows, *[["note", note] for note in network.notes], ["use", _USE]]


def _points(lines: Lines) -> int:
    return len(np.unique(lines.points[lines.pairs.ravel()], axis=0))


def _unknown(lines: Lines, radius_name: str | None) -> list[list[str]]:
    """Return what may be said of a file that does not state the unit of its lengths."""
    starts, ends = (lines.points[lines.pairs[:, side]] for side in (0, 1))
    length = float(np.linalg.norm(ends - starts, axis=1).sum())
    radii = radii_of(lines, radius_name)
    rows = [["length", f"{length:.6g} in a unit that the file does not state"]]
    if radii is not None and radii.size:
        rows.append(["radii", f"{radii.min():.4g} to {radii.max():.4g} in that unit"])
    ask = "not stated: give it (--unit um, in a study unit = 'um') for densities and distances"
    return [*rows, ["unit", ask]]


def _unit_words(lines: Lines, unit: str | None) -> str:
    return f"{lines.unit}, as the file says" if lines.unit is not None else f"{unit}, as given"


def _size(network: VesselNetwork) -> list[list[str]]:
    low, high = network.box
    place = ", ".join(f"{n} {a:.5g} to {b:.5g}" for n, a, b in zip("xyz", low, high, strict=True))
    volume = float(np.prod(high - low))
    density = f"{network.length / volume:.5g} mm/mm3" if volume > 0 else "none: the box is flat"
    rows = [
        ["place", f"{place} mm"],
        ["parts", f"{network.components} that do not hang together"],
        ["length", f"{network.length:.6g} mm; in the box around them {density}"],
    ]
    if network.flows is not None:
        flows = network.flows
        rows.append(["flow", f"{flows.min():.4g} to {flows.max():.4g}, as the file has it"])
    return rows


def _walls(network: VesselNetwork) -> list[list[str]]:
    if network.radii is None:
        return [["radii", "none; densities of area need radius, that of all"]]
    radii, volume = 1e3 * network.radii, float(np.prod(np.ptp(network.box, axis=0)))
    span = f"{radii.min():.4g} to {radii.max():.4g} um, median {np.median(radii):.4g} um"
    rows = [["radii", span]]
    if network.without_radius:
        asked = "a study is asked what that means (least_radius); here they end in a point"
        rows.append(["radius of 0", f"at {network.without_radius} segments: {asked}"])
    area, held = float(network.areas.sum()), float(network.volumes.sum())
    if volume > 0:
        rows.append(["walls", f"{area:.5g} mm2; in the box {area / volume:.5g} mm2/mm3"])
        share = f"{100 * held / volume:.3g} % of the box, common parts counted twice"
        rows.append(["blood", f"{held:.4g} mm3, {share}"])
    return rows


def _spacing(network: VesselNetwork, voxel: str | None) -> list[list[str]]:
    """Return distances to centre lines and walls, beside those of evenly spaced vessels."""
    sides = np.ptp(network.box, axis=0)
    width = float(sides.max()) / _VOXELS if voxel is None else to_internal(voxel, "mm")
    if not width > 0:
        msg = f"--voxel: '{voxel}' must be greater than 0"
        raise InputError(msg)
    found = distance_map(network, width)
    steps = " x ".join(f"{1e3 * s:.4g}" for s in np.diag(found.affine)[:3])
    rows = [
        ["voxels", " x ".join(map(str, found.values.shape)) + f" of {steps} um, in the box"],
        ["to centre lines", _in_words(found)],
    ]
    if network.radii is not None:
        rows.append(["to walls", _in_words(distance_map(network, width, "walls"))])
    if not (sides > 0).all():
        return rows
    krogh = krogh_radius(network.length / float(np.prod(sides)))
    mean = f"mean distance {2e3 * krogh / 3:.4g} um"
    rows.append(["Krogh's radius", f"{1e3 * krogh:.4g} um, if they were evenly spaced; {mean}"])
    return [*rows, *_histogram(found, krogh)]


def _in_words(found: Distances) -> str:
    mean, middle = 1e3 * found.mean, 1e3 * float(np.median(found.values))
    far = 1e3 * float(np.quantile(found.values, 0.95))
    words = f"mean {mean:.4g}, median {middle:.4g}, 95 % below {far:.4g}, "
    words += f"at most {1e3 * found.values.max():.4g} um"
    if found.within.any():
        words += f"; {100 * found.within.mean():.3g} % lies within vessels, and counts as 0"
    return words


def _histogram(found: Distances, krogh: float) -> list[list[str]]:
    """Return the shares of the box by distance, and of Krogh's cylinder: d^2/R^2 up to R."""
    edges, shares = histogram(found.values, _BINS)
    even = np.diff(np.minimum(edges / krogh, 1.0) ** 2)
    return [
        [f"{1e3 * a:.4g} to {1e3 * b:.4g} um", f"{100 * s:.3g} % (evenly spaced {100 * e:.3g} %)"]
        for a, b, s, e in zip(edges[:-1], edges[1:], shares, even, strict=True)
    ]

"""Networks of vessels from files of any kind that is read, in mm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.paths import as_path, require_file
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.geometries.vessels.files.edge_table import read_edge_table
from cartflow.geometries.vessels.files.lines import Lines
from cartflow.geometries.vessels.files.swc import read_swc
from cartflow.geometries.vessels.files.vtk_legacy import read_vtk_legacy
from cartflow.geometries.vessels.files.vtk_xml import read_vtk_xml
from cartflow.geometries.vessels.network import VesselNetwork

_READERS: dict[str, Callable[[Path], Lines]] = {
    ".vtp": read_vtk_xml,
    ".vtu": read_vtk_xml,
    ".vtk": read_vtk_legacy,
    ".swc": read_swc,
    ".csv": read_edge_table,
}
ENDINGS = tuple(_READERS)
_RADII = ("radius", "radii", "r")
_DIAMETERS = ("diameter", "diameters", "d")
_FLOWS = ("flow", "flow_rate", "flowrate", "q")
# Of the straight line between ends; a file's length may be below it by rounding.
_SHORTER = 1e-3
_FARTHEST = 1e9
_SHORTEST = 1e-9


def read_lines(path: str | Path) -> Lines:
    """Return what a file of vessels holds, in its own unit.

    VTK's XML (.vtp, .vtu) and legacy files (.vtk), SWC and tables of edges (.csv) are read, by the
    ending of their name. Raises `InputError` naming the file.
    """
    path = as_path(path)
    ending = path.suffix.lower()
    if ending not in _READERS:
        msg = f"{path}: not a file of vessels; allowed: {', '.join(ENDINGS)}"
        raise InputError(msg)
    require_file(path)
    with named(path):
        return _READERS[ending](path)


def read_vessels(
    path: str | Path, unit: str | None = None, radius_name: str | None = None
) -> VesselNetwork:
    """Return the network in a file, in mm; `unit` is that of its lengths where it states none.

    `radius_name` names the values that are radii, of files whose names do not say it. Segments
    of no length are left out. Raises `InputError` naming the file.
    """
    lines = read_lines(path)
    with named(path):
        return network_of(lines, unit, radius_name)


def network_of(
    lines: Lines, unit: str | None = None, radius_name: str | None = None
) -> VesselNetwork:
    """Return the network that a file's `lines` are, in mm, as `read_vessels`."""
    scale = to_internal(f"1 {_unit_of(lines, unit)}", "mm")
    with np.errstate(over="ignore", invalid="ignore"):
        points = lines.points * scale
        if not (np.abs(points) <= _FARTHEST).all():
            msg = f"it holds places that are not finite, or beyond {_FARTHEST:g} mm"
            raise InputError(msg)
        starts, ends = points[lines.pairs[:, 0]], points[lines.pairs[:, 1]]
        straight = np.linalg.norm(ends - starts, axis=1)
        kept = straight > _SHORTEST
        lengths = _lengths(lines, straight, scale)
        radii = radii_of(lines, radius_name)
    flow = _only(lines, _FLOWS)
    lost = int((~kept).sum())
    return VesselNetwork(
        starts=starts[kept],
        ends=ends[kept],
        lengths=lengths[kept],
        radii=None if radii is None else radii[kept] * scale,
        flows=None if flow is None else lines.values(flow)[kept].mean(axis=1),
        notes=(f"{lost} segments of no length were left out",) if lost else (),
    )


def radii_of(lines: Lines, name: str | None = None) -> NDArray[np.float64] | None:
    """Return the radii (segments, 2) in the file's unit, by their name or the one given.

    None where there are none. Raises `InputError` for a name that is not there.
    """
    if name is not None:
        require_known(name, lines.names, "radius_name")
        return lines.values(name)
    radius, diameter = _only(lines, _RADII), _only(lines, _DIAMETERS)
    if radius is not None and diameter is not None:
        msg = f"it has both '{radius}' and '{diameter}'; radius_name says which are radii"
        raise InputError(msg)
    if diameter is not None:
        return 0.5 * lines.values(diameter)
    return None if radius is None else lines.values(radius)


def _only(lines: Lines, known: tuple[str, ...]) -> str | None:
    found = [name for name in lines.names if name.strip().lower() in known]
    if len(found) > 1:
        msg = f"it has both '{found[0]}' and '{found[1]}'; needed is one of them"
        raise InputError(msg)
    return found[0] if found else None


def _unit_of(lines: Lines, unit: Any) -> str:
    if lines.unit is None and unit is None:
        msg = "it does not say in which unit its lengths are; give unit, such as unit = 'um'"
        raise InputError(msg)
    if unit is None:
        return str(lines.unit)
    if internal_unit(str(unit)) != "mm":
        msg = f"unit: '{unit}' is no unit of length"
        raise InputError(msg)
    if lines.unit is not None and to_internal(f"1 {unit}", "mm") != to_internal(
        f"1 {lines.unit}", "mm"
    ):
        msg = f"unit: got '{unit}', but the file says {lines.unit}"
        raise InputError(msg)
    return str(unit)


def _lengths(lines: Lines, straight: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return the lengths of centre lines, mm: the file's, or the straight ones."""
    if "length" not in lines.of_lines or len(straight) != lines.lines:
        return straight
    given = lines.values("length")[:, 0] * scale
    short = given < (1.0 - _SHORTER) * straight
    if short.any():
        msg = f"column length: {int(short.sum())} are shorter than the straight line between ends"
        raise InputError(msg)
    return np.maximum(given, straight)

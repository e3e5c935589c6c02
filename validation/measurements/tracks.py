"""Tracks of T cells: the motility coefficients that the package's defaults rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import as_stated, label
from cartflow.core.ticks import colours
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.measurements import data as measured_data
from cartflow.validation.measurements.motility import (
    Displacement,
    displacement,
    mean_speed,
    read_tracks,
)
from cartflow.validation.measurements.text import Words

Array = np.ndarray

_NODE, _ORGANOID = "celltrackr_two_photon", "behav3d_teg_organoid_tracks"
_CONTACT = 0.0015  # organoid_distance below it is contact, as the authors have it
_TOLERANCE = 0.02
_LAGS = {"node": (2.0, 6.0, 10.0), "organoid": (10.0, 40.0, 60.0)}  # first, last, longest, min
_FRAMES = {"node": 0.4, "organoid": 2.0}  # min
_WORDS = Words(
    name="measurements:tracks",
    title="Cell tracks: motility of T cells in node and matrix",
    question="Does the estimator find the motility of T cells that their tracks are known to have?",
    equation=r"\langle |x(t + \tau) - x(t)|^2 \rangle = 2 d D \tau + \mathrm{const}",
    method=(
        "Squared displacements are averaged over all pairs of positions of a track and all "
        "tracks; D is the slope over the lags from 2 to 6 min (lymph node, frames of 24 s, "
        "projected and in 3-D) or 10 to 40 min (organoid culture, frames of 2 min), over twice "
        "the dimensions. Engaged cells are in contact more than half of their time. The values "
        "compared with were found from the same files by other code."
    ),
    files=(
        f"{_NODE}/TCells.csv",
        f"{_NODE}/TCellsRaw.csv",
        f"{_ORGANOID}/DemoDataset1_20190523_CD8green.csv.gz",
        f"{_ORGANOID}/DemoDataset2_20190523_CD4green.csv.gz",
    ),
    references=("wortel2021", "dekkers2022"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Group:
    """Cells of one kind: their displacements, and the motility (um2/min) that others found."""

    name: str
    system: str
    found: Displacement
    expected: float
    reference: str

    @property
    def motility(self) -> float:
        first, last, _ = _LAGS[self.system]
        return self.found.motility(first, last)


def case(scope: Scope) -> CaseResult:
    """Return the motility of every group of cells; the same in every scope."""
    paths = _WORDS.paths()
    if paths is None:
        return _WORDS.skipped()
    speeds: dict[str, float] = {}
    groups = [
        *_node(paths[0], "lymph node, 2-D", ("x_um", "y_um"), 18.2, speeds),
        *_node(paths[1], "lymph node, 3-D", ("x_um", "y_um", "z_um"), 16.2, speeds),
        *_organoid(paths[2], "CD8, organoids", 2.38, 1.14),
        *_organoid(paths[3], "CD4, organoids", 2.19, 1.01),
    ]
    checks = (*_checks(groups), *_speed_checks(speeds))
    return _WORDS.done(checks, _finding(groups), _dataset(groups), _figure(groups))


def _node(
    path: Path, name: str, axes: Sequence[str], expected: float, speeds: dict[str, float]
) -> Iterator[_Group]:
    rows = measured_data.rows(path)
    for row in rows:
        row["t_min"] = str(float(row["t_s"]) / 60.0)
    frame, longest = _FRAMES["node"], _LAGS["node"][2]
    tracks = list(read_tracks(rows, "t_min", axes, frame).values())
    speeds[name] = mean_speed(tracks, frame)
    yield _Group(
        name=name,
        system="node",
        found=displacement(tracks, frame, longest),
        expected=expected,
        reference="wortel2021",
    )


def _organoid(path: Path, name: str, expected: float, engaged: float) -> Iterator[_Group]:
    rows = measured_data.rows(path)
    frame, longest = _FRAMES["organoid"], _LAGS["organoid"][2]
    tracks = read_tracks(rows, "t_min", ("x_um", "y_um", "z_um"), frame)
    touching = defaultdict(list)
    for row in rows:
        near = float(row["organoid_distance_channel_min"]) < _CONTACT
        touching[row["track"]].append(near)
    kept = [track for key, track in tracks.items() if np.mean(touching[key]) > 0.5]
    for kind, chosen, value in (
        ("all", list(tracks.values()), expected),
        ("engaged", kept, engaged),
    ):
        yield _Group(
            name=f"{name}, {kind}",
            system="organoid",
            found=displacement(chosen, frame, longest),
            expected=value,
            reference="dekkers2022",
        )


def _checks(groups: Sequence[_Group]) -> Iterator[Check]:
    for group in groups:
        yield Check(
            name=f"motility, {group.name}",
            measured=group.motility,
            expected=group.expected,
            tolerance=_TOLERANCE,
            kind="relative",
            unit="um^2/min",
            reference=group.reference,
        )


def _speed_checks(speeds: dict[str, float]) -> Iterator[Check]:
    for (name, speed), expected in zip(speeds.items(), (8.41, 9.90), strict=True):
        yield Check(
            name=f"mean speed of tracks, {name}",
            measured=speed,
            expected=expected,
            tolerance=_TOLERANCE,
            kind="relative",
            unit="um/min",
            reference="wortel2021",
        )


def _finding(groups: Sequence[_Group]) -> str:
    node, matrix = groups[1].motility, groups[2].motility
    return (
        f"T cells of a lymph node move {node / matrix:.1f} times as freely as T cells among "
        f"organoids in matrix ({node:.1f} against {matrix:.2f} um2/min), and those engaged with "
        f"tumour cells less again ({groups[3].motility:.2f}). Hence the 16 and 2 um2/min of the "
        "examples. Limits: cells leave the imaged volume, which favours slow ones; dead cells were "
        "not taken out; the cells among organoids carry a gamma-delta receptor, not a CAR."
    )


def _figure(groups: Sequence[_Group]) -> Figure:
    figure, panels = sheet(1, 2, width=5.0)
    for axes, system, title in zip(
        panels, ("node", "organoid"), ("Lymph node", "Matrix with tumour organoids"), strict=True
    ):
        own = [group for group in groups if group.system == system]
        first, last, _ = _LAGS[system]
        for group, colour in zip(own, colours(len(own)), strict=True):
            lags, squares = group.found.lags, group.found.squares
            axes.plot(lags, squares, "o", color=colour, ms=3)
            used = (lags >= first - 1e-9) & (lags <= last + 1e-9)
            line = np.polyfit(lags[used], squares[used], 1)
            axes.plot(
                lags[used],
                np.polyval(line, lags[used]),
                color=colour,
                label=f"{group.name}: D = {group.motility:.3g} um²/min",
            )
        axes.set_xlabel("lag (min)")
        axes.set_ylabel("mean squared displacement (um²)")
        axes.set_ylim(0.0, None)
        axes.set_title(f"{title}: lines over the lags that are fitted", fontsize=9)
        axes.legend(frameon=False, fontsize=8)
    return figure


def _dataset(groups: Sequence[_Group]) -> xr.Dataset:
    variables = {
        "motility": as_stated(("group",), [g.motility for g in groups], "um^2/min", "motility D"),
        "expected": as_stated(("group",), [g.expected for g in groups], "um^2/min", "by others"),
    }
    coordinates = {"group": label(("group",), [g.name for g in groups], "cells")}
    for system in _LAGS:
        own = [g for g in groups if g.system == system]
        lag, member = f"{system}_lag", f"{system}_group"
        variables[f"{system}_displacement"] = as_stated(
            (member, lag),
            np.array([g.found.squares for g in own]),
            "um^2",
            "mean squared displacement",
        )
        coordinates[lag] = as_stated((lag,), own[0].found.lags, "min", "lag")
        coordinates[member] = label((member,), [g.name for g in own], "cells")
    return xr.Dataset(variables, coords=coordinates)

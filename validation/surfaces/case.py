"""Surfaces: the area that fluxes act on, of voxels that lie anywhere and of round shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.drawing import panels
from cartflow.validation.surfaces.bodies import BODIES, area_ratio, placed
from cartflow.validation.surfaces.shares import ball_of_shares, shape_of
from cartflow.validation.surfaces.through import (
    SHAPES,
    VOXELS,
    lost_from_shares,
    lost_through_a_film,
    uptake,
)

_VOXELS = {"quick": (8.0,), "full": (8.0, 12.0, 20.0)}
_PLACES = {"quick": 3, "full": 8}
_FINEST = 20.0


def case(scope: Scope) -> CaseResult:
    """Return areas of four bodies, uptake of three shapes, and what a film passes."""
    ratios = {
        (name, voxels): [area_ratio(name, voxels, seed) for seed in range(_PLACES[scope])]
        for name in BODIES
        for voxels in _VOXELS[scope]
    }
    checks = [_area(name, voxels, found) for (name, voxels), found in ratios.items()]
    checks += [_uptake(shape, engine) for shape in SHAPES for engine in ("fast", "fipy")]
    checks += [_film(seed) for seed in range(2)]
    checks += [*_depths(), *_of_shares()]
    worst = max(abs(r - 1.0) for found in ratios.values() for r in found)
    dataset = _dataset(ratios)
    return CaseResult(
        name="surfaces",
        title="Surfaces: what fluxes act on",
        question=(
            "Do fluxes, films and feeding act on a tumour's own surface, and not on the staircase "
            "of its voxels, whose area is 1.5 times a ball's however fine they are?"
        ),
        equation=r"A = \sum_f A_f \max(n \cdot e_f, 0)",
        method=(
            "A ball, an ellipsoid, a torus and a shell with an inner wall, turned and moved at "
            "random, are made of voxels; the area of all boundaries is compared with the body's. "
            "What diffuses and decays enters a hollow ball, a cylinder and the cylinder around a "
            "vessel (80 cells), against exact solutions in hyperbolic and Bessel functions. A ball "
            "of voxels loses cells through a film for a day, against a ball of exact shells. "
            "The mean depth of a ball of voxels is compared with R / 4; a ball "
            "given as filled shares of voxels with its volume, area and what its film lets out."
        ),
        finding=f"Areas of voxels are right within {100 * worst:.2g} %, worst of all.",
        checks=tuple(checks),
        dataset=dataset,
        figure=_figure(dataset),
    )


def _area(name: str, voxels: float, found: list[float]) -> Check:
    return Check(
        name=f"area of the {name}, {voxels:g} voxels a radius, worst place / true",
        measured=max(found, key=lambda ratio: abs(ratio - 1.0)),
        expected=1.0,
        tolerance=0.003 if voxels >= _FINEST else 0.01,
        kind="relative",
        reference="exact",
    )


def _uptake(shape: str, engine: str) -> Check:
    measured, expected = uptake(shape, engine)
    return Check(
        name=f"uptake of the {shape}",
        measured=measured,
        expected=expected,
        tolerance=1e-3,
        kind="relative",
        reference="exact",
        unit="day-1",
        engine=engine,
    )


def _film(seed: int) -> Check:
    measured, expected = lost_through_a_film(seed)
    return Check(
        name=f"share lost through a film on a ball of voxels, place {seed + 1}",
        measured=measured,
        expected=expected,
        tolerance=0.01,
        kind="relative",
        reference="exact",
        engine="fast",
    )


def _depths() -> list[Check]:
    """Return the check of depths in a ball of voxels, the worst of its places."""
    radius, found = 2.0 * VOXELS, []
    for seed in range(2):
        geometry = placed(BODIES["ball"], radius, seed)
        mean = float(geometry.depth @ geometry.cell_volumes) / geometry.volume
        found.append(mean / (0.25 * radius))
    text = f"of a ball of voxels, {radius:g} a radius, worst place / true"
    return [_ratio(f"mean depth {text}", found, 0.03)]


def _of_shares() -> list[Check]:
    """Return checks of a ball given as shares of voxels."""
    found = [shape_of(ball_of_shares(VOXELS, seed), VOXELS) for seed in range(2)]
    volumes, areas, _ = zip(*found, strict=True)
    text = f"of a ball of filled shares, {VOXELS:g} voxels a radius, worst place / true"
    film = [measured / expected for measured, expected in map(lost_from_shares, range(2))]
    return [
        _ratio(f"volume {text}", volumes, 1e-3),
        _ratio(f"area {text}", areas, 3e-3),
        _ratio(f"what a film lets out {text}", film, 5e-3),
    ]


def _ratio(name: str, ratios: Sequence[float], tolerance: float) -> Check:
    return Check(
        name=name,
        measured=max(ratios, key=lambda ratio: abs(ratio - 1.0)),
        expected=1.0,
        tolerance=tolerance,
        kind="relative",
        reference="exact",
    )


def _dataset(ratios: dict[tuple[str, float], list[float]]) -> xr.Dataset:
    voxels = list(dict.fromkeys(v for _, v in ratios))
    values = np.array([[ratios[name, v] for v in voxels] for name in BODIES])
    dims = ("body", "voxels_a_radius", "place")
    return xr.Dataset(
        {"area_ratio": variable(dims, values, "1", "area that acts / that of the body")},
        coords={
            "body": label(("body",), list(BODIES), "body"),
            "voxels_a_radius": variable(
                ("voxels_a_radius",), voxels, "1", "voxels a smallest radius of curvature"
            ),
        },
    )


def _figure(dataset: xr.Dataset) -> Figure:
    figure, (axes,) = panels(1, width=6.5)
    for place, name in enumerate(dataset["body"].values):
        for voxels in dataset["voxels_a_radius"].values:
            ratio = dataset["area_ratio"].sel(body=name, voxels_a_radius=voxels).values
            x = np.full(ratio.size, voxels * 1.02 ** (place - 1.5))
            first = voxels == dataset["voxels_a_radius"].values[0]
            axes.plot(x, 100 * (ratio - 1.0), "o", color=f"C{place}", label=name if first else None)
    axes.axhline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel("voxels a smallest radius of curvature")
    axes.set_ylabel("area that acts, % off")
    axes.legend(fontsize="small")
    return figure

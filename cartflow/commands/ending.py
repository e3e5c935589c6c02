"""How commands end: their statuses, and what they write and print, whatever becomes of either."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cartflow.core.terminal import tell

if TYPE_CHECKING:
    import xarray as xr

    from cartflow.core.saving.destination import Destination

FINISHED, STOPPED, BAD_INPUT = 0, 1, 2


def settled(out: Destination, tree: xr.DataTree, lines: Sequence[str]) -> Path:
    """Write `tree` and print `lines`, each whatever becomes of the other."""
    from cartflow.core.dataset import netcdf

    try:
        return out.settle(netcdf(tree))
    finally:
        tell(lines)


def dataset_and_figure(options: argparse.Namespace, name: str) -> tuple[Destination, Path]:
    """Return where a command's dataset and its figure go, `name` and beside it by default."""
    from cartflow.core.saving.destination import Destination
    from cartflow.core.saving.kinds import PNG

    path = options.out or Path(name)
    figure = path.with_suffix(".png")
    Destination(path=figure, kind=PNG, force=options.force)
    return Destination(path=path, force=options.force), figure


def written_and_drawn(
    dataset: xr.Dataset,
    lines: Sequence[str],
    draw: Callable[[xr.Dataset, Path], None],
    places: tuple[Destination, Path],
) -> int:
    """Write an analysis's dataset, print its `lines` and draw it, to `dataset_and_figure`."""
    import xarray as xr

    out, figure = places
    written = settled(out, xr.DataTree(dataset), lines)
    draw(dataset, figure)
    tell([f"written       {written}, {figure}"])
    out.require_here(written)
    return FINISHED

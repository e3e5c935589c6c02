"""A movie of a result: its fields, and single cells, through the saved times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.outcome import require_known
from cartflow.core.saving.movies import write_movie
from cartflow.results.figures.asked.moving import (
    Show,
    moving_cells,
    moving_cut,
    moving_profile,
)
from cartflow.results.figures.asked.panel import require_tumour
from cartflow.results.figures.field import Cut
from cartflow.results.figures.tumour import fields_of

_MOST_FRAMES = 300
_MOST_FIELDS = 3
_DPI = 100


def plot_movie(
    tree: xr.DataTree,
    path: Path,
    *,
    fields: Sequence[str] = (),
    cut: Cut | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> None:
    """Write a movie, GIF or MP4, of `fields` (by default up to three) and of single cells.

    A frame is a saved time, of more than 300 evenly chosen ones; `told` hears of each. Scales are
    those of all times. Raises `InputError` for what is not there, and for MP4 without ffmpeg.
    """
    require_tumour(tree, "a movie")
    tumour = tree["tumour"].to_dataset()
    for name in fields:
        require_known(name, fields_of(tumour), "field")
    figure, shows = _stage(tree, list(fields) or fields_of(tumour)[:_MOST_FIELDS], cut)
    times = frame_times(tumour.sizes["time"])
    frames = _frames(figure, shows, tumour["time"].values, times, str(tree.attrs.get("title", "")))
    write_movie(_heard(frames, told), path)


def frame_times(count: int) -> np.ndarray:
    """Return the numbers of the saved times, of `count`, that a movie shows."""
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_FRAMES)).round().astype(int))


def _stage(tree: xr.DataTree, fields: list[str], cut: Cut | None) -> tuple[Figure, list[Show]]:
    tumour = tree["tumour"].to_dataset()
    alone = "cells" in tree.children and {"x", "y"} <= set(tree["cells"].variables)
    count = len(fields) + alone
    figure = Figure(figsize=(4.6 * count, 4.4), layout="constrained", dpi=_DPI)
    FigureCanvasAgg(figure)
    panels = list(np.atleast_1d(np.asarray(figure.subplots(1, count))))
    shows = [moving_cells(tree["cells"].to_dataset(), panels.pop())] if alone else []
    for axes, name in zip(panels, fields, strict=True):
        if len(tumour["cell_volume"].dims) == 1 and cut is None:
            shows.append(moving_profile(tumour, name, axes))
        else:
            shows.append(moving_cut(tumour, name, axes, cut))
    return figure, shows


def _frames(
    figure: Figure, shows: list[Show], days: np.ndarray, times: np.ndarray, title: str
) -> Iterator[np.ndarray]:
    """Yield pictures (height, width, 3), uint8; all have the layout of the first."""
    canvas = FigureCanvasAgg(figure)
    for number, time in enumerate(times):
        for show in shows:
            show(int(time))
        figure.suptitle(f"{title}\nday {float(days[time]):.2f}".strip(), fontsize=10)
        canvas.draw()
        if number == 0:
            figure.set_layout_engine("none")
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _heard(frames: Iterator[np.ndarray], told: Callable[[int], None]) -> Iterator[np.ndarray]:
    for done, frame in enumerate(frames, 1):
        told(done)
        yield frame

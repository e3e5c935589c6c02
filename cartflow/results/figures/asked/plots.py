"""``result.plot``: the figure of a result, and each of its panels as axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from matplotlib.axes import Axes

from cartflow.core.paths import as_path
from cartflow.results.drawable import require_drawable
from cartflow.results.figures.asked.panel import draw_panel, require_tumour
from cartflow.results.figures.field import Cut, plot_field, plot_profile


@dataclass(frozen=True)
class Plots:
    """Panels of a result: each method draws into `ax`, by default new axes, and returns them.

    Called with a path it writes the whole figure, as ``cartflow plot`` does. All raise
    `InputError` for what the result has not.
    """

    tree: xr.DataTree

    def __call__(self, path: str | Path) -> None:
        """Draw the whole result into a PNG, SVG or PDF."""
        from cartflow.results.figures.run import plot_result

        require_drawable(self.tree)
        plot_result(self.tree, as_path(path, "Result.plot"))

    def organs(self, ax: Axes | None = None) -> Axes:
        """Draw the product cells of the organs that hold most of them, over time."""
        return self._panel("organs", ax)

    def per_gram(self, ax: Axes | None = None) -> Axes:
        """Draw % of the dose per g of organ (1 g/mL), over time."""
        return self._panel("per_gram", ax)

    def blood(self, ax: Axes | None = None) -> Axes:
        """Draw the product cells in venous blood (cells/uL), over time."""
        return self._panel("blood", ax)

    def sites(self, ax: Axes | None = None) -> Axes:
        """Draw the densities where kinetics act in organs, over time."""
        return self._panel("sites", ax)

    def balance(self, ax: Axes | None = None) -> Axes:
        """Draw the terms of the balance; the title names the largest relative residual."""
        return self._panel("balance", ax)

    def exchange(self, ax: Axes | None = None) -> Axes:
        """Draw the cells that entered the tumour, left it by lymph, and are in it."""
        return self._panel("exchange", ax)

    def burden(self, ax: Axes | None = None) -> Axes:
        """Draw the tumour's own cells and the product cells in it, over time."""
        return self._panel("burden", ax)

    def depth(self, ax: Axes | None = None) -> Axes:
        """Draw the depth (mm) that 95 % of each phenotype stay above, over time."""
        return self._panel("depth", ax)

    def field(
        self,
        name: str,
        *,
        day: float | None = None,
        cut: Cut | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw a field over depth and time, or at a `day`; of voxels in a `cut`, ("z", mm)."""
        require_tumour(self.tree, f"field '{name}'")
        axes = _axes(ax)
        plot_field(self.tree["tumour"].to_dataset(), name, axes, day=day, cut=cut)
        return axes

    def profile(
        self, name: str, *, days: Sequence[float] | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw a field over depth at some days, by default first, middle and last."""
        require_tumour(self.tree, f"field '{name}'")
        axes = _axes(ax)
        plot_profile(self.tree["tumour"].to_dataset(), name, axes, days=days)
        return axes

    def _panel(self, name: str, ax: Axes | None) -> Axes:
        axes = _axes(ax)
        draw_panel(self.tree, name, axes)
        return axes


def _axes(ax: Axes | None) -> Axes:
    """Return axes to draw into; new ones are pyplot's, which notebooks and scripts show."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(layout="constrained")[1]

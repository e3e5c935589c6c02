"""Draw docs/glioma_wells.png, and print the table of docs/data_glioma_wells.md.

python examples/fit_brummer2022.py FOLDER --out fits.json
python docs/glioma_wells.py fits.json docs/glioma_wells.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

TITLES = {
    "rho": "growth_rate, 1/h",
    "kappainv": "crowding, 1/index",
    "c0": "|dexamethasone_kill|, 1/h",
    "kappac1": "killing_constant, 1/h/index",
    "kappac2": "stimulation_constant, 1/h/index",
    "theta": "death_rate, 1/h",
    "c3": "|dexamethasone_cart_kill|, 1/h",
}
SAME, OTHER = "#0072b2", "#d55e00"


def same(row: dict[str, Any]) -> bool:
    """Return whether every number lies within the published standard error."""
    return all(abs(gap) < 1.0 for gap in gaps(row))


def gaps(row: dict[str, Any]) -> list[float]:
    """Return how far numbers lie from those published, in published standard errors."""
    each = zip(row["ours"], row["published"], row["published_error"], strict=True)
    return [(ours - theirs) / error for ours, theirs, error in each]


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw published against fitted numbers, and the two root mean squares."""
    figure, axes = plt.subplots(2, 4, figsize=(13.0, 6.6), layout="constrained")
    for panel, (name, title) in zip(axes.flat, TITLES.items(), strict=False):
        for row in rows:
            if name in row["varied"]:
                _one(panel, row, row["varied"].index(name))
        _finish(panel, title, "published", "fitted here")
    last = axes.flat[-1]
    for row in rows:
        last.plot(row["rmse_there"], row["rmse"], "o", color=SAME if same(row) else OTHER, ms=4)
    _finish(last, "root mean square, index", "at the published numbers", "fitted here")
    handles = [
        plt.Line2D([], [], marker="o", ls="", color=SAME, label="all numbers within their errors"),
        plt.Line2D([], [], marker="o", ls="", color=OTHER, label="others, see text"),
        plt.Line2D([], [], marker="o", ls="", mfc="none", color="0.3", label="below zero"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, dpi=130)


def _one(panel: Any, row: dict[str, Any], k: int) -> None:
    ours, theirs = row["ours"][k], row["published"][k]
    if min(abs(ours), abs(theirs)) < 1e-5:
        return
    colour = SAME if same(row) else OTHER
    panel.errorbar(
        abs(theirs),
        abs(ours),
        xerr=_bar(theirs, row["published_error"][k]),
        yerr=_bar(ours, row["error"][k]),
        fmt="o",
        color=colour,
        mfc="none" if theirs < 0 else colour,
        ms=4,
        lw=0.8,
    )


def _bar(value: float, error: float | None) -> list[list[float]]:
    wide = error if error is not None and np.isfinite(error) else 0.0
    return [[min(wide, 0.9 * abs(value))], [wide]]


def _finish(panel: Any, title: str, across: str, up: str) -> None:
    panel.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
    panel.set_title(title, fontsize=10)
    ends = [*panel.get_xlim(), *panel.get_ylim()]
    panel.plot([min(ends), max(ends)], [min(ends), max(ends)], color="0.7", lw=0.8, zorder=0)
    panel.set(xlim=(min(ends), max(ends)), ylim=(min(ends), max(ends)))
    narrow = max(ends) / min(ends) < 100.0
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 3.0) if narrow else (1.0,)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows of the page's table."""
    lines = []
    for row in rows:
        far = max(zip(map(abs, gaps(row)), row["varied"], strict=True))
        errors = "index" if row["plain"] else "sd"
        lines.append(
            f"| {row['well']} | {row['cart']:g} | {row['dexamethasone']:g} | {errors} | "
            f"{row['published_chi_squared']:.4g} | {row['chi_squared']:.4g} | "
            f"{row['rmse_there']:.4f} | {row['rmse']:.4f} | {_far(*far)} |"
        )
    return lines


def _far(most: float, name: str) -> str:
    return "< 0.01" if most < 0.01 else f"{most:.2g} ({TITLES[name].split(',')[0].strip('|')})"


def main() -> None:
    """Read the fits, draw, and print the table."""
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    draw(rows, Path(sys.argv[2]))
    print("\n".join(table(rows)))
    print(sum(map(same, rows)), "of", len(rows), "within the published errors")


if __name__ == "__main__":
    main()

"""Draw docs/glioma_virus.png, and print the tables of docs/data_glioma_virus.md.

python examples/fit_conte2025.py FOLDER --out fits.json
python docs/glioma_virus.py fits.json docs/glioma_virus.png
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

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
MARKS = ("o", "s", "^", "D", "v", "P", "X")


def words(condition: str) -> str:
    """Return a condition in words: one T cell to how many tumour cells, and how much virus."""
    parts = condition.split("_")
    virus = f", virus {parts[4]}" if "ov" in parts else ""
    return f"1:{parts[2]}{virus}"


def shown(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the fits of means from the published numbers: T cells alone, and with virus."""
    means = [r for r in rows if r["well"] is None and r.get("starts") == 1]
    return (
        [r for r in means if "ov" not in r["condition"]],
        [r for r in means if "ov" in r["condition"]],
    )


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw courses of the index, and published against fitted numbers."""
    alone, both = shown(rows)
    figure, axes = plt.subplots(1, 3, figsize=(14.0, 4.8), layout="constrained")
    for panel, group, title in (
        (axes[0], alone, "CAR T cells alone"),
        (axes[1], both, "CAR T cells and virus"),
    ):
        for row, colour in zip(group, COLOURS, strict=False):
            hours = row["hours"]
            panel.plot(hours, row["index"], ".", color=colour, ms=2.5, alpha=0.5)
            panel.plot(hours, row["predicted"], color=colour, label=words(row["condition"]))
            panel.plot(hours, row["predicted_there"], "--", color=colour, lw=1)
        panel.plot([], [], ".", color="0.4", label="mean of three wells")
        panel.plot([], [], color="0.4", label="fitted here")
        panel.plot([], [], "--", color="0.4", lw=1, label="at the published numbers")
        panel.set(xlabel="time since the first reading, h", ylabel="cell index", title=title)
        panel.set_ylim(bottom=0)
        panel.legend(fontsize=8, frameon=False)
    _numbers(axes[2], [*alone, *both])
    figure.savefig(path, dpi=130)


def _numbers(panel: Any, rows: list[dict[str, Any]]) -> None:
    for row, mark in zip(rows, MARKS, strict=True):
        colour = COLOURS[0] if "ov" not in row["condition"] else COLOURS[1]
        ours, theirs, wide = (np.array(row[key]) for key in ("ours", "published", "error"))
        panel.errorbar(
            theirs,
            ours,
            yerr=[np.minimum(wide, 0.9 * ours), wide],
            fmt=mark,
            color=colour,
            ms=5,
            lw=0.8,
            label=words(row["condition"]),
        )
    panel.set(xscale="log", yscale="log", xlabel="published", ylabel="fitted here")
    panel.set_title("rates, 1/h, per index or per virus to a cell")
    ends = (5e-3, 8.0)
    panel.plot(ends, ends, color="0.7", lw=0.8, zorder=0)
    panel.set(xlim=ends, ylim=ends)
    panel.legend(fontsize=8, frameon=False)


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the page's tables: a row a fit, published and fitted number by number."""
    lines = []
    for row in rows:
        cells = [
            f"{theirs:.4g} / {ours:.4g} +- {error:.1g}"
            for theirs, ours, error in zip(row["published"], row["ours"], row["error"], strict=True)
        ]
        rmse = f"{row['rmse_there']:.4f} / {row['rmse']:.4f}" if "rmse_there" in row else ""
        name = row["condition"] if row["condition"] == "tumour_only" else words(row["condition"])
        lines.append(f"| {name} | {' | '.join(cells)} | {rmse} |")
    return lines


def main() -> None:
    """Read the fits, draw, and print the tables."""
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    draw(rows, Path(sys.argv[2]))
    for group in shown(rows):
        print("\n".join(table(group)))
    for row in rows:
        print(
            row["condition"],
            row["well"],
            row.get("counted"),
            row.get("starts"),
            f"{row.get('squares', 0):.4g} {row.get('squares_there', 0):.4g} {row['rmse']:.4f}",
        )


if __name__ == "__main__":
    main()

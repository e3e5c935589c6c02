"""Time against error, one panel a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.curves import Curve, Point

# Okabe and Ito's colours, told apart with every kind of colour vision, each with its own marker.
STYLES = {
    "cartflow": ("#0072B2", "o"),
    "FiPy": ("#D55E00", "s"),
    "FipyEngine": ("#D55E00", "s"),
    "FipyEngine, extrapolated": ("#CC79A7", "D"),
    "py-pde, Runge-Kutta 5(4)": ("#009E73", "^"),
    "py-pde, Euler": ("#000000", "v"),
    "cartflow, one thread": ("#56B4E9", "o"),
    "LSODA": ("#E69F00", "P"),
    "libRoadRunner": ("#009E73", "*"),
    "cartflow, implicit, box": ("#0072B2", "o"),
    "cartflow, explicit, box": ("#D55E00", "s"),
    "cartflow, implicit, mask": ("#56B4E9", "^"),
    "cartflow, explicit, mask": ("#E69F00", "D"),
}


def draw(report: dict[str, Any], out: Path) -> None:
    """Write the figure of every case that has curves; open markers are partly reckoned."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    cases = {name: case for name, case in report["cases"].items() if case.get("curves")}
    if not cases:
        return
    columns = min(len(cases), 2)
    rows = -(-len(cases) // columns)
    figure = Figure(figsize=(4.8 * columns, 3.8 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for k, (name, case) in enumerate(cases.items()):
        _panel(figure.add_subplot(rows, columns, k + 1), name, case)
    figure.savefig(out, dpi=160)


def _panel(axes: Any, name: str, case: dict[str, Any]) -> None:
    for curve in case["curves"]:
        colour, marker = STYLES.get(curve["solver"], ("#56B4E9", "x"))
        points = [Point(**p) for p in curve["points"]]
        front = Curve(solver=curve["solver"], how="", points=tuple(points)).front()
        reckoned = any(p.extrapolated for p in points)
        # Runs that another beats in both are shown, but not joined.
        axes.loglog(
            [p.error for p in points],
            [p.seconds for p in points],
            color=colour,
            marker=marker,
            markersize=4,
            linestyle="",
            alpha=0.25,
        )
        axes.loglog(
            [p.error for p in front],
            [p.seconds for p in front],
            color=colour,
            marker=marker,
            markersize=5,
            linestyle="--" if reckoned else "-",
            markerfacecolor="white" if reckoned else colour,
            label=curve["solver"] + (" (steps x seconds per step)" if reckoned else ""),
        )
    axes.axvline(1e-3, color="0.7", linewidth=0.8, zorder=0)
    axes.invert_xaxis()
    axes.set_xlabel("relative L2 error (1)")
    axes.set_ylabel("run time (s)")
    axes.set_title(f"{name}: {case['title']},\n{case['end_time']}", fontsize=8)
    axes.legend(fontsize=7, frameon=False)
    axes.grid(alpha=0.25)

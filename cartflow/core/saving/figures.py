"""Figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cartflow.core.saving.whole import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write `figure` as PNG; the file appears whole or not at all. Raises `InputError`."""
    write_whole(path, lambda draft: figure.savefig(draft, dpi=150, format="png"))

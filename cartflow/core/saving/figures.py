"""Figures as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cartflow.core.saving.kinds import FIGURES, NAMES, kind_of_name
from cartflow.core.saving.whole import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_DPI = 150
# Without these a vector file would differ from run to run.
_SAME = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def save_figure(figure: Figure, path: Path) -> None:
    """Write `figure` as what `path` ends in: PNG, SVG or PDF. Raises `InputError`.

    The file appears whole or not at all, and is the same for the same figure.
    """
    from matplotlib import rc_context

    form = NAMES[kind_of_name(path, FIGURES)].lower()
    with rc_context({"svg.hashsalt": "cartflow"}):
        write_whole(
            path,
            lambda draft: figure.savefig(draft, dpi=_DPI, format=form, metadata=_SAME.get(form)),
        )

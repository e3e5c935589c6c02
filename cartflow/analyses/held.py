"""What an analysis came to, held in a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from cartflow.core.dataset import write
from cartflow.core.paths import as_path


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """What an analysis came to: `dataset` holds all of it."""

    dataset: xr.Dataset

    def write(self, path: str | Path) -> None:
        """Write the dataset as netCDF-4."""
        write(xr.DataTree(self.dataset), as_path(path, f"{type(self).__name__}.write"))

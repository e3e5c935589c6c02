"""Which numbers of a sensitivity analysis matter most."""

from __future__ import annotations

import numpy as np
import xarray as xr


def order(dataset: xr.Dataset) -> np.ndarray:
    """Return the places of the numbers, the one that matters most first."""
    if "total_order" in dataset:
        return np.argsort(-dataset["total_order"].values, kind="stable")
    # An outcome of zero at an end matters more than any other.
    with np.errstate(divide="ignore"):
        ends = np.abs(np.log(np.array([dataset["at_low"], dataset["at_high"]]) / dataset.central))
    return np.argsort(-ends.max(axis=0), kind="stable")

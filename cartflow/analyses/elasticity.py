"""How an outcome answers to small changes of each number: by tangents, or by differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr

from cartflow.analyses.derivatives.run import require_one_system, run_with_derivatives
from cartflow.analyses.measures import SLOPES
from cartflow.core.dataset import without_fill
from cartflow.core.differences import NotSmooth, slopes_of
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

Array = np.ndarray
Outcome = Callable[[Mapping[str, float]], float]


class Local(NamedTuple):
    """d ln(outcome) / d ln(number) at the study's values, or none, and how they were found."""

    values: Array | None
    by: str


def of_the_run(study: Study, of: str, dataset: xr.Dataset) -> Local:
    """Return the local answers of one of `MEASURES` by the derivatives of one run."""
    names = dataset["parameter"].values.tolist()
    try:
        require_one_system(study)
        result = run_with_derivatives(study, names).require_finished()
    except InputError as error:
        return Local(None, str(error))
    slopes = SLOPES[of](study, result) * np.asarray(result.derivatives["number_value"])
    return Local(slopes / dataset.attrs["central"], "derivatives of the run's own steps")


def of_the_network(outcome: Outcome, dataset: xr.Dataset) -> Local:
    """Return the local answers of an outcome of the organ network, by differences."""
    found = []
    for name, value in zip(dataset["parameter"].values, dataset["value"].values, strict=True):

        def family(offset: float, name: str = name, value: float = value) -> list[Array]:
            return [np.array(outcome({name: value * (1.0 + offset)}))]

        try:
            found.append(float(slopes_of(family)[0]))
        except (InputError, NotSmooth) as error:
            return Local(None, str(error) or f"it does not change smoothly with {name}")
    by = "differences of eighth order of the organ network"
    return Local(np.array(found) / dataset.attrs["central"], by)


def with_elasticity(dataset: xr.Dataset, local: Local) -> xr.Dataset:
    """Return a dataset of sensitivity with the ``elasticity`` of every number.

    Without local answers it is ln(outcome ratio) / ln(number ratio) between the ends of the
    range, nan where one of them is nought, and ``elasticity_by`` says so and why.
    """
    values, by, text = local.values, local.by, "d ln(outcome) / d ln(number) at the study's values"
    if values is None:
        low, high, below, above = (
            dataset[name].values for name in ("low", "high", "at_low", "at_high")
        )
        with np.errstate(all="ignore"):
            values = np.log(above / below) / np.log(high / low)
        values = np.where(np.isfinite(values), values, np.nan)
        by = f"differences between the ends of the ranges ({local.by})"
        text = "ln(outcome ratio) / ln(number ratio) between the ends of the range"
    dataset["elasticity"] = ("parameter", values, {"long_name": text})
    dataset.attrs["elasticity_by"] = by
    return without_fill(dataset)

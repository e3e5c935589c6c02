"""Posteriors of several models of the same table, by how well they foretell its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from cartflow.analyses.fit.bayes.measures import error_of_sum
from cartflow.analyses.fit.bayes.words import warnings_of
from cartflow.analyses.fit.words import aligned
from cartflow.core.outcome import InputError

# Differences below it are within the error of the error (Sivula, Magnusson, Matamoros, Vehtari).
_LEAST = 4.0


@dataclass(frozen=True, kw_only=True)
class Foretold:
    """A model's `elpd` by PSIS-LOO, with how far it is `below` the best and standard errors.

    The error of a difference is that of the sum of differences of single values, which two models
    foretell well or badly together. `effective` is how many parameters data move, `warnings` what
    speaks against the samples.
    """

    name: str
    elpd: float
    error: float
    below: float
    error_below: float
    effective: float
    warnings: tuple[str, ...]


def compare_posteriors(posteriors: Mapping[str, xr.Dataset]) -> list[Foretold]:
    """Return how well posteriors of one table foretell it, the best first, from their datasets.

    Raises `InputError` where there are fewer than two, or they are not of the same values.
    """
    if len(posteriors) < 2:
        msg = f"posteriors: {len(posteriors)} given; two or more are compared"
        raise InputError(msg)
    for name, dataset in posteriors.items():
        _require_alike(name, dataset, *next(iter(posteriors.items())))
    ordered = sorted(posteriors.items(), key=lambda each: -float(each[1]["elpd"].sum()))
    best = ordered[0][1]["elpd"].values
    return [_foretold(name, dataset, best) for name, dataset in ordered]


def _foretold(name: str, dataset: xr.Dataset, best: np.ndarray) -> Foretold:
    each = dataset["elpd"].values
    return Foretold(
        name=name,
        elpd=float(each.sum()),
        error=error_of_sum(each),
        below=float((best - each).sum()),
        error_below=error_of_sum(best - each),
        effective=float(dataset.attrs["effective_parameters"]),
        warnings=tuple(warnings_of(dataset)),
    )


def _require_alike(name: str, dataset: xr.Dataset, first: str, other: xr.Dataset) -> None:
    if "elpd" not in dataset:
        msg = f"{name}: has no elpd of each value; sample it with cartflow fit --bayes"
        raise InputError(msg)
    for key in ("subject", "observable", "unit", "time", "value", "lloq", "censored"):
        one, two = dataset[key].values, other[key].values
        equal = np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
        if not equal:
            msg = f"{name}: its data are not those of {first} ({key}); elpd is of the same values"
            raise InputError(msg)


def foretold_lines(found: Sequence[Foretold]) -> list[str]:
    """Return the table of several posteriors in lines, with what speaks against it."""
    rows = [["model", "elpd", "error", "below best", "its error", "effective parameters"]]
    rows += [
        [
            each.name,
            f"{each.elpd:.5g}",
            f"{each.error:.3g}",
            f"{each.below:.4g}",
            f"{each.error_below:.3g}" if each.below else "",
            f"{each.effective:.3g}",
        ]
        for each in found
    ]
    warned = [f"{each.name}: {words}" for each in found for words in each.warnings]
    alike = [each.name for each in found[1:] if each.below < max(2.0 * each.error_below, _LEAST)]
    if alike:
        warned.append(
            f"{', '.join(alike)} and {found[0].name} foretell about as well: a difference below "
            f"twice its error, or below {_LEAST:g}, says little"
        )
    return [*aligned(rows), *(f"warning       {words}" for words in warned)]

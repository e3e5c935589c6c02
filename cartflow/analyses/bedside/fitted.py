"""A population as ``cartflow fit --random`` found it: typical values, spread, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.bedside.prior import Prior, Spread
from cartflow.analyses.fit.errors import PLAIN, read_error
from cartflow.analyses.fit.mixed.effects import Covariate, read_covariates
from cartflow.analyses.fit.parameters import Wanted, ranged, read_vary
from cartflow.analyses.fit.sources.source import Source
from cartflow.core.dataset import read_tree
from cartflow.core.outcome import InputError, named


def fitted_population(path: Path) -> xr.Dataset:
    """Return the dataset of a population's fit. Raises `InputError` for any other file."""
    dataset = read_tree(path).to_dataset()
    if dataset.attrs.get("analysis") != "mixed fit":
        msg = f"{path}: is no population's fit; give what `cartflow fit --random` wrote, or TOML"
        raise InputError(msg)
    return dataset


def from_fit(path: Path, dataset: xr.Dataset, source: Source) -> Prior:
    """Return the population of a fit; typical values and spread are taken as they were estimated.

    Raises `InputError` where the fit is of another model.
    """
    attrs = dataset.attrs
    model = str(attrs.get("model") or attrs.get("title", ""))
    if model != (source.identity().get("model") or source.identity().get("title", "")):
        msg = f"{path}: is a fit of '{model}', and not of '{source.name}'"
        raise InputError(msg)
    with named(path):
        try:
            return _prior(dataset, source, path.name)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            msg = f"lacks what a population's fit holds ({str(error) or type(error).__name__})"
            raise InputError(msg) from None


def _prior(dataset: xr.Dataset, source: Source, name: str) -> Prior:
    attrs = dataset.attrs
    values = dict(zip(_texts(dataset, "parameter"), dataset["estimate"].values, strict=True))
    omega = dict(zip(_texts(dataset, "random"), dataset["omega"].values, strict=True))
    logged = dict(_scales(read_vary(json.loads(attrs["vary"])), source))
    units = dict(zip(_texts(dataset, "parameter"), _texts(dataset, "parameter_unit"), strict=True))
    spreads = [
        Spread(
            key=key,
            unit=units[key],
            typical=float(values[key]),
            deviation=float(omega.get(key, 0.0)),
            logarithmic=scale,
        )
        for key, scale in logged.items()
    ]
    order = [list(omega).index(s.key) for s in spreads if s.key in omega]
    choices = json.loads(attrs["choices"])
    prior = Prior(
        spreads=spreads,
        correlation=dataset["correlation"].values[np.ix_(order, order)],
        origin=f"{name}: a fit to {len(dataset['subject_name'])} subjects",
        errors=dict(_errors(dataset, choices["errors"], values)),
        observables=choices["observables"],
        settings=json.loads(attrs["settings"]),
        scenario=attrs.get("scenario") or None,
        model=str(attrs.get("model", "")) or None,
        dose_into=choices.get("dose_into"),
    )
    return replace(prior, covariates=_covariates(json.loads(attrs["covariates"]), prior, values))


def _texts(dataset: xr.Dataset, name: str) -> list[str]:
    return [str(each) for each in dataset[name].values]


def _scales(wanted: list[Wanted], source: Source) -> Iterator[tuple[str, bool]]:
    """Yield whether each number was sought on a logarithmic scale."""
    for each in wanted:
        stated = source.stated(each.key, each.unit)
        if stated is None:
            yield each.key, ranged(each, each.unit or "1", 0.0, None)[2]
        else:
            yield each.key, ranged(each, stated.unit, stated.value, stated.bounds)[2]


def _errors(
    dataset: xr.Dataset, given: dict[str, str], values: dict[str, Any]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield error models with all their numbers, and the unit these are in, by observable."""
    owners = np.array(_texts(dataset, "observable"), dtype=object)
    for name, kind in json.loads(dataset.attrs["error_models"]).items():
        model = read_error(given.get(name, kind), f"observable '{name}': error model")
        numbers = [
            float(values[f"{number} of {name}"]) if value is None else value
            for number, value in model.numbers.items()
        ]
        unit = str(dataset["unit"].values[np.flatnonzero(owners == name)[0]])
        yield name, (" ".join([model.kind, *(repr(n) for n in numbers)]), unit)


def _covariates(
    given: dict[str, list[str]], prior: Prior, values: dict[str, Any]
) -> list[Covariate]:
    found = read_covariates(given, prior.parameters())
    return [
        replace(each, size=float(values[each.name])) if each.size is None else each
        for each in found
    ]


def in_unit(text: str, unit: str, factor: float) -> str:
    """Return an error model's text with its numbers in a unit of which `unit` has `factor`."""
    model = read_error(text, f"error model in {unit}")
    plain = model.kind == "lognormal"
    numbers = [
        value if plain or name in PLAIN else value * factor
        for name, value in model.numbers.items()
        if value is not None
    ]
    return " ".join([model.kind, *(repr(float(n)) for n in numbers)])

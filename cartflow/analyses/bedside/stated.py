"""A population that is stated: by coefficients of variation, or in a TOML file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from cartflow.analyses.bedside.prior import Prior, Spread, with_correlations
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.population.reading import distribution
from cartflow.core.outcome import InputError, suggest
from cartflow.core.tables import Table, parse_toml, read_text, validate
from cartflow.study.tables.population import CorrelationTable, VariedTable, with_flat_keys

_LARGEST = 10.0
FORM = "KEY=CV, such as growth_rate=0.5"


class _Inner(Table):
    varied: dict[str, VariedTable]
    correlations: list[CorrelationTable] = Field(default_factory=list)


class _Whole(Table):
    population: _Inner
    errors: dict[str, str] = Field(default_factory=dict)


def by_variation(spread: Mapping[str, Any] | Sequence[str], source: Source) -> Prior:
    """Return numbers that are log-normal about what `source` has, with coefficients of variation.

    `spread` is ``{"growth_rate": 0.5}`` or texts ``growth_rate=0.5``. Raises `InputError`.
    """
    given = spread if isinstance(spread, Mapping) else dict(_pair(text) for text in spread)
    if len(given) < len(spread):
        raise InputError("--spread: a number is given twice")
    spreads = [_one(key, value, source) for key, value in given.items()]
    return Prior(
        spreads=spreads,
        correlation=np.eye(len(spreads)),
        origin="assumed: log-normal about the model's numbers, cv "
        + ", ".join(f"{key} {float(value):g}" for key, value in given.items()),
    )


def _pair(text: Any) -> tuple[str, str]:
    key, equals, value = (part.strip() for part in str(text).partition("="))
    if not equals or not key or not value:
        msg = f"--spread {str(text)[:80]}: written is {FORM}"
        raise InputError(msg)
    return key, value


def _one(key: str, value: Any, source: Source) -> Spread:
    try:
        cv = float(value)
    except (TypeError, ValueError):
        cv = math.nan
    if not 0.0 < cv <= _LARGEST:
        msg = f"--spread {key}: {str(value)[:40]} is no coefficient of variation above 0 and at "
        raise InputError(msg + f"most {_LARGEST:g}; written is {FORM}")
    stated = source.stated(key, "")
    if stated is None:
        msg = f"--spread {key}: '{source.name}' has no such number; {suggest(key, source.keys())}"
        raise InputError(msg)
    if not stated.value > 0:
        msg = f"--spread {key}: is {stated.value:g}, and a log-normal number must be above 0; set "
        raise InputError(msg + "it with --set, or state a normal one in a population file")
    wide = math.sqrt(math.log1p(cv**2))
    return Spread(key=key, unit=stated.unit, typical=stated.value, deviation=wide)


def from_toml(path: Path, source: Source) -> Prior:
    """Return the population that a TOML file states. Raises `InputError` naming file and key.

    It has ``[population.varied.KEY]`` with log-normal and normal distributions,
    ``[[population.correlations]]``, and, if wanted, ``[errors]`` by observable.
    """
    table = validate(_Whole, with_flat_keys(parse_toml(read_text(path), str(path))), str(path))
    spreads = [_varied(path, key, each, source) for key, each in table.population.varied.items()]
    if not spreads:
        msg = f"{path}: population.varied: holds no number"
        raise InputError(msg)
    prior = Prior(
        spreads=spreads,
        correlation=np.eye(len(spreads)),
        origin=f"stated in {path.name}: " + "; ".join(_words(s) for s in spreads),
        errors={name: (text, "") for name, text in table.errors.items()},
    )
    pairs = {(c.between[0], c.between[1]): c.coefficient for c in table.population.correlations}
    return with_correlations(prior, pairs, f"{path}: population.correlations")


def _varied(path: Path, key: str, table: VariedTable, source: Source) -> Spread:
    where = f"{path}: population.varied.{key}"
    stated = source.stated(key, "")
    if stated is None:
        msg = f"{where}: '{source.name}' has no such number; {suggest(key, source.keys())}"
        raise InputError(msg)
    if table.distribution not in ("log-normal", "normal"):
        msg = f"{where}: is {table.distribution}; known here are log-normal and normal"
        raise InputError(msg)
    if table.lowest is not None or table.highest is not None:
        msg = f"{where}: has bounds, which are not known here; leave out lowest and highest"
        raise InputError(msg)
    try:
        found = distribution(key, table, stated.unit)
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    return Spread(
        key=key,
        unit=found.unit,
        typical=found.centre,
        deviation=found.width,
        logarithmic=table.distribution == "log-normal",
    )


def _words(one: Spread) -> str:
    unit = "" if one.unit == "1" else f" {one.unit}"
    if one.logarithmic:
        cv = math.sqrt(math.expm1(one.deviation**2))
        return f"{one.key} log-normal, median {one.typical:.4g}{unit}, cv {cv:.3g}"
    return f"{one.key} normal, mean {one.typical:.4g}{unit}, sd {one.deviation:.3g}{unit}"

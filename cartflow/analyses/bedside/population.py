"""A model with the population of its patients, from a file or as it is stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.bedside.fitted import fitted_population, from_fit
from cartflow.analyses.bedside.prior import Prior, with_correlations
from cartflow.analyses.bedside.stated import by_variation, from_toml
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, require_file
from cartflow.core.units.conversion import to_internal

Array = np.ndarray
_MOST_NUMBERS = 20
_LONGEST = 1e5  # days
_PAIR = "A,B=COEFFICIENT, such as growth_rate,kill=-0.3"


def population(
    what: str | Path,
    file: str | Path | None,
    spread: Mapping[str, Any] | Sequence[str],
    correlations: Mapping[str, float] | Sequence[str],
    scenario: str | None,
    settings: Mapping[str, Any],
) -> tuple[Source, Prior]:
    """Return the model and how its numbers differ between patients. Raises `InputError`."""
    if isinstance(spread, str):
        spread = [spread]
    if (file is None) == (not spread):
        msg = "how patients differ is needed once: --population FILE, or --spread KEY=CV"
        raise InputError(msg)
    if file is None:
        source = source_of(what, scenario, settings, True)
        prior = by_variation(spread, source)
    else:
        source, prior = _of_file(what, as_path(file, "population"), scenario, settings)
    pairs = dict(_pairs(correlations))
    if pairs:
        prior = with_correlations(prior, pairs, "--correlation")
    if len(prior.places) > _MOST_NUMBERS:
        msg = (
            f"population: {len(prior.places)} numbers differ; at most {_MOST_NUMBERS} are possible"
        )
        raise InputError(msg)
    if not len(prior.places):
        raise InputError("population: no number differs between patients")
    return source, prior


def _of_file(
    what: str | Path, path: Path, scenario: str | None, settings: Mapping[str, Any]
) -> tuple[Source, Prior]:
    require_file(path)
    if path.suffix.lower() == ".toml":
        source = source_of(what, scenario, settings, True)
        return source, from_toml(path, source)
    dataset = fitted_population(path)
    first = source_of(what, scenario, settings, True)
    prior = from_fit(path, dataset, first)
    given = {**prior.settings, **settings}
    return source_of(what, scenario or prior.scenario, given, True), prior


def _pairs(texts: Mapping[str, float] | Sequence[str]) -> list[tuple[tuple[str, str], float]]:
    if isinstance(texts, str):
        texts = [texts]
    items = texts.items() if isinstance(texts, Mapping) else [t.rpartition("=")[::2] for t in texts]
    found = []
    for key, value in items:
        names = [name.strip() for name in str(key).split(",")]
        try:
            coefficient = float(value)
        except (TypeError, ValueError):
            names = []
        if len(names) != 2 or not all(names):
            msg = f"--correlation {str(key)[:60]}: written is {_PAIR}"
            raise InputError(msg)
        found.append(((names[0], names[1]), coefficient))
    return found


def days_of(until: Any, data: Measurements | None, points: int) -> Array:
    """Return even days from 0 to `until`, such as ``180 days``. Raises `InputError`."""
    try:
        end = to_internal(until, "day") if isinstance(until, str) else arguments.number(until, "")
    except InputError as error:
        msg = f"--until: {error}"
        raise InputError(msg) from None
    if not 0.0 < end <= _LONGEST:
        msg = f"--until {until}: must be above 0 and at most {_LONGEST:g} days"
        raise InputError(msg)
    if data is not None and end < float(data.time.max()):
        msg = f"--until {until}: is before the last value of {data.source}, on day "
        raise InputError(msg + f"{float(data.time.max()):g}")
    return np.linspace(0.0, end, points)

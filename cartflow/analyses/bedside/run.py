"""Monitoring: a population and a patient's first values give the course that is to come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartflow.analyses.bedside.asked import Asked
from cartflow.analyses.bedside.dataset import Told, monitored_dataset
from cartflow.analyses.bedside.events import Event, read_events
from cartflow.analyses.bedside.monitored import known
from cartflow.analyses.bedside.patient import patients_of
from cartflow.analyses.bedside.population import days_of, population
from cartflow.analyses.bedside.posterior import posterior
from cartflow.analyses.bedside.words import monitor_lines
from cartflow.analyses.fit.run import LARGEST_SEED, choices_of
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.analyses.held import Held
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path

LEAST_DRAWS, MOST_DRAWS = 200, 1_000_000
_MOST_PATIENTS = 1000
_POINTS = 181
Watch = Callable[[str, int, int, int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Monitored(Held):
    """Monitored patients: `dataset` holds all of it. Research only."""

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG: values, courses with bands before and after, chances."""
        from cartflow.results.figures.monitored import plot_monitored

        plot_monitored(self.dataset, as_path(path, "Monitored.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow monitor`` prints."""
        return monitor_lines(self.dataset)


def monitor(
    what: str | Path,
    data: Any,
    until: Any,
    *,
    population_file: str | Path | None = None,
    spread: Mapping[str, Any] | Sequence[str] = (),
    correlations: Mapping[str, float] | Sequence[str] = (),
    below: Sequence[str] = (),
    above: Sequence[str] = (),
    relapse: Sequence[str] = (),
    observables: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dose_into: str | None = None,
    names: Mapping[str, str] | None = None,
    draws: int = 4000,
    seed: int = 1,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Monitored:
    """Update what is known of patients by their first values; research only.

    `data` is as in `cartflow.fit`, each subject a patient. How patients differ is a
    `population_file` (what `cartflow.fit_mixed` wrote, or TOML) or a `spread` of coefficients of
    variation about the model's numbers. ``below=["cart=1 cell/uL"]``, `above` and `relapse` are
    events whose chance until the day `until` is told. Posterior by importance sampling of `draws`
    runs by `seed`, the same bits for any `threads`. Raises `InputError`, `RunStopped`.
    """
    threads = arguments.threads(threads)
    draws = arguments.whole_number(draws, "draws", LEAST_DRAWS, MOST_DRAWS)
    seed = arguments.whole_number(seed, "seed", 0, LARGEST_SEED)
    told = arguments.table(settings, "settings")
    choices = choices_of(observables, errors, dose_into=dose_into)
    measurements = data if isinstance(data, Measurements) else read_measurements(data, names)
    source, prior = population(what, population_file, spread, correlations, scenario, told)
    known_names = {**prior.observables, **choices.observables}
    events = _events(source, known_names, below=below, above=above, relapse=relapse)
    days = days_of(until, measurements, _POINTS)
    patients = patients_of(measurements, source, prior, choices, events, days)
    if len(patients) > _MOST_PATIENTS:
        msg = f"{measurements.source}: has {len(patients)} patients; at most {_MOST_PATIENTS}"
        raise InputError(msg)
    found = []
    for patient in patients:
        own = None if watch is None else _of(watch, patient.name, draws)
        drawn = posterior(patient, prior, draws, seed, threads, own)
        before, after = known(patient, drawn, events, days)
        found.append(Told(patient=patient, posterior=drawn, before=before, after=after))
    asked = Asked(
        identity=source.identity(),
        settings=told,
        observables=choices.observables,
        errors=patients[0].errors,
        until=float(days[-1]),
        draws=draws,
        seed=seed,
    )
    attributes = asked.attributes("monitoring", prior, measurements, [e.name for e in events])
    return Monitored(
        dataset=monitored_dataset(found, prior, measurements, events, days, attributes)
    )


def _of(watch: Watch, name: str, draws: int) -> Callable[[int, int], None]:
    return lambda done, failed: watch(name, done, failed, draws)


def _events(
    source: Source,
    observables: Mapping[str, str],
    *,
    below: Sequence[str],
    above: Sequence[str],
    relapse: Sequence[str],
) -> list[Event]:
    found = read_events("below", arguments.names(below, "below"), source.units, observables)
    found += read_events("above", arguments.names(above, "above"), source.units, observables)
    return found + read_events(
        "relapse", arguments.names(relapse, "relapse"), source.units, observables
    )

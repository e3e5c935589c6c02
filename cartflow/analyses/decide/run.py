"""Decisions on a virtual cohort: a dose chosen by first counts, and debulking before infusion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.bedside.asked import Asked
from cartflow.analyses.bedside.population import days_of, population
from cartflow.analyses.bedside.posterior import stream
from cartflow.analyses.bedside.runs import Seen
from cartflow.analyses.decide.adaptive import compared
from cartflow.analyses.decide.cohort import Cohort, cohort_of
from cartflow.analyses.decide.dataset import debulking_dataset, dosing_dataset
from cartflow.analyses.decide.debulked import debulked
from cartflow.analyses.decide.observed import Observed, read_observed
from cartflow.analyses.decide.options import read_options
from cartflow.analyses.decide.words import decision_lines
from cartflow.analyses.decide.worth import Worth, read_worths, utility
from cartflow.analyses.fit.run import LARGEST_SEED
from cartflow.analyses.held import Held
from cartflow.core import arguments
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.paths import as_path

Array = np.ndarray
Watch = Callable[[str, int, int, int], None]
_POINTS = 181
_LEAST_MEMBERS, _MOST_MEMBERS = 20, 100_000
_SAME = 1e-6  # of a course's largest value, within which options are alike before a decision
_FRACTIONS = tuple(np.round(np.arange(0.0, 1.0, 0.05), 2).tolist())


@dataclass(frozen=True, kw_only=True, eq=False)
class Decided(Held):
    """A decision on a virtual cohort: `dataset` holds all of it. Research only."""

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG."""
        from cartflow.results.figures.decided import plot_decided

        plot_decided(self.dataset, as_path(path, "Decided.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow decide`` prints."""
        return decision_lines(self.dataset)


def decide(
    what: str | Path,
    until: Any,
    options: Sequence[str],
    worth: Sequence[str],
    observe: str,
    error: str,
    *,
    population_file: str | Path | None = None,
    spread: Mapping[str, Any] | Sequence[str] = (),
    correlations: Mapping[str, float] | Sequence[str] = (),
    observables: Mapping[str, str] | None = None,
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    members: int = 200,
    reference: int = 1000,
    seed: int = 1,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Decided:
    """Compare a dose chosen by first counts with the same dose for all; research only.

    `options` are settings, ``["doses.1.amount=1e6 cell", ...]``, alike until the last count of
    `observe` (``"cart at 3, 7 days"``, scattering by `error`). Each of `members` is given the
    option of highest expected utility under its posterior; `worth` are weights of what happens,
    ``["1 if tumour below 10", "-0.5 if cart above 100 cell/uL"]``. Posteriors rest on a
    `reference` cohort. Raises `InputError`, `RunStopped`.
    """
    threads = arguments.threads(threads)
    members = arguments.whole_number(members, "members", _LEAST_MEMBERS, _MOST_MEMBERS)
    reference = arguments.whole_number(reference, "reference", _LEAST_MEMBERS, _MOST_MEMBERS)
    seed = arguments.whole_number(seed, "seed", 0, LARGEST_SEED)
    told = arguments.table(settings, "settings")
    source, prior = population(what, population_file, spread, correlations, scenario, told)
    named = {**prior.observables, **arguments.table(observables, "observables")}
    worths = read_worths(worth, source.units, named, "worth")
    if not worths:
        raise InputError("decide: nothing is worth anything; give --worth '1 if tumour below 10'")
    chosen = read_options(options, source, prior)
    seen_first = read_observed(observe, error, source.units, named)
    days = days_of(until, None, _POINTS)
    if seen_first.times[-1] >= days[-1]:
        msg = f"--until {until}: must be after the last count, on day {seen_first.times[-1]:g}"
        raise InputError(msg)
    days = np.union1d(days, seen_first.times)
    runs = {}
    for name, size in (("members", members), ("reference", reference)):
        cohort = cohort_of(source, prior, size, name, seed)
        runs[name] = _options_run(cohort, chosen, worths, seen_first, days, threads, watch)
    (utilities, happened, firsts), (others, _, courses) = runs["members"], runs["reference"]
    counts = seen_first.drawn(firsts, stream("counts", seed))
    found = compared(seen_first, counts, utilities, others, courses)
    asked = Asked(
        identity=source.identity(),
        settings=told,
        observables=named,
        errors={seen_first.observable.name: error},
        until=float(days[-1]),
        draws=reference,
        seed=seed,
    )
    attributes = asked.attributes("adaptive dosing", prior, None, [w.name for w in worths])
    attributes |= {"observed": observe, "failed": members - len(utilities)}
    dataset = dosing_dataset(found, happened, list(chosen), worths, attributes)
    return Decided(dataset=dataset)


def _options_run(
    cohort: Cohort,
    options: Mapping[str, Mapping[str, str]],
    worths: Sequence[Worth],
    observed: Observed,
    days: Array,
    threads: int,
    watch: Watch | None,
) -> tuple[Array, Array, Array]:
    """Return utilities (members, options), what happened (worths too), and courses observed."""
    seen = [Seen(quantity=w.event.quantity, factor=w.event.factor) for w in worths]
    seen.append(Seen(quantity=observed.observable, factor=1.0))
    here = np.searchsorted(days, observed.times)
    utilities, happened, firsts = [], [], []
    for name, settings in options.items():
        own = None if watch is None else _of(watch, name, len(cohort.values))
        courses = cohort.run(settings, days, seen, threads, own)
        utilities.append(utility(worths, days, courses))
        happened.append([w.happened(days, courses[:, k]) for k, w in enumerate(worths)])
        firsts.append(courses[:, -1, here])
    well = np.isfinite(np.array(utilities)).all(axis=0)
    if int(well.sum()) < _LEAST_MEMBERS:
        msg = f"decide: only {int(well.sum())} of {len(well)} members ran with every option"
        raise RunStopped(msg)
    kept = np.array(firsts)[:, well]
    apart = np.abs(kept - kept[0]).max(axis=(1, 2)) > _SAME * np.abs(kept[0]).max()
    if apart.any():
        name = list(options)[int(np.argmax(apart))]
        msg = f"--option {name}: acts before the last count on day {observed.times[-1]:g}; a dose "
        raise InputError(msg + "chosen by counts must come after them")
    shown = np.array(happened)[:, :, well].transpose(2, 0, 1)
    return np.array(utilities).T[well], shown, kept[0]


def _of(watch: Watch, name: str, members: int) -> Callable[[int, int], None]:
    return lambda done, failed: watch(f"{name}, {members}", done, failed, members)


def debulk(
    what: str | Path,
    until: Any,
    species: str,
    success: str,
    *,
    removed: Sequence[float] = _FRACTIONS,
    population_file: str | Path | None = None,
    spread: Mapping[str, Any] | Sequence[str] = (),
    correlations: Mapping[str, float] | Sequence[str] = (),
    observables: Mapping[str, str] | None = None,
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    members: int = 200,
    seed: int = 1,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Decided:
    """Remove fractions of a tumour before the dose in a virtual cohort; research only.

    The start of `species` is scaled by 1 less each fraction `removed`, of the same `members` each
    time. `success` is so at the end: ``"tumour below 10"``. Raises `InputError`, `RunStopped`.
    """
    threads = arguments.threads(threads)
    members = arguments.whole_number(members, "members", _LEAST_MEMBERS, _MOST_MEMBERS)
    seed = arguments.whole_number(seed, "seed", 0, LARGEST_SEED)
    told = arguments.table(settings, "settings")
    source, prior = population(what, population_file, spread, correlations, scenario, told)
    named = {**prior.observables, **arguments.table(observables, "observables")}
    text = arguments.text(success, "success")
    wanted = read_worths([f"1 if {text} at the end"], source.units, named, "success")[0]
    fractions = np.array([arguments.number(f, "removed") for f in removed])
    if not len(fractions) or fractions[0] != 0.0 or np.any(np.diff(fractions) <= 0):
        raise InputError("removed: fractions must begin with 0, and rise")
    if fractions[-1] >= 1.0:
        msg = f"removed: {fractions[-1]:g} must be below 1"
        raise InputError(msg)
    days = days_of(until, None, _POINTS)
    cohort = cohort_of(source, prior, members, "members", seed)
    own = None if watch is None else _of(watch, f"without a part of {species}", members)
    found = debulked(cohort, species, fractions, wanted, days, threads, own)
    if len(found.well) < _LEAST_MEMBERS:
        msg = f"debulk: only {len(found.well)} of {members} members could be run"
        raise RunStopped(msg)
    asked = Asked(
        identity=source.identity(),
        settings=told,
        observables=named,
        errors={},
        until=float(days[-1]),
        draws=members,
        seed=seed,
    )
    attributes = asked.attributes("debulking", prior, None, [wanted.name])
    attributes |= {"removed_of": species, "failed": members - len(found.well)}
    return Decided(dataset=debulking_dataset(found, attributes))

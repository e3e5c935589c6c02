"""A model or study fitted to measurements: the best values, how sure they are, what is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartflow.analyses.fit.asked import Asked
from cartflow.analyses.fit.bands import bands, courses
from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.curvature import Curvature, curvature
from cartflow.analyses.fit.dataset import fit_dataset
from cartflow.analyses.fit.fine import fine_subjects
from cartflow.analyses.fit.freedom import small_samples
from cartflow.analyses.fit.known import known
from cartflow.analyses.fit.narrowing import narrowing, until_of
from cartflow.analyses.fit.optimise import Found, best_of, search, searched
from cartflow.analyses.fit.parameters import Vary, read_vary
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.profiles import Profile, profiles
from cartflow.analyses.fit.small_samples import SmallSamples
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.subjects import Choices
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.analyses.fit.words import fit_lines
from cartflow.analyses.held import Held
from cartflow.core import arguments
from cartflow.core.paths import as_path

MOST_STARTS, LARGEST_SEED = 10_000, 2**31 - 1
_AGAIN = 3  # times that a better fit, met on a profile, is taken up
Watch = Callable[[str, int, int, int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted(Held):
    """A fit: `dataset` holds all of it; `problem` and `best` are what it was worked out from.

    `source` is the model or study, None for a PEtab problem.
    """

    problem: Problem
    best: Found
    source: Source | None = None

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG: data with fit and bands, residuals, profiles."""
        from cartflow.results.figures.fit import plot_fit

        plot_fit(self.dataset, as_path(path, "Fitted.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow fit`` prints."""
        return fit_lines(self.dataset)

    @property
    def estimates(self) -> dict[str, float]:
        """The estimated values, by parameter, each in its unit."""
        names = self.dataset["parameter"].values.tolist()
        return dict(zip(names, self.dataset["estimate"].values.tolist(), strict=True))


def fit(
    what: str | Path,
    data: Any,
    vary: Vary,
    *,
    observables: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    scale: Sequence[str] = (),
    offset: Sequence[str] = (),
    each: Sequence[str] = (),
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dose_into: str | None = None,
    names: Mapping[str, str] | None = None,
    priors: bool = False,
    starts: int = 20,
    seed: int = 1,
    profile: bool = True,
    next_value: bool | str = False,
    exact: bool = True,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Fitted:
    """Fit numbers of a kinetics model (a name or file) or a study (a TOML file) to `data`.

    `data` is a CSV file or columns: subject, time, observable, value, unit
    (`docs/howto_fit.md`). `vary` are ranges: ``["growth_rate=[0.1, 1] 1/day"]``. `observables`
    are expressions of what is simulated, `errors` error models by observable; those in `scale`
    and `offset` have one that is solved for. Searches begin at `starts` places drawn by `seed`
    and run in `threads`, with the same bits for any number of them. `next_value` adds which
    further value would narrow each number most; ``until 60 days`` looks for it, and draws the
    curves, beyond the data. Without `exact` derivatives are differences. Raises `InputError` in
    one line, `RunStopped` where no search could begin.
    """
    count = arguments.threads(threads)
    starts = arguments.whole_number(starts, "starts", 1, MOST_STARTS)
    seed = arguments.whole_number(seed, "seed", 0, LARGEST_SEED)
    told = arguments.table(settings, "settings")
    choices = choices_of(observables, errors, scale, offset, each, dose_into, priors)
    until = until_of(next_value)
    read = isinstance(data, Measurements)
    measurements = data if read else read_measurements(data, names)
    source = source_of(what, scenario, told, exact)
    problem = problem_of(measurements, source, read_vary(vary), choices)
    ended = searched(problem, starts, seed, count, counted(watch, "search", starts))
    best = best_of(ended, source.name)
    which = range(len(problem.parameters)) if profile else range(0)
    curved, sample, walked, best = _profiled(problem, best, which, count, watch)
    what_known = known(problem, best)
    fine = fine_subjects(problem, source, choices.dose_into, until)
    curves = list(courses(problem, best, fine))
    told_of = sample.widened(curved)
    found = bands(problem, best, told_of, sample, curves)
    asked = Asked(
        identity=source.identity(),
        settings=told,
        choices=choices,
        vary=vary,
        starts=starts,
        seed=seed,
        exact=exact,
    )
    dataset = fit_dataset(problem, ended, best, told_of, walked, what_known, found, asked)
    if next_value:
        dataset = dataset.assign(
            narrowing(problem, best, curved, what_known, curves, sample.widening)
        )
    return Fitted(dataset=dataset, problem=problem, best=best, source=source)


def choices_of(
    observables: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    scale: Sequence[str] = (),
    offset: Sequence[str] = (),
    each: Sequence[str] = (),
    dose_into: str | None = None,
    priors: bool = False,
) -> Choices:
    """Return the arguments of `fit` that say how data are held against a source."""
    return Choices(
        observables=arguments.table(observables, "observables"),
        errors=arguments.table(errors, "errors"),
        scaled=arguments.names(scale, "scale"),
        shifted=arguments.names(offset, "offset"),
        each=arguments.names(each, "each"),
        dose_into=dose_into,
        priors=priors,
    )


def _profiled(
    problem: Problem, best: Found, which: Sequence[int], threads: int, watch: Watch | None
) -> tuple[Curvature, SmallSamples, list[Profile], Found]:
    """Return curvature, degrees of freedom and profiles, from a better fit if these find one."""
    for _ in range(_AGAIN):
        curved = curvature(problem, best, known(problem, best))
        sample = small_samples(problem, best, curved.free)
        told = counted(watch, "profile", len(which))
        walked = profiles(problem, best, curved, which, sample, threads, told)
        lower = [each.better for each in walked if each.better is not None]
        if not lower:
            break
        nearest = min(lower, key=lambda found: found.at.loss)
        again = search(problem, nearest.inner)
        if not again.at.loss < best.at.loss:
            break
        best = again
    return curved, sample, walked, best


def counted(watch: Watch | None, what: str, total: int) -> Callable[[int, int], None] | None:
    """Return what tells `watch` of each of `total` that ends."""
    if watch is None:
        return None
    return lambda done, failed: watch(what, done, failed, total)

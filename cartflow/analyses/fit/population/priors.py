"""The priors of a population: those of its numbers, of covariates, and of how subjects differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.analyses.fit.bayes.priors import all_priors, normal_prior, priors_of, read_given
from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.mixed.build import layout_of
from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.parameters import Parameter, Vary, Wanted, read_vary
from cartflow.analyses.fit.population.numbers import Numbers
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.subjects import Choices
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError, require_known

# Of a standard deviation of logarithms: 95 % within a tenth and ten times of it.
_MIDDLE, _FACTOR = 0.3, 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Posed:
    """A population whose posterior is asked for; `priors` are of `numbers.parameters`."""

    problem: Problem
    numbers: Numbers
    priors: Sequence[Prior]


def posed(
    data: Measurements,
    source: Source,
    vary: Vary,
    random: Sequence[str],
    covariates: Mapping[str, Sequence[str]],
    prior: Mapping[str, str],
    choices: Choices,
) -> Posed:
    """Return the population within the limits of its priors, and the priors.

    Raises `InputError`, also where no width is known of what has none by default.
    """
    given = read_given(prior)
    ranged, by_key = priors_of(source, read_vary(vary), given, choices.priors)
    problem = problem_of(data, source, ranged, replace(choices, priors=False))
    layout = layout_of(problem, random, covariates)
    beyond = _beyond(layout)
    names = [*dict.fromkeys([*by_key, *(p.name for p in problem.parameters), *beyond])]
    for name in given:
        require_known(name, names, "--prior: what is estimated")
    own = [_own(*each, given.get(name)) for name, each in beyond.items()]
    plain = {name: wanted for name, wanted in given.items() if name not in beyond}
    sized = len(layout.sized)
    return Posed(
        problem=problem,
        numbers=Numbers(
            layout=layout,
            sizes=[p for p, _ in own[:sized]],
            deviations=[p for p, _ in own[sized:]],
            shifts=layout.shifts[:, layout.sized],
        ),
        priors=[*all_priors(problem.parameters, by_key, plain), *(prior for _, prior in own)],
    )


def _beyond(layout: Layout) -> dict[str, tuple[str, str, bool, str]]:
    """Return what a population has beyond any fit: name, unit, whether by logarithm, a default.

    Sizes of covariates first, then standard deviations of random effects.
    """
    names = [layout.covariates[k].name for k in layout.sized]
    found = {name: (name, "1", False, "its covariate's size") for name in names}
    for key, place in zip(layout.random, layout.places, strict=True):
        own = layout.parameters[place]
        name = f"omega of {key}"
        default = "" if own.logarithmic else "differs on a linear scale"
        found[name] = (name, "1" if own.logarithmic else own.unit, True, default)
    return found


def _own(
    name: str, unit: str, logarithmic: bool, unknown: str, given: Wanted | None
) -> tuple[Parameter, Prior]:
    where = f"--prior {name}"
    if given is None:
        if unknown:
            msg = f"{name}: {unknown}; no width is invented for its prior: "
            raise InputError(msg + f'give --prior "{name}=[LOW, HIGH]"')
        ends = _MIDDLE / _FACTOR, _MIDDLE * _FACTOR
        given = Wanted(key=name, bounds=ends, unit="", logarithmic=None)
        origin = "default of how much subjects differ"
    else:
        origin = "--prior"
    if given.unit not in ("", unit):
        msg = f"{where}: is in '{given.unit}'; it is estimated in '{unit}'"
        raise InputError(msg)
    wanted = Wanted(key=name, bounds=given.bounds, unit=unit, logarithmic=logarithmic)
    prior = normal_prior(given, wanted, None, origin, where)
    assert given.bounds is not None
    parameter = Parameter(
        name=name,
        key=name,
        kind="number",
        unit=unit,
        low=prior.low,
        high=prior.high,
        logarithmic=logarithmic,
        stated=sum(given.bounds) / 2.0,
    )
    return parameter, prior

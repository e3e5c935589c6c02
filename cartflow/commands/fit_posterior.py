"""What ``cartflow fit --bayes`` does: samples of the posterior, written and drawn."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import FINISHED, dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import (
    OF_MIXED,
    covariates_of,
    pairs,
    require_problem_alone,
    searches,
    watched,
)
from cartflow.commands.telling_option import telling
from cartflow.core.outcome import InputError

if TYPE_CHECKING:
    import xarray as xr

# What a posterior does not know, by the option's name, and what stands in its place.
_NOT_BAYES = {
    "scale": "a scale solved for at its best is not sampled; vary a number of the observable: "
    '--observable "NAME=gain*..." --vary "gain=[LOW, HIGH]"',
    "offset": "an offset solved for at its best is not sampled; vary a number of the observable: "
    '--observable "NAME=... + base" --vary "base=linear:[LOW, HIGH]"',
    "points": "random effects are sampled",
    "hold_back": "",
    "no_profiles": "it has none",
    "petab": "",
    "next": "",
}
_OWN = ("vary", "prior")  # what MODEL:KEY=... says of one of several models
_OF_BAYES = ("prior", "draws", "warm_up", "chains")
_PLAIN = (*OF_MIXED, "each")
_OF_SAMPLES = ("prior", "priors", "draws", "warm_up", "chains", "starts", "watch")
_Sampled = tuple["xr.Dataset", list[str], Callable[["xr.Dataset", Path], None]]


def add_bayes(command: argparse.ArgumentParser) -> None:
    """Add the options of full Bayes."""
    command.add_argument("--bayes", action="store_true", help="sample the posterior")
    command.add_argument(
        "--prior",
        metavar="NAME=[LOW,HIGH]",
        action="append",
        default=[],
        help="with --bayes: 95 %% of a normal prior",
    )
    command.add_argument("--draws", type=int, metavar="N", help="of each chain (1000)")
    command.add_argument("--warm-up", type=int, metavar="N", help="draws not kept (500)")
    command.add_argument("--chains", type=int, metavar="N", help="of draws (4)")


def refuse_without_bayes(options: argparse.Namespace) -> None:
    """Raise `InputError` where an option of full Bayes is given without it."""
    for name in _OF_BAYES:
        if getattr(options, name):
            msg = f"fit: --{name.replace('_', '-')} is of samples; give --bayes"
            raise InputError(msg)


def fit_posterior(options: argparse.Namespace, given: dict[str, Any]) -> int:
    """Sample, write and draw; `given` are the arguments of any fit."""
    for name, instead in _NOT_BAYES.items():
        if getattr(options, name):
            msg = f"fit: --{name.replace('_', '-')} is not known beside --bayes"
            raise InputError(f"{msg}: {instead}" if instead else msg)
    if len(options.what) > 1:
        return _several(options, given)
    places = dataset_and_figure(options, _name(options.what[0]))
    return written_and_drawn(*_sampled(options, given), places)


def sample_problem(options: argparse.Namespace) -> int:
    """Sample a PEtab problem's posterior, write and draw."""
    from cartflow.analyses.fit.bayes.words import bayes_lines
    from cartflow.analyses.fit.petab.posterior import fit_petab_bayes
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.posterior import plot_posterior

    require_problem_alone(options)
    if options.no_profiles:
        raise InputError("fit: --no-profiles is not known beside --bayes: it has none")
    places = dataset_and_figure(options, _name(options.what[0]))
    with Stopping(), watched(options.what[0], telling(options)) as watch:
        found = fit_petab_bayes(
            options.what[0], watch=watch, **_lengths(options), **searches(options)
        )
    return written_and_drawn(found.dataset, bayes_lines(found.dataset), plot_posterior, places)


def _lengths(options: argparse.Namespace) -> dict[str, int]:
    """Return how long to sample, as far as it is said."""
    found = {name: getattr(options, name) for name in ("draws", "warm_up", "chains")}
    return {name: value for name, value in found.items() if value is not None}


def _name(what: str) -> str:
    return f"{Path(what).stem}_posterior.nc"


def _several(options: argparse.Namespace, given: dict[str, Any]) -> int:
    """Sample each of several models, write and draw it, then print a table of all."""
    from cartflow.analyses.fit.bayes.foretold import compare_posteriors, foretold_lines
    from cartflow.analyses.fit.choice import texts_of
    from cartflow.core.terminal import tell

    if options.out is not None:
        raise InputError("fit: several models have a file each, by their names; leave out --out")
    names = [_name(what) for what in options.what]
    for name in names:
        if names.count(name) > 1:
            msg = f"fit: of several models two would be written to {name}; give each another name"
            raise InputError(msg)
    places = [dataset_and_figure(options, name) for name in names]
    alone = []
    for what in options.what:
        texts = {n: texts_of(what, options.what, getattr(options, n), f"--{n}") for n in _OWN}
        alone.append(argparse.Namespace(**{**vars(options), "what": [what], **texts}))
    found = {}
    for each, place in zip(alone, places, strict=True):
        dataset, lines, plot = _sampled(each, given)
        written_and_drawn(dataset, lines[:1], plot, place)
        found[each.what[0]] = dataset
    tell(foretold_lines(compare_posteriors(found)))
    return FINISHED


def _sampled(options: argparse.Namespace, given: dict[str, Any]) -> _Sampled:
    """Sample the posterior of one model."""
    from cartflow.core.saving.signals import Stopping

    own = {
        "prior": pairs(options.prior, "--prior"),
        "priors": options.priors,
        "starts": 5 if options.starts is None else options.starts,
        **_lengths(options),
    }
    sample = _population if options.random else _alike
    with Stopping(), watched(options.what[0], telling(options)) as watch:
        return sample(options, {**given, **own, "watch": watch})


def _alike(options: argparse.Namespace, given: dict[str, Any]) -> _Sampled:
    """Sample where subjects are alike."""
    from cartflow.analyses.fit.bayes.run import fit_bayes
    from cartflow.analyses.fit.bayes.words import bayes_lines
    from cartflow.results.figures.posterior import plot_posterior

    if options.covariate:
        raise InputError("fit: --covariate is of mixed effects; give --random KEY")
    plain = {name: given[name] for name in (*_PLAIN, *_OF_SAMPLES) if name in given}
    found = fit_bayes(options.what[0], options.data, options.vary, **plain)
    return found.dataset, bayes_lines(found.dataset), plot_posterior


def _population(options: argparse.Namespace, given: dict[str, Any]) -> _Sampled:
    """Sample a population with random effects."""
    from cartflow.analyses.fit.population.run import fit_mixed_bayes
    from cartflow.analyses.fit.population.words import population_lines
    from cartflow.results.figures.population_posterior import plot_population_posterior

    if options.each:
        raise InputError("fit: --each is not known beside --random")
    plain = {name: given[name] for name in (*OF_MIXED, *_OF_SAMPLES) if name in given}
    found = fit_mixed_bayes(
        options.what[0],
        options.data,
        options.vary,
        options.random,
        covariates=covariates_of(options),
        **plain,
    )
    return found.dataset, population_lines(found.dataset), plot_population_posterior

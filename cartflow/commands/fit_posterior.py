"""What ``cartflow fit --bayes`` does: samples of the posterior, written and drawn."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import OF_MIXED, covariates_of, pairs, watched
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
    from cartflow.core.saving.signals import Stopping

    for name, instead in _NOT_BAYES.items():
        if getattr(options, name):
            msg = f"fit: --{name.replace('_', '-')} is not known beside --bayes"
            raise InputError(f"{msg}: {instead}" if instead else msg)
    if len(options.what) > 1:
        raise InputError("fit: --bayes samples one model; compare their elpd")
    places = dataset_and_figure(options, f"{Path(options.what[0]).stem}_posterior.nc")
    lengths = {n: getattr(options, n) for n in ("draws", "warm_up", "chains")}
    own = {
        "prior": pairs(options.prior, "--prior"),
        "priors": options.priors,
        "starts": 5 if options.starts is None else options.starts,
        **{name: value for name, value in lengths.items() if value is not None},
    }
    sample = _population if options.random else _alike
    with Stopping(), watched(options.what[0], telling(options)) as watch:
        dataset, lines, plot = sample(options, {**given, **own, "watch": watch})
    return written_and_drawn(dataset, lines, plot, places)


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

"""What ``cartflow fit --bayes`` does: samples of the posterior, written and drawn."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import pairs, watched
from cartflow.commands.telling_option import telling
from cartflow.core.outcome import InputError

# What a posterior does not know, by the option's name, and what stands in its place.
_NOT_BAYES = {
    "scale": "a scale solved for at its best is not sampled; vary a number of the observable: "
    '--observable "NAME=gain*..." --vary "gain=[LOW, HIGH]"',
    "offset": "an offset solved for at its best is not sampled; vary a number of the observable: "
    '--observable "NAME=... + base" --vary "base=linear:[LOW, HIGH]"',
    "random": "",
    "covariate": "",
    "points": "",
    "hold_back": "",
    "no_profiles": "it has none",
    "petab": "",
    "next": "",
}
_OF_BAYES = ("prior", "draws", "warm_up", "chains")
_PLAIN = (
    "observables",
    "errors",
    "each",
    "names",
    "dose_into",
    "scenario",
    "settings",
    "priors",
    "seed",
    "threads",
)


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
    from cartflow.analyses.fit.bayes.run import fit_bayes
    from cartflow.analyses.fit.bayes.words import bayes_lines
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.posterior import plot_posterior

    for name, instead in _NOT_BAYES.items():
        if getattr(options, name):
            msg = f"fit: --{name.replace('_', '-')} is not known beside --bayes"
            raise InputError(f"{msg}: {instead}" if instead else msg)
    if len(options.what) > 1:
        raise InputError("fit: --bayes samples one model; compare their elpd")
    places = dataset_and_figure(options, f"{Path(options.what[0]).stem}_posterior.nc")
    lengths = {n: getattr(options, n) for n in ("draws", "warm_up", "chains")}
    with Stopping(), watched(options.what[0], telling(options)) as watch:
        found = fit_bayes(
            options.what[0],
            options.data,
            options.vary,
            prior=pairs(options.prior, "--prior"),
            starts=5 if options.starts is None else options.starts,
            watch=watch,
            **{name: given[name] for name in _PLAIN},
            **{name: value for name, value in lengths.items() if value is not None},
        )
    return written_and_drawn(found.dataset, bayes_lines(found.dataset), plot_posterior, places)

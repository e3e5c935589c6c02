"""What ``cartflow fit`` does with a PEtab problem, and with random effects."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.telling_option import telling
from cartflow.core.outcome import InputError

if TYPE_CHECKING:
    from cartflow.analyses.fit.run import Watch
    from cartflow.core.progress.shown import Telling

# What a PEtab problem states itself, by the option's name.
_STATED: tuple[str, ...] = (
    "data",
    "vary",
    "observable",
    "error",
    "scale",
    "offset",
    "each",
    "random",
    "covariate",
    "points",
    "name",
    "dose_into",
    "scenario",
    "priors",
    "hold_back",
    "settings",
    "petab",
    "next",
    "prior",
)


def require_problem_alone(options: argparse.Namespace) -> None:
    """Raise `InputError` naming an option that a PEtab problem states itself."""
    for name in _STATED:
        if getattr(options, name):
            msg = f"fit: --{name.replace('_', '-')} is not known beside a PEtab problem, which "
            raise InputError(msg + "states it itself")
    if len(options.what) > 1:
        raise InputError("fit: a PEtab problem is fitted alone")


def searches(options: argparse.Namespace) -> dict[str, Any]:
    """Return how a PEtab problem is searched."""
    return {
        "starts": 5 if options.starts is None else options.starts,
        "seed": options.seed,
        "threads": options.workers or 1,
    }


def fit_problem(options: argparse.Namespace) -> int:
    """Fit a PEtab problem, write and draw."""
    from cartflow.analyses.fit.petab.run import fit_petab
    from cartflow.analyses.fit.words import fit_lines
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.fit import plot_fit

    require_problem_alone(options)
    places = dataset_and_figure(options, f"{Path(options.what[0]).stem}_fit.nc")
    with Stopping(), watched(options.what[0], telling(options)) as watch:
        found = fit_petab(
            options.what[0], profile=not options.no_profiles, watch=watch, **searches(options)
        )
    return written_and_drawn(found.dataset, fit_lines(found.dataset), plot_fit, places)


# What mixed effects do not know, by the option's name.
_NOT_MIXED = ("scale", "offset", "each", "priors", "hold_back", "no_profiles", "petab", "next")


def fit_population(options: argparse.Namespace, given: dict[str, Any]) -> int:
    """Fit with random effects, write and draw; `given` are the arguments of any fit."""
    from cartflow.analyses.fit.mixed.run import fit_mixed
    from cartflow.analyses.fit.mixed.words import mixed_lines
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.mixed_fit import plot_mixed_fit

    for name in _NOT_MIXED:
        if getattr(options, name):
            msg = f"fit: --{name.replace('_', '-')} is not known beside --random"
            raise InputError(msg)
    if len(options.what) > 1:
        raise InputError("fit: --random fits one model; compare their AIC")
    places = dataset_and_figure(options, f"{Path(options.what[0]).stem}_fit.nc")
    plain = {k: v for k, v in given.items() if k in OF_MIXED}
    starts = 5 if options.starts is None else options.starts
    with Stopping():
        found = fit_mixed(
            options.what[0],
            options.data,
            options.vary,
            options.random,
            covariates=covariates_of(options),
            points=options.points,
            **{**plain, "starts": starts},
        )
    return written_and_drawn(found.dataset, mixed_lines(found.dataset), plot_mixed_fit, places)


# The arguments of any fit that mixed effects know.
OF_MIXED = (
    "observables",
    "errors",
    "names",
    "dose_into",
    "scenario",
    "settings",
    "seed",
    "threads",
)


def covariates_of(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the covariates of each key. Raises `InputError`."""
    found: dict[str, list[str]] = {}
    for text in options.covariate:
        key, form = next(iter(pairs([text], "--covariate").items()))
        found.setdefault(key, []).append(form)
    return found


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Return what texts NAME=... say, by name. Raises `InputError` naming the option."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            msg = f"{option} {text}: give NAME=..."
            raise InputError(msg)
        if name in found:
            msg = f"{option} {name}: is given twice"
            raise InputError(msg)
        found[name] = value
    return found


@contextmanager
def watched(title: str, told: Telling) -> Iterator[Watch]:
    """Show searches, then profiles or draws, as they end."""
    from contextlib import ExitStack

    from cartflow.core.progress.shown import members

    shown: dict[str, Any] = {}
    with ExitStack() as stack:

        def watch(what: str, done: int, failed: int, total: int) -> None:
            if what not in shown:
                words = {"search": "searches", "profile": "profiles", "draw": "draws"}[what]
                shown[what] = stack.enter_context(
                    members(f"{title}: {words}", total, 0, told, called=words)
                )
            shown[what](done, failed)

        yield watch

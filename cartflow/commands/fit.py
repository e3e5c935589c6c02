"""``cartflow fit``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED, dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import fit_population, fit_problem, pairs, watched
from cartflow.commands.fit_posterior import (
    add_bayes,
    fit_posterior,
    refuse_without_bayes,
    sample_problem,
)
from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import add_set, given_settings
from cartflow.commands.telling_option import add_telling, telling
from cartflow.core.outcome import InputError

_EXAMPLES = """\
The table has a value in each row: subject, time [day], observable, value, unit (and, if wanted,
lloq, sd, replicate, and columns named as what --set sets); or it is as NONMEM has it.
--vary names what is estimated, with its range; it is sought on a logarithmic scale if above 0:
  --vary "growth_rate=[0.01, 1] 1/day" --vary "kill=linear:[0, 2] 1/day" --vary death_rate
--observable says what is measured, if it is not called as what is simulated:
  --observable "blood=cart/blood_volume" --observable "bli=gain*tumour" --vary "gain=[1, 1e6]"
--error says how values scatter (default: lognormal; measured where there is a column sd):
  --error "blood=combined" --error "bli=student 4" --error "colonies=negative_binomial"
--random names what differs between subjects (mixed effects), those joined by commas correlated:
  --random absorption --random "clearance, volume" --covariate "clearance=(weight/70)^?"
--bayes samples the posterior, with --random of a population; ranges have even chances, or 95 %
of a prior with --priors, or what --prior says; --vary KEY alone has 95 % within the number's
published range:
  --bayes --vary "growth_rate=[0.01, 1] 1/day" --prior "growth_rate=[0.1, 0.3] 1/day"
  --bayes --random clearance --prior "omega of clearance=[0.1, 1]"
"""


def add_fit(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("fit", help="estimate numbers of a model or study from data")
    command.add_argument(
        "what",
        nargs="+",
        metavar="STUDY|MODEL",
        help="a study file or kinetics model, or several; or a PEtab problem (YAML)",
    )
    command.add_argument("--data", type=Path, metavar="FILE", help="a CSV file")
    many: dict[str, Any] = {"action": "append", "default": []}
    command.add_argument("--vary", metavar="KEY=[LOW,HIGH]", help="what is estimated", **many)
    command.add_argument("--observable", metavar="NAME=EXPR", help="what is measured", **many)
    command.add_argument("--error", metavar="NAME=KIND", help="how values scatter", **many)
    command.add_argument("--scale", metavar="NAME", help="with a scale, solved for", **many)
    command.add_argument("--offset", metavar="NAME", help="with an offset, solved for", **many)
    command.add_argument("--each", metavar="KEY", help="varies, by subject", **many)
    command.add_argument("--random", metavar="KEY,...", help="has a random effect", **many)
    command.add_argument("--covariate", metavar="KEY=FORM", help="follows a column", **many)
    command.add_argument("--points", type=int, metavar="N", help="of quadrature; 1 is FOCEI")
    command.add_argument("--name", metavar="DVID=NAME", help="what NONMEM's DVID is", **many)
    command.add_argument(
        "--dose-into", metavar="SPECIES", help="where the table's doses go (-: nowhere)"
    )
    command.add_argument("--scenario", metavar="S", help="a model's scenario (default: the first)")
    command.add_argument("--priors", action="store_true", help="ranges as priors (95 %%)")
    command.add_argument("--starts", type=int, metavar="N", help="searches (20; 5 before others)")
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the starts")
    command.add_argument("--no-profiles", action="store_true", help="leave out the profiles")
    command.add_argument(
        "--next",
        nargs="?",
        const=True,
        default=False,
        metavar="TEXT",
        help="say which next value would narrow each number most ('until 60 days')",
    )
    add_bayes(command)
    command.add_argument("--petab", type=Path, metavar="FOLDER", help="write a PEtab problem too")
    command.add_argument("--hold-back", metavar="TEXT", help="test on values 'after 20 days'")
    command.add_argument("--workers", type=int, metavar="N", help="default: all processors")
    add_out(command, "dataset (default: its stem _fit.nc or _posterior.nc)")
    add_set(command, _EXAMPLES)
    add_telling(command)
    command.set_defaults(command=_fit)


def _fit(options: argparse.Namespace) -> int:
    from cartflow.analyses.fit.run import fit
    from cartflow.analyses.fit.words import fit_lines
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.fit import plot_fit

    if Path(options.what[0]).suffix.lower() in (".yaml", ".yml"):
        if options.bayes:
            return sample_problem(options)
        refuse_without_bayes(options)
        return fit_problem(options)
    if options.data is None:
        raise InputError("fit: what it is fitted to is missing; give --data FILE")
    if options.bayes:
        return fit_posterior(options, _given(options))
    refuse_without_bayes(options)
    if options.random:
        return fit_population(options, _given(options))
    for text in (*options.covariate, *(["--points"] if options.points else [])):
        msg = f"fit: {text}: is of mixed effects; give --random KEY"
        raise InputError(msg)
    told = telling(options)
    given = _given(options)
    if len(options.what) > 1 or options.hold_back is not None:
        return _compare(options, given)
    places = dataset_and_figure(options, f"{Path(options.what[0]).stem}_fit.nc")
    if options.petab is not None and options.petab.exists():
        msg = f"--petab {options.petab}: is there already; give a new folder"
        raise InputError(msg)
    with Stopping(), watched(options.what[0], told) as watch:
        found = fit(
            options.what[0],
            options.data,
            options.vary,
            watch=watch,
            next_value=options.next,
            **given,
        )
    if options.petab is not None:
        from cartflow.analyses.fit.petab.writing import write_petab
        from cartflow.core.terminal import tell

        tell([f"written       {write_petab(found, options.petab)}"])
    return written_and_drawn(found.dataset, fit_lines(found.dataset), plot_fit, places)


def _compare(options: argparse.Namespace, given: dict[str, Any]) -> int:
    """Print a table of several models' fits; nothing is written."""
    from cartflow.analyses.fit.choice import compare_fits, comparison_lines
    from cartflow.core.terminal import tell

    if options.out is not None:
        msg = "fit: several models, or values held back, give a table alone; leave out --out"
        raise InputError(msg)
    if options.next:
        raise InputError("fit: --next is of one model, to all values; fit that alone")
    given = {**given, "profile": False}
    found = compare_fits(
        options.what, options.data, options.vary, hold_back=options.hold_back, **given
    )
    tell(comparison_lines(found))
    return FINISHED


def _given(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "observables": pairs(options.observable, "--observable"),
        "errors": pairs(options.error, "--error"),
        "scale": options.scale,
        "offset": options.offset,
        "each": options.each,
        "names": pairs(options.name, "--name"),
        "dose_into": options.dose_into,
        "scenario": options.scenario,
        "settings": given_settings(options.settings),
        "priors": options.priors,
        "starts": 20 if options.starts is None else options.starts,
        "seed": options.seed,
        "profile": not options.no_profiles,
        "threads": options.workers,
    }

"""``cartflow decide``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.bedside_options import add_drawn, add_population, watched
from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import pairs
from cartflow.commands.set_option import given_settings
from cartflow.commands.telling_option import telling
from cartflow.core.outcome import InputError

if TYPE_CHECKING:
    from cartflow.analyses.decide.run import Decided

_EXAMPLES = """\
A dose chosen by first counts, against the one dose that is best for all:
  --option "doses.1.amount=0 cell" --option "doses.1.amount=1e7 cell"
  --observe "cart at 3, 6 days" --error "lognormal 0.3"
  --worth "1 if tumour below 1e5 cell/mL at the end" --worth "-0.5 if cart above 1e6 cell/mL"
Debulking before infusion:
  --debulk tumour --success "tumour below 1e5 cell/mL"
How patients differ is as in `cartflow monitor`. Research only, not for treatment decisions.
"""
_DOSING = ("option", "worth", "observe", "error")


def add_decide(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "decide", help="a dose by first counts, or debulking, on a virtual cohort (research only)"
    )
    command.add_argument("what", metavar="MODEL|STUDY", help="a kinetics model, or a study file")
    command.add_argument("--until", required=True, metavar="TIME", help="as '180 days'")
    many: dict[str, Any] = {"action": "append", "default": []}
    add_population(command)
    command.add_argument("--option", metavar="KEY=VALUE", help="a dose to choose from", **many)
    command.add_argument("--worth", metavar="'W if EVENT'", help="what happens is worth", **many)
    command.add_argument("--observe", metavar="'NAME at DAYS'", help="first counts")
    command.add_argument("--error", metavar="KIND", help="how counts scatter: lognormal 0.3")
    command.add_argument("--debulk", metavar="SPECIES", help="of which a part is taken out before")
    command.add_argument("--success", metavar="EVENT", help="what debulking is for, at the end")
    command.add_argument("--observable", metavar="NAME=EXPR", help="what is looked at", **many)
    command.add_argument("--members", type=int, default=200, metavar="N", help="of the cohort")
    command.add_argument(
        "--reference", type=int, default=1000, metavar="N", help="behind each posterior"
    )
    add_drawn(command, _EXAMPLES, "its stem _decide.nc")
    command.set_defaults(command=_decide)


def _decide(options: argparse.Namespace) -> int:
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.decided import plot_decided

    _require_one(options)
    places = dataset_and_figure(options, f"{Path(options.what).stem}_decide.nc")
    with Stopping(), watched(options.what, telling(options)) as watch:
        found = _found(options, watch)
    return written_and_drawn(found.dataset, found.summary_lines(), plot_decided, places)


def _require_one(options: argparse.Namespace) -> None:
    """Raise `InputError` unless one of the two is asked for, whole."""
    if options.debulk is None:
        missing = [name for name in _DOSING if not getattr(options, name)]
        if options.success is not None or missing:
            name = "debulk" if options.success is not None else missing[0]
            msg = f"decide: --{name} is missing; needed are --option, --worth, --observe and "
            raise InputError(msg + "--error, or --debulk and --success")
        return
    given = [name for name in _DOSING if getattr(options, name)]
    if given or options.success is None:
        msg = f"decide: --{given[0]} says nothing to --debulk" if given else "decide: --success is "
        raise InputError(msg + ("" if given else "missing: what --debulk SPECIES is for"))


def _found(options: argparse.Namespace, watch: Any) -> Decided:
    from cartflow.analyses.decide.run import debulk, decide

    given: dict[str, Any] = {
        "population_file": options.population,
        "spread": options.spread,
        "correlations": options.correlation,
        "observables": pairs(options.observable, "--observable"),
        "scenario": options.scenario,
        "settings": given_settings(options.settings),
        "members": options.members,
        "seed": options.seed,
        "threads": options.workers,
        "watch": watch,
    }
    if options.debulk is not None:
        return debulk(options.what, options.until, options.debulk, options.success, **given)
    return decide(
        options.what,
        options.until,
        options.option,
        options.worth,
        options.observe,
        options.error,
        reference=options.reference,
        **given,
    )

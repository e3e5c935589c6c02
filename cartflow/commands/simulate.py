"""``cartflow simulate``: its options, and what it does."""

from __future__ import annotations

import argparse
from typing import Any

from cartflow.commands.ending import FINISHED, settled
from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import OF_A_MODEL, add_set, given_settings
from cartflow.core.terminal import tell


def add_simulate(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("simulate", help="run a kinetics model well mixed")
    command.add_argument("name", metavar="NAME", help="a shipped kinetics model or a TOML file")
    command.add_argument("--scenario", metavar="S", help="a scenario of it (default: the first)")
    add_set(command, OF_A_MODEL)
    command.add_argument("--stochastic", type=int, metavar="N", help="N random runs as well")
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the random numbers")
    add_out(command, "the result, as netCDF", "the result if it exists")
    command.set_defaults(command=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from cartflow.alone.simulate import simulate
    from cartflow.core.saving.destination import Destination

    out = None if options.out is None else Destination(path=options.out, force=options.force)
    settings = given_settings(options.settings)
    result = simulate(
        options.name, options.scenario, settings, runs=options.stochastic, seed=options.seed
    )
    if out is None:
        tell(result.summary_lines())
        return FINISHED
    written = settled(out, result.tree, result.summary_lines())
    tell([f"written       {written}"])
    out.require_here(written)
    return FINISHED

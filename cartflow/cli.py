"""The command line: its parser, and what becomes of errors; each command is a module."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from cartflow.commands.check import add_check
from cartflow.commands.cite import add_cite
from cartflow.commands.compare import add_compare
from cartflow.commands.completion import add_completion
from cartflow.commands.decide import add_decide
from cartflow.commands.ending import BAD_INPUT, FINISHED, STOPPED
from cartflow.commands.examples import add_examples
from cartflow.commands.export import add_export
from cartflow.commands.fit import add_fit
from cartflow.commands.monitor import add_monitor
from cartflow.commands.new.command import add_new
from cartflow.commands.plot import add_plot
from cartflow.commands.refine import add_refine
from cartflow.commands.report import add_report
from cartflow.commands.risk import add_risk
from cartflow.commands.run import add_run
from cartflow.commands.schema import add_schema
from cartflow.commands.sensitivity import add_sensitivity
from cartflow.commands.show import add_show
from cartflow.commands.simulate import add_simulate
from cartflow.commands.sweep import add_sweep
from cartflow.commands.validate import add_validate
from cartflow.commands.view import add_view
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.terminal import end_of_output, in_words, say, spell_what_is_known

# As `cartflow --help` lists them.
_COMMANDS = (
    add_new,
    add_examples,
    add_run,
    add_simulate,
    add_plot,
    add_report,
    add_view,
    add_export,
    add_show,
    add_check,
    add_cite,
    add_compare,
    add_sensitivity,
    add_sweep,
    add_refine,
    add_fit,
    add_monitor,
    add_risk,
    add_decide,
    add_validate,
    add_schema,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 when finished, 1 when stopped early, 2 on bad input.

    1 too where a result could not be written where it was wanted, but stands elsewhere.
    """
    spell_what_is_known()
    try:
        options = build_parser().parse_args(arguments)
        status = int(options.command(options))
        if sys.stdout is not None:
            sys.stdout.flush()
    except InputError as error:
        say(f"cartflow: {error}")
        return BAD_INPUT
    except RunStopped as error:
        say(f"cartflow: {error}")
        return STOPPED
    except KeyboardInterrupt as interrupt:
        say(f"cartflow: interrupted {str(interrupt) or 'by the user'}")
        return STOPPED
    except BrokenPipeError:
        # The reader, such as head, has seen enough.
        end_of_output()
        return FINISHED
    except (OSError, MemoryError) as error:
        end_of_output()
        say(f"cartflow: {in_words(error)}")
        return STOPPED
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are those of cartflow: one line, status 2."""

    def error(self, message: str) -> NoReturn:
        """Raise `InputError` instead of printing the usage."""
        msg = f"{message} (see '{self.prog} --help')"
        raise InputError(msg)


class _Version(argparse.Action):
    """Prints the version; looks it up only when asked."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print and exit."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"cartflow {version('cartflow')}")
        except PackageNotFoundError:
            print("cartflow, not installed")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = _Parser(prog="cartflow", description="CAR T cells from the vein to the tumour core.")
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for add in _COMMANDS:
        add(commands)
    add_completion(commands, parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())

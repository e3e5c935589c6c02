"""The command line: run, plot, show, cite."""

from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from cartflow.outcome import InputError, RunStopped

FINISHED, STOPPED, BAD_INPUT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 when finished, 1 when stopped early, 2 on bad input."""
    try:
        options = build_parser().parse_args(arguments)
        return int(options.command(options))
    except InputError as error:
        print(f"cartflow: {error}", file=sys.stderr)
        return BAD_INPUT
    except RunStopped as error:
        print(f"cartflow: {error}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # The reader, such as head, has seen enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINISHED


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

    run = commands.add_parser("run", help="run a study file and write its result")
    run.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    run.add_argument(
        "--out", type=Path, metavar="FILE", help="the result (default: STUDY's stem .nc)"
    )
    run.add_argument("--engine", metavar="NAME", help="the engine (default: the study's)")
    run.add_argument("--mask", type=Path, metavar="FILE", help="a NIfTI or NRRD mask as geometry")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    run.add_argument("--force", action="store_true", help="overwrite the result if it exists")
    run.set_defaults(command=_run)

    plot = commands.add_parser("plot", help="draw a result")
    plot.add_argument("file", type=Path, metavar="FILE", help="a result of cartflow run")
    plot.add_argument(
        "--out", type=Path, metavar="PNG", help="the figure (default: FILE's stem .png)"
    )
    plot.add_argument("--force", action="store_true", help="overwrite the figure if it exists")
    plot.set_defaults(command=_plot)

    show = commands.add_parser("show", help="print a body, trafficking model, kinetics or geometry")
    kinds = "body, trafficking, kinetics or geometry"
    show.add_argument("kind", metavar="KIND", help=kinds)
    show.add_argument("name", nargs="?", metavar="NAME", help="without it: the list")
    show.set_defaults(command=_show)

    cite = commands.add_parser("cite", help="print what a study rests on")
    cite.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    cite.set_defaults(command=_cite)
    return parser


def _run(options: argparse.Namespace) -> int:
    from cartflow.dataset import NETCDF, require_writable
    from cartflow.progress import progress
    from cartflow.report import summary_lines
    from cartflow.study import Study

    out = options.out or Path(f"{options.study.stem}.nc")
    study = Study.from_file(options.study, _settings(options))
    require_writable(out, NETCDF, force=options.force)
    _ = study.simulation
    end = study.table.time.end.value
    with progress(study.table.title, end) as watch:
        result = study.run(watch, _Keeper(out))
    result.write(out)
    print("\n".join(summary_lines(result.tree)))
    print(f"written       {out}")
    result.require_finished()
    return FINISHED


class _Keeper:
    """Writes a long run's result as it goes, at most once a minute, so that a kill loses little."""

    def __init__(self, out: Path, seconds: float = 60.0) -> None:
        self.out, self.seconds, self.last = out, seconds, time.monotonic()

    def __call__(self, make: Callable[[], Any]) -> None:
        """Write what `make` returns if the last writing is long enough ago."""
        if time.monotonic() - self.last >= self.seconds:
            make().write(self.out)
            self.last = time.monotonic()


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    settings = dict(_setting(text) for text in options.settings)
    if options.engine is not None:
        settings["solver.engine"] = options.engine
    if options.mask is not None:
        settings["geometry"] = _mask(options.study, options.mask)
    return settings


def _mask(study: Path, mask: Path) -> dict[str, Any]:
    """Return the geometry table of `mask`, with the labels and coarsening of the study's own."""
    from cartflow.tables import read_toml

    own = read_toml(study).get("geometry", {})
    kept = own if isinstance(own, dict) and own.get("shape") == "mask" else {}
    return {**kept, "shape": "mask", "file": str(mask.resolve())}


def _setting(text: str) -> tuple[str, Any]:
    """Return the key and value of ``key=value``; the value is TOML, or else plain text."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        msg = f"--set {text}: give key=value, such as solver.tolerance=1e-4"
        raise InputError(msg)
    try:
        read = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return key.strip(), value.strip()
    return key.strip(), read["value"] if list(read) == ["value"] else value.strip()


def _plot(options: argparse.Namespace) -> int:
    from cartflow.dataset import PNG, require_writable
    from cartflow.plots import plot_result
    from cartflow.result import load_result

    tree = load_result(options.file)
    out = options.out or options.file.with_suffix(".png")
    require_writable(out, PNG, force=options.force)
    plot_result(tree, out)
    print(f"written       {out}")
    return FINISHED


def _show(options: argparse.Namespace) -> int:
    from cartflow.show import show

    show(options.kind, options.name)
    return FINISHED


def _cite(options: argparse.Namespace) -> int:
    from cartflow.bibliography import bibtex, reference
    from cartflow.study import Study

    keys = Study.from_file(options.study).references()
    for key in keys:
        print(f"[{key}] {reference(key)}")
    print()
    for key in keys:
        print(bibtex(key) + "\n")
    return FINISHED


if __name__ == "__main__":
    sys.exit(main())

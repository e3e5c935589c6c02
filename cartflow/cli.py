"""The command line: run, plot, show, cite, validate."""

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

    alone = commands.add_parser("simulate", help="run a kinetics model well mixed")
    alone.add_argument("name", metavar="NAME", help="a shipped kinetics model or a TOML file")
    alone.add_argument("--scenario", metavar="S", help="a scenario of it (default: the first)")
    alone.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    alone.add_argument("--stochastic", type=int, metavar="N", help="N random runs as well")
    alone.add_argument("--seed", type=int, default=1, metavar="K", help="of the random numbers")
    alone.add_argument("--out", type=Path, metavar="FILE", help="the result, as netCDF")
    alone.add_argument("--force", action="store_true", help="overwrite the result if it exists")
    alone.set_defaults(command=_simulate)

    plot = commands.add_parser("plot", help="draw a result")
    plot.add_argument(
        "file", type=Path, metavar="FILE", help="a result of cartflow run or simulate"
    )
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

    _add_compare(commands)
    _add_sensitivity(commands)
    _add_validate(commands)
    return parser


def _add_compare(commands: Any) -> None:
    command = commands.add_parser("compare", help="run a study in several bodies, side by side")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    command.add_argument("--bodies", required=True, metavar="A,B", help="names or .toml files")
    rules = "number (default), per_kg or allometric: what of the study's dose is kept"
    command.add_argument("--dose", default="number", metavar="RULE", help=rules)
    command.add_argument(
        "--out", type=Path, metavar="FILE", help="the dataset (default: STUDY's stem _bodies.nc)"
    )
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    command.add_argument("--force", action="store_true", help="overwrite dataset and figure")
    command.set_defaults(command=_compare)


def _add_sensitivity(commands: Any) -> None:
    command = commands.add_parser("sensitivity", help="what an outcome depends on")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    outcomes = "delivery (default: organs alone), or by runs: entered, cells, tumour, depth, blood"
    command.add_argument("--of", default="delivery", metavar="OUTCOME", help=outcomes)
    samples = "a power of 2, or 0 for no Sobol indices (default: 64 for delivery, else 0)"
    command.add_argument("--samples", type=int, metavar="N", help=samples)
    command.add_argument("--only", metavar="A,B", help="numbers whose name begins so")
    command.add_argument(
        "--spread", type=float, metavar="F", help="vary also what has no range, / and x F"
    )
    command.add_argument(
        "--out", type=Path, metavar="FILE", help="dataset (default: STUDY's stem _sensitivity.nc)"
    )
    command.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    command.add_argument("--force", action="store_true", help="overwrite dataset and figure")
    command.set_defaults(command=_sensitivity)


def _add_validate(commands: Any) -> None:
    command = commands.add_parser("validate", help="run the cases of the validation book")
    command.add_argument("names", nargs="*", metavar="NAME", help="cases (default: all)")
    command.add_argument("--list", action="store_true", help="print the cases and exit")
    command.add_argument("--quick", action="store_true", help="smaller runs, a few minutes")
    command.add_argument("--json", type=Path, metavar="FILE", help="write every check as JSON")
    command.add_argument(
        "--report", type=Path, default=Path("validation_report"), metavar="DIR", help="the report"
    )
    command.add_argument("--force", action="store_true", help="overwrite an older report")
    command.set_defaults(command=_validate)


def _run(options: argparse.Namespace) -> int:
    from cartflow.dataset import NETCDF, require_writable
    from cartflow.progress import progress
    from cartflow.report import summary_lines
    from cartflow.study import Study
    from cartflow.study_checks import hints

    out = options.out or Path(f"{options.study.stem}.nc")
    study = Study.from_file(options.study, _settings(options))
    require_writable(out, NETCDF, force=options.force)
    _ = study.prepared
    end = study.table.time.end.value
    with progress(study.table.title, end) as watch:
        result = study.run(watch, _Keeper(out))
    result.write(out)
    print("\n".join(summary_lines(result.tree)))
    for hint in hints(study.table):
        print(f"note          {hint}")
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


def _simulate(options: argparse.Namespace) -> int:
    from cartflow.dataset import NETCDF, require_writable
    from cartflow.simulate import simulate

    if options.out is not None:
        require_writable(options.out, NETCDF, force=options.force)
    settings = dict(_setting(text) for text in options.settings)
    result = simulate(
        options.name, options.scenario, settings, runs=options.stochastic, seed=options.seed
    )
    print("\n".join(result.summary_lines()))
    if options.out is not None:
        result.write(options.out)
        print(f"written       {options.out}")
    return FINISHED


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


def _compare(options: argparse.Namespace) -> int:
    import xarray as xr

    from cartflow.compare import compare, table_lines
    from cartflow.compare_plot import plot_comparison
    from cartflow.dataset import NETCDF, PNG, require_writable, write

    out = options.out or Path(f"{options.study.stem}_bodies.nc")
    figure = out.with_suffix(".png")
    require_writable(out, NETCDF, force=options.force)
    require_writable(figure, PNG, force=options.force)
    bodies = [name.strip() for name in options.bodies.split(",")]
    settings = dict(_setting(text) for text in options.settings)
    dataset = compare(
        options.study,
        bodies,
        dose=options.dose,
        settings=settings,
        watch=lambda name: print(f"running       {name}", file=sys.stderr),
    )
    write(xr.DataTree.from_dict({"/": dataset}), out)
    plot_comparison(dataset, figure)
    print("\n".join(table_lines(dataset)))
    print(f"written       {out}, {figure}")
    return FINISHED


def _sensitivity(options: argparse.Namespace) -> int:
    import xarray as xr

    from cartflow.dataset import NETCDF, PNG, require_writable, write
    from cartflow.sensitivity import order, sensitivity, sensitivity_lines
    from cartflow.sensitivity_plot import sensitivity_figure

    out = options.out or Path(f"{options.study.stem}_sensitivity.nc")
    figure = out.with_suffix(".png")
    require_writable(out, NETCDF, force=options.force)
    require_writable(figure, PNG, force=options.force)
    settings = dict(_setting(text) for text in options.settings)
    dataset = sensitivity(
        options.study,
        of=options.of,
        samples=options.samples,
        spread=options.spread,
        settings=settings,
        only=[name.strip() for name in options.only.split(",")] if options.only else [],
        watch=None if options.of == "delivery" else _count,
    )
    write(xr.DataTree.from_dict({"/": dataset}), out)
    sensitivity_figure(dataset, order(dataset)).savefig(figure, dpi=150, format="png")
    print("\n".join(sensitivity_lines(dataset)))
    print(f"written       {out}, {figure}")
    return FINISHED


def _count(done: int) -> None:
    if done % 10 == 0:
        print(f"runs          {done}", file=sys.stderr)


def _validate(options: argparse.Namespace) -> int:
    from cartflow.validation.command import validate
    from cartflow.validation.table import list_cases

    if options.list:
        list_cases()
        return FINISHED
    holds = validate(
        options.names,
        scope="quick" if options.quick else "full",
        report=options.report,
        json=options.json,
        force=options.force,
    )
    return FINISHED if holds else STOPPED


if __name__ == "__main__":
    sys.exit(main())

"""The command line: run, plot, show, cite, validate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cartflow.commands.refine import add_refine, share
from cartflow.commands.set_option import OF_A_MODEL, add_set, given_settings
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.terminal import end_of_output, in_words, say, spell_what_is_known, tell

if TYPE_CHECKING:
    import xarray as xr

    from cartflow.core.saving.destination import Destination

FINISHED, STOPPED, BAD_INPUT = 0, 1, 2


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

    run = commands.add_parser("run", help="run a study file and write its result")
    run.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    run.add_argument(
        "--out", type=Path, metavar="FILE", help="the result (default: STUDY's stem .nc)"
    )
    run.add_argument("--engine", metavar="NAME", help="the engine (default: the study's)")
    run.add_argument("--mask", type=Path, metavar="FILE", help="a NIfTI or NRRD mask as geometry")
    add_set(run)
    run.add_argument("--force", action="store_true", help="overwrite the result if it exists")
    run.set_defaults(command=_run)

    alone = commands.add_parser("simulate", help="run a kinetics model well mixed")
    alone.add_argument("name", metavar="NAME", help="a shipped kinetics model or a TOML file")
    alone.add_argument("--scenario", metavar="S", help="a scenario of it (default: the first)")
    add_set(alone, OF_A_MODEL)
    alone.add_argument("--stochastic", type=int, metavar="N", help="N random runs as well")
    alone.add_argument("--seed", type=int, default=1, metavar="K", help="of the random numbers")
    alone.add_argument("--out", type=Path, metavar="FILE", help="the result, as netCDF")
    alone.add_argument("--force", action="store_true", help="overwrite the result if it exists")
    alone.set_defaults(command=_simulate)

    plot = commands.add_parser("plot", help="draw a result")
    plot.add_argument(
        "file", type=Path, metavar="FILE", help="what run, simulate, compare or sensitivity wrote"
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
    add_refine(commands, _refine)
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
    add_set(command)
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
    add_set(command)
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
    from cartflow.core.dataset import netcdf
    from cartflow.core.progress import progress
    from cartflow.core.saving.destination import Destination
    from cartflow.core.saving.keeper import Keeper
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.summary import summary_lines
    from cartflow.study.checks import hints
    from cartflow.study.study import Study

    with Stopping() as stop:
        study = Study.from_file(options.study, _settings(options))
        path = options.out or Path(f"{options.study.stem}.nc")
        out = Destination(path=path, force=options.force)
        _ = study.prepared
        keeper = Keeper[Any](out, lambda result: netcdf(result.tree))
        with progress(study.table.title, study.table.time.end.value) as watch:
            result = study.run(stop.watched(watch), keeper, study.table.solver.mesh_check)
        notes = [f"note          {hint}" for hint in hints(study.table)]
        written = _settled(out, result.tree, [*summary_lines(result.tree), *notes])
    tell([f"written       {written}"])
    out.require_here(written)
    result.require_finished()
    return FINISHED


def _settled(out: Destination, tree: xr.DataTree, lines: Sequence[str]) -> Path:
    """Write `tree` and print `lines`, each whatever becomes of the other."""
    from cartflow.core.dataset import netcdf

    try:
        return out.settle(netcdf(tree))
    finally:
        tell(lines)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    settings = given_settings(options.settings)
    if options.engine is not None:
        settings["solver.engine"] = options.engine
    if options.mask is not None:
        settings["geometry"] = _mask(options.study, options.mask)
    return settings


def _mask(study: Path, mask: Path) -> dict[str, Any]:
    """Return the geometry table of `mask`, with the labels and coarsening of the study's own."""
    from cartflow.core.tables import read_toml

    own = read_toml(study).get("geometry", {})
    kept = own if isinstance(own, dict) and own.get("shape") == "mask" else {}
    return {**kept, "shape": "mask", "file": str(mask.absolute())}


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
    written = _settled(out, result.tree, result.summary_lines())
    tell([f"written       {written}"])
    out.require_here(written)
    return FINISHED


def _plot(options: argparse.Namespace) -> int:
    from cartflow.commands.plot import drawing
    from cartflow.core.saving.destination import PNG, Destination

    draw = drawing(options.file)
    path = options.out or options.file.parent / f"{options.file.stem}.png"
    Destination(path=path, kind=PNG, force=options.force)
    draw(path)
    tell([f"written       {path}"])
    return FINISHED


def _show(options: argparse.Namespace) -> int:
    from cartflow.commands.show import show

    show(options.kind, options.name)
    return FINISHED


def _cite(options: argparse.Namespace) -> int:
    from cartflow.core.bibliography import bibtex, reference
    from cartflow.study.study import Study

    keys = Study.from_file(options.study).references()
    tell([*(f"[{key}] {reference(key)}" for key in keys), ""])
    tell(f"{bibtex(key)}\n" for key in keys)
    return FINISHED


def _compare(options: argparse.Namespace) -> int:
    import xarray as xr

    from cartflow.analyses.compare import compare, table_lines
    from cartflow.results.figures.comparison import plot_comparison

    out, figure = _dataset_and_figure(options, f"{options.study.stem}_bodies.nc")
    bodies = [name.strip() for name in options.bodies.split(",")]
    dataset = compare(
        options.study,
        bodies,
        dose=options.dose,
        settings=given_settings(options.settings),
        watch=lambda name: say(f"running       {name}"),
    )
    written = _settled(out, xr.DataTree(dataset), table_lines(dataset))
    plot_comparison(dataset, figure)
    tell([f"written       {written}, {figure}"])
    out.require_here(written)
    return FINISHED


def _sensitivity(options: argparse.Namespace) -> int:
    import xarray as xr

    from cartflow.analyses.sensitivity import sensitivity, sensitivity_lines
    from cartflow.results.figures.sensitivity import plot_sensitivity

    out, figure = _dataset_and_figure(options, f"{options.study.stem}_sensitivity.nc")
    dataset = sensitivity(
        options.study,
        of=options.of,
        samples=options.samples,
        spread=options.spread,
        settings=given_settings(options.settings),
        only=[name.strip() for name in options.only.split(",")] if options.only else [],
        watch=None if options.of == "delivery" else _count,
    )
    written = _settled(out, xr.DataTree(dataset), sensitivity_lines(dataset))
    plot_sensitivity(dataset, figure)
    tell([f"written       {written}, {figure}"])
    out.require_here(written)
    return FINISHED


def _refine(options: argparse.Namespace) -> int:
    import xarray as xr

    from cartflow.analyses.refinement.refine import refine
    from cartflow.analyses.refinement.table import refinement_lines
    from cartflow.results.figures.refinement import plot_refinement

    to = share(options)
    out, figure = _dataset_and_figure(options, f"{options.study.stem}_meshes.nc")
    dataset = refine(
        options.study,
        levels=options.levels,
        to=to,
        settings=given_settings(options.settings),
        watch=lambda words: say(f"running       {words}"),
    )
    written = _settled(out, xr.DataTree(dataset), refinement_lines(dataset))
    plot_refinement(dataset, figure)
    tell([f"written       {written}, {figure}"])
    out.require_here(written)
    return FINISHED


def _dataset_and_figure(options: argparse.Namespace, name: str) -> tuple[Destination, Path]:
    from cartflow.core.saving.destination import PNG, Destination

    path = options.out or Path(name)
    figure = path.with_suffix(".png")
    Destination(path=figure, kind=PNG, force=options.force)
    return Destination(path=path, force=options.force), figure


def _count(done: int) -> None:
    if done % 10 == 0:
        say(f"runs          {done}")


def _validate(options: argparse.Namespace) -> int:
    from cartflow.validation.book.command import validate
    from cartflow.validation.book.table import list_cases

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

"""``cartflow run``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.imported import uncollected
from cartflow.commands.out_option import add_out
from cartflow.commands.piped import PIPE, study_given, to_pipe
from cartflow.commands.set_option import add_set, given_settings
from cartflow.commands.telling_option import add_telling, telling
from cartflow.core.outcome import InputError
from cartflow.core.terminal import tell

if TYPE_CHECKING:
    from cartflow.results.result import Result


def add_run(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("run", help="run a study file and write its result")
    command.add_argument(
        "study", type=Path, metavar="STUDY", help="a TOML study file, or - for one that is piped in"
    )
    add_out(
        command,
        "the result (default: STUDY's stem .nc), or - to pipe it out",
        "the result if it exists",
    )
    command.add_argument("--engine", metavar="NAME", help="the engine (default: the study's)")
    command.add_argument(
        "--mask", type=Path, metavar="FILE", help="a NIfTI or NRRD mask as geometry"
    )
    add_set(command)
    add_telling(command)
    command.add_argument(
        "--resume", action="store_true", help="go on with the unfinished run in the result's file"
    )
    command.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    name = "study" if options.study == PIPE else options.study.stem
    with to_pipe(options.out or Path(f"{name}.nc"), f"{name}.nc") as path:
        return _ran(options, path)


def _ran(options: argparse.Namespace, path: Path) -> int:
    with uncollected():
        from cartflow.core.progress.shown import days
        from cartflow.core.saving.destination import Destination
        from cartflow.core.saving.signals import Stopping
        from cartflow.results.summary import summary_lines
        from cartflow.results.writing import writer
        from cartflow.study.checks import hints
        from cartflow.study.roles import role_hints

    told = telling(options)
    with Stopping() as stop:
        study = study_given(options.study, _settings(options))
        since = _unfinished(path) if options.resume else None
        out = Destination(path=path, force=options.force or since is not None)
        if since is not None and since.outcome.status == "finished":
            tell([f"finished      already, in {path}"])
            return FINISHED
        anew = since is None and (options.force or options.resume)
        writing = writer(study.prepared, study.saving, out, anew=anew)
        reached = 0.0 if since is None else float(since.tree.to_dataset()["time"][-1])
        with days(study.table.title, study.table.time.end.value, told, reached) as watch:
            checked = study.table.solver.mesh_check
            result = study.run(
                stop.watched(watch), writing, checked, since=since, shelf=writing.shelf
            )
        told.add(f"outcome: {result.outcome}")
        notes = [f"note          {hint}" for hint in [*hints(study.table), *role_hints(study)]]
        try:
            written = writing.end(result, together=options.out == PIPE)
        finally:
            tell([*summary_lines(result.tree), *notes])
    place = "to the pipe" if options.out == PIPE else written
    told.add(f"written: {place}")
    tell([f"written       {place}"])
    if writing.shelf is not None and writing.shelf.beside.folder.is_dir():
        beside = writing.shelf.beside.folder
        tell([f"fields        {beside}; cartflow export --format netcdf makes one file"])
    if result.outcome.status == "interrupted":
        tell(["go on         with the same command and --resume"])
    out.require_here(written)
    result.require_finished()
    return FINISHED


def _unfinished(path: Path) -> Result | None:
    """Return the result that is to be gone on with; nothing where there is no file yet."""
    from cartflow.core.paths import kind_of
    from cartflow.results.checkpoint.group import machine_differs
    from cartflow.results.result import load_result

    if kind_of(path) == "nothing":
        tell([f"resume        {path} is not there: the run begins anew"])
        return None
    found = load_result(path)
    if note := machine_differs(found.tree):
        tell(note)
    return found


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

    if study == PIPE:
        raise InputError("--mask: needs a study file; name the image in the study that is piped in")
    own = read_toml(study).get("geometry", {})
    kept = own if isinstance(own, dict) and own.get("shape") == "mask" else {}
    return {**kept, "shape": "mask", "file": str(mask.absolute())}

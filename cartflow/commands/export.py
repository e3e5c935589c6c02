"""``cartflow export``: its options, and what it does."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.out_option import add_out
from cartflow.core.outcome import InputError, require_known
from cartflow.core.paths import kind_of
from cartflow.core.terminal import tell

if TYPE_CHECKING:
    import xarray as xr

_ONE_FILE = "netcdf"
# What stands in a folder that was exported to.
_OURS = (".pvd", ".vti", ".vtu", ".nii.gz", ".json", ".csv")


def add_export(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("export", help="write a result for ParaView, viewers, tables")
    command.add_argument(
        "file", type=Path, metavar="FILE", help="what run wrote, or (csv) an analysis"
    )
    command.add_argument(
        "--format",
        required=True,
        metavar="FORMAT",
        help="vtk: images and their list for ParaView; vtu: the same of the mesh cells alone; "
        "nifti: maps on the mask's voxels; csv: tables; netcdf: one file of an unfinished result "
        "and the fields beside it",
    )
    command.add_argument(
        "--time", type=float, metavar="DAY", help="one saved time (default: all; nifti: the last)"
    )
    add_out(
        command,
        "the folder (default: FILE's stem_FORMAT)",
        "what was exported before",
        metavar="FOLDER",
    )
    command.add_argument("--tumour", metavar="NAME", help="which of several tumours")
    command.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from cartflow.commands.drawing import what_it_lacks
    from cartflow.core.dataset import read_tree, require_result
    from cartflow.results.drawable import require_drawable
    from cartflow.results.export.export import FORMATS, export
    from cartflow.results.export.flat_tables import export_tables, is_analysis

    if options.format == _ONE_FILE:
        return _one_file(options)
    require_known(options.format, (*FORMATS, _ONE_FILE), "--format")
    of = "" if options.tumour is None else f"_{options.tumour}"
    out = options.out or options.file.parent / f"{options.file.stem}{of}_{options.format}"
    _require_free(out, force=options.force)
    whole = read_tree(options.file)
    tables = is_analysis(whole)
    if tables:
        _require_plain(options)
    else:
        require_result(whole, options.file)
    tree = whole if tables else _chosen(whole, options)
    draft = _draft(out)
    try:
        with what_it_lacks(options.file):
            if tables:
                export_tables(tree.to_dataset(), draft)
            else:
                require_drawable(tree)
                export(tree, options.format, draft, options.time)
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    except OSError as error:
        msg = f"{out}: cannot be written ({error.strerror or error})"
        raise InputError(msg) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    tell([f"written       {out}: {_in_words(out)}"])
    return FINISHED


def _require_plain(options: argparse.Namespace) -> None:
    """Raise `InputError` on what the file of an analysis does not have."""
    if options.format != "csv":
        msg = f"--format: got {options.format}; {options.file} is no run's, csv alone is possible"
        raise InputError(msg)
    for name in ("time", "tumour"):
        if getattr(options, name) is not None:
            msg = f"--{name}: {options.file} is no run's, all of it is exported"
            raise InputError(msg)


def _chosen(tree: xr.DataTree, options: argparse.Namespace) -> xr.DataTree:
    """Return the result, of several tumours that with the one that is named alone."""
    from cartflow.results.one_tumour import one_tumour, tumours_of

    names = tumours_of(tree)
    if options.tumour is None and not names:
        return tree
    if options.tumour is None:
        msg = f"--tumour: is missing; {options.file} holds {', '.join(names)}"
        raise InputError(msg)
    if not names:
        msg = f"--tumour: {options.file} does not hold several tumours"
        raise InputError(msg)
    require_known(options.tumour, names, "--tumour")
    return one_tumour(tree, options.tumour)


def _one_file(options: argparse.Namespace) -> int:
    """Write an unfinished result and the fields beside it as one netCDF file."""
    from cartflow.core.dataset import netcdf, read
    from cartflow.core.saving.destination import Destination

    if options.time is not None:
        raise InputError("--time: netcdf has all saved times")
    path = options.out or options.file.parent / f"{options.file.stem}_whole.nc"
    out = Destination(path=path, force=options.force)
    tree = read(options.file)
    # What a run goes on from stays with the fields of the run.
    out.save(netcdf(tree.drop_nodes("checkpoint", errors="ignore")))
    tell([f"written       {path} ({tree.attrs.get('outcome', '')})"])
    return FINISHED


def _draft(out: Path) -> Path:
    """Return a new folder beside `out`, which gets its name when all is written."""
    try:
        draft = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name[:60]}_", suffix=".part"))
        draft.chmod(0o777 & ~_umask())
    except OSError as error:
        msg = f"{out}: its folder cannot be written ({error.strerror})"
        raise InputError(msg) from None
    return draft


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _require_free(out: Path, *, force: bool) -> None:
    """Raise `InputError` unless nothing is at `out`, or with `force` an export alone."""
    there = kind_of(out)
    if there == "nothing":
        if not out.parent.is_dir():
            msg = f"{out}: its folder does not exist"
            raise InputError(msg)
        return
    if not force:
        msg = f"{out}: exists already; give --force to overwrite it, or another --out"
        raise InputError(msg)
    if there != "folder" or out.is_symlink() or not all(map(_is_ours, out.iterdir())):
        msg = f"{out}: is no folder of exported files alone, which --force does not overwrite"
        raise InputError(msg)


def _is_ours(path: Path) -> bool:
    return path.is_file() and path.name.endswith(_OURS)


def _in_words(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown}, ... ({len(names)} files)"

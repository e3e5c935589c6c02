"""The report folder: the page, and the numbers of each case; it appears whole or not at all."""

from __future__ import annotations

import json
import math
import platform
import shutil
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.core.dataset import identifier, label, variable, without_fill, write
from cartflow.core.outcome import InputError
from cartflow.core.provenance import installed_version, now
from cartflow.validation.book.case import CaseResult, Scope
from cartflow.validation.book.page import GENERATOR, page
from cartflow.validation.book.run import Ran

PAGE = "index.html"
JSON_START = b'{\n  "cartflow_validation"'


def require_replaceable(folder: Path, *, force: bool) -> None:
    """Raise `InputError` unless `folder` can be made; an old report is replaced with `force`.

    A folder that holds anything but a report is never replaced.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        msg = f"{folder}: is not a folder; give another --report"
        raise InputError(msg)
    if folder.is_dir() and any(folder.iterdir()):
        if not _is_report(folder):
            msg = (
                f"{folder}: holds other files than a report, which --force does not overwrite; "
                "give another --report"
            )
            raise InputError(msg)
        if not force:
            msg = f"{folder}: exists already; give --force to overwrite it, or another --report"
            raise InputError(msg)
    try:
        # Only trying tells: permissions say little on network and read-only file systems.
        tempfile.TemporaryFile(dir=folder.absolute().parent).close()
    except OSError as error:
        msg = f"{folder}: its folder cannot be written ({error.strerror})"
        raise InputError(msg) from None


def write_report(ran: Sequence[Ran], folder: Path, scope: Scope) -> None:
    """Write the page and one netCDF a case into `folder`, in place of an older report."""
    folder = folder.absolute()
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}_", dir=folder.parent))
        try:
            new = temporary / "new"
            new.mkdir()
            text = page(ran, scope=scope, made_by=_made_by(scope))
            (new / PAGE).write_text(text, encoding="utf-8")
            for item in ran:
                write(case_tree(item.result), new / f"{identifier(item.entry.name)}.nc")
            if folder.exists():
                folder.replace(temporary / "old")
            new.replace(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        msg = f"{folder}: cannot be written ({error.strerror or error})"
        raise InputError(msg) from None


def as_json(ran: Sequence[Ran], scope: Scope) -> dict[str, Any]:
    """Return every check of every case, for JSON; numbers that are not finite become None."""
    return {
        "cartflow_validation": _version(),
        "scope": scope,
        "passed": all(item.result.verdict != "failed" for item in ran),
        "cases": [_as_json(item) for item in ran],
    }


def write_json(ran: Sequence[Ran], path: Path, scope: Scope) -> None:
    """Write every check of every case as JSON; numbers that are not finite become null."""
    data = as_json(ran, scope)
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror or error})"
        raise InputError(msg) from None
    finally:
        temporary.unlink(missing_ok=True)


def case_tree(result: CaseResult) -> xr.DataTree:
    """Return the case's dataset with its texts as attributes, and its checks in a group."""
    root = result.dataset.copy()
    root.attrs = {
        **root.attrs,
        "Conventions": "CF-1.11",
        "title": result.title,
        "source": f"cartflow {_version()}",
        "history": f"{now()} cartflow validate {result.name}",
        "references": " ".join(result.references),
        "comment": result.finding,
        "verdict": result.verdict,
    }
    groups = {"/": root, "/checks": _checks(result)}
    return xr.DataTree.from_dict({name: without_fill(ds) for name, ds in groups.items()})


def _checks(result: CaseResult) -> xr.Dataset:
    checks = result.checks
    numbers = ("measured", "expected", "deviation", "tolerance")
    texts = ("unit", "kind", "reference", "engine")
    found: dict[str, xr.Variable] = {
        name: xr.Variable(
            ("check",),
            np.array([getattr(c, name) for c in checks], dtype=float),
            {"long_name": f"{name}, in the check's unit"},
        )
        for name in numbers
    }
    passed = np.array([c.passed for c in checks], dtype=np.int8)
    found["passed"] = variable(("check",), passed, "1", "1 where the check holds")
    coordinates = {
        f"check_{name}": label(("check",), [getattr(c, name) for c in checks], name)
        for name in ("name", *texts)
    }
    return xr.Dataset(found, coords=coordinates)


def _as_json(item: Ran) -> dict[str, Any]:
    result = item.result
    keys = ("name", "measured", "expected", "deviation", "tolerance", "kind", "unit", "reference")
    return {
        "name": item.entry.name,
        "title": result.title,
        "group": item.entry.group,
        "verdict": result.verdict,
        "skipped": result.skipped,
        "finding": result.finding,
        "seconds": round(item.seconds, 3),
        "checks": [
            {
                **{key: _finite(getattr(check, key)) for key in keys},
                "engine": check.engine,
                # A case may have measured with NumPy, whose truth JSON does not know.
                "passed": bool(check.passed),
            }
            for check in result.checks
        ],
    }


def _finite(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return float(value) if math.isfinite(value) else None


def _is_report(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    if PAGE not in names or any(not n.endswith(".nc") for n in names - {PAGE}):
        return False
    try:
        with (folder / PAGE).open(encoding="utf-8", errors="replace") as file:
            return GENERATOR in file.read(2000)
    except OSError:
        return False


def _made_by(scope: Scope) -> list[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "fipy", "xarray"))
    command = "cartflow validate --quick" if scope == "quick" else "cartflow validate"
    return [
        f"cartflow {_version()}, {command}, {now()}",
        f"Python {platform.python_version()}, {packages}, {platform.machine()}",
    ]


def _version() -> str:
    return installed_version("cartflow", "not installed")

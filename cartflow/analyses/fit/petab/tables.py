"""The files of a PEtab problem (version 1): its tables, and its SBML model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.paths import kind_of, lies_within
from cartflow.kinetics.sbml.bounds import bounded_text

_LARGEST, _MOST_BYTES = 1_000_000, 100_000_000
_KINDS = {"condition_files": "conditions", "measurement_files": "measurements"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """A problem's tables as pandas frames, and the text of its SBML model."""

    name: str
    sbml: str
    parameters: Any
    conditions: Any
    measurements: Any
    observables: Any


def read_tables(path: Path) -> Tables:
    """Return the tables of the problem in a YAML file.

    Its files must lie beside it or below. Raises `InputError` for what is missing or not read,
    and where the package petab is not installed.
    """
    v1 = petab_v1()
    whole = _yaml(path)
    problem = whole["problems"][0]
    sbml = _files(path, problem, "sbml_files")
    if len(sbml) != 1:
        msg = f"{path}: sbml_files: {len(sbml)} files; one is read"
        raise InputError(msg)
    if problem.get("mapping_files"):
        msg = f"{path}: mapping_files: are not read"
        raise InputError(msg)
    try:
        text = bounded_text(sbml[0])
    except InputError as error:
        msg = f"{sbml[0]}: {error}"
        raise InputError(msg) from None
    names = whole.get("parameter_file")
    parameters = _files(path, {"parameter_file": names}, "parameter_file")
    return Tables(
        name=path.stem,
        sbml=text,
        parameters=_table(v1.get_parameter_df, parameters),
        conditions=_table(v1.get_condition_df, _files(path, problem, "condition_files")),
        measurements=_table(v1.get_measurement_df, _files(path, problem, "measurement_files")),
        observables=_table(v1.get_observable_df, _files(path, problem, "observable_files")),
    )


def petab_v1() -> Any:
    """Return the module `petab.v1`; raise `InputError` if it is not installed."""
    try:
        import petab.v1 as module
    except ImportError:
        msg = "PEtab problems need petab; install it with: pip install 'cartflow[petab]'"
        raise InputError(msg) from None
    return module


def is_problem(path: Path) -> bool:
    """Return whether a path is that of a PEtab problem, by its ending."""
    return path.suffix.lower() in (".yaml", ".yml")


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        if path.stat().st_size > _LARGEST:
            msg = f"{path}: larger than the {_LARGEST} bytes that are read"
            raise InputError(msg)
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise InputError(msg) from None
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        msg = f"{path}: is no YAML ({' '.join(str(error).split())[:120]})"
        raise InputError(msg) from None
    if not isinstance(found, dict) or not isinstance(found.get("problems"), list):
        msg = f"{path}: is no PEtab problem; needed are format_version, parameter_file, problems"
        raise InputError(msg)
    if str(found.get("format_version")) not in ("1", "1.0", "1.0.0"):
        msg = f"{path}: format_version {str(found.get('format_version'))[:20]}; read is 1"
        raise InputError(msg)
    if len(found["problems"]) != 1 or not isinstance(found["problems"][0], dict):
        msg = f"{path}: problems: {len(found['problems'])} problems; one is read"
        raise InputError(msg)
    return found


def _files(path: Path, problem: dict[str, Any], key: str) -> list[Path]:
    """Return the files that a key names. Raises `InputError` for one that lies elsewhere."""
    names = problem.get(key)
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        msg = f"{path}: {key}: names no file"
        raise InputError(msg)
    found = []
    for name in names:
        place = path.parent / name
        if "://" in name or not lies_within(place, path.parent):
            msg = f"{path}: {key}: '{name[:80]}' does not lie beside the file"
            raise InputError(msg)
        if kind_of(place) != "file":
            msg = f"{path}: {key}: '{name[:80]}' cannot be read (no such file)"
            raise InputError(msg)
        if place.stat().st_size > _MOST_BYTES:
            msg = f"{path}: {key}: '{name[:80]}' is larger than the {_MOST_BYTES} bytes read"
            raise InputError(msg)
        found.append(place)
    return found


def _table(read: Any, files: list[Path]) -> Any:
    import pandas

    frames = []
    for file in files:
        try:
            with warnings.catch_warnings():
                # petab asks pandas for a precision by a name that pandas 3 has deprecated.
                warnings.simplefilter("ignore")
                frames.append(read(str(file)))
        except Exception as error:  # petab and pandas raise many kinds
            msg = f"{file}: {' '.join(str(error).split())[:160]}"
            raise InputError(msg) from None
    return frames[0] if len(frames) == 1 else pandas.concat(frames)

"""Which source a name or file is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cartflow.analyses.fit.sources.model import model_source
from cartflow.analyses.fit.sources.source import Source
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path, kind_of
from cartflow.core.tables import parse_toml, read_text

# Keys of a study that no kinetics file has.
_OF_A_STUDY = ("body", "doses", "geometry", "time", "tumour", "fields")


def source_of(
    what: str | Path, scenario: str | None, settings: Mapping[str, Any], exact: bool
) -> Source:
    """Return the kinetics model or the study that `what` names. Raises `InputError`."""
    path = as_path(what, "fit")
    if path.suffix == ".toml" and kind_of(path) == "file":
        data = parse_toml(read_text(path), str(path))
        if any(key in data for key in _OF_A_STUDY):
            if scenario is not None:
                msg = f"{path}: a study has no scenarios"
                raise InputError(msg)
            from cartflow.analyses.fit.sources.study import study_source

            return study_source(path, settings, exact)
    return model_source(what, scenario, settings, not exact)

"""``cartflow schema``: its options, and what it does."""

from __future__ import annotations

import argparse
import json
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.terminal import tell

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def add_schema(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "schema",
        help="print the JSON schema of study files, for editors",
        description=(
            "With the line '#:schema study.schema.json' at its top an editor that knows TOML "
            "completes and checks a study: cartflow schema > study.schema.json"
        ),
    )
    command.set_defaults(command=_schema)


def _schema(_: argparse.Namespace) -> int:
    tell([json.dumps(study_schema(), indent=2, ensure_ascii=False)])
    return FINISHED


def study_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a study file.

    Units, names of what ships and numbers by region are left to the reader.
    """
    from cartflow.study.schema import StudyTable

    found = _in_its_words(StudyTable.model_json_schema())
    _loosen_tumours(found)
    return {**found, "$schema": _DIALECT, "title": "cartflow study"}


def _loosen_tumours(schema: dict[str, Any]) -> None:
    """Let each of several tumours leave out what stands in [tumours] or above, as files do."""
    from cartflow.study.tumours.merging import SHARED

    tables, named = schema["$defs"], schema["$defs"]["OneOfSeveralTable"]
    shared = tables["TumourTable"]["properties"]
    # What of these tables is a tumour's own may be a part of them.
    own = {**shared, **{name: {"type": "object"} for name in SHARED}}
    tables["OneOfSeveralTable"] = {**named, "properties": own, "required": []}
    several = schema["properties"]["tumours"]
    schema["properties"]["tumours"] = {**several, "properties": shared}


def _in_its_words(part: Any) -> Any:
    """Return `part` with bounds that pydantic leaves in its own words in those of JSON schema."""
    if isinstance(part, list):
        return [_in_its_words(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {_WORDS.get(key, key): _in_its_words(value) for key, value in part.items()}


_WORDS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}

"""What of a study of several tumours is about one of them, as a study of that tumour."""

from __future__ import annotations

import re
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.study.schema import StudyTable, TumourTable
from cartflow.study.tumours.merging import Written

# The key that a message begins with.
_KEY = re.compile(r"((?:unknown )?key ')?((?:tumour|geometry|kinetics|fields|tissue)(?:\.\w+)*)")


def table_of(table: StudyTable, name: str, fields: frozenset[str]) -> StudyTable:
    """Return the tables of the tumour `name`, with the doses into it and no other.

    Of its fields those named are left out.
    """
    own = table.tumours[name]
    doses = [
        dose.model_copy(update={"tumour": None})
        for dose in table.doses
        if dose.route == "intratumoural" and dose.tumour == name
    ]
    vessels = {key: getattr(own, key) for key in own.model_fields_set & set(_VESSELS)}
    body = None if table.body is None else table.body.model_copy(update={"initial": None})
    return table.model_copy(
        update={
            "body": body,
            "doses": doses,
            "events": [],
            "organs": {},
            "tumours": {},
            "tumour": TumourTable.model_construct(**vessels),
            "geometry": own.geometry,
            "kinetics": own.kinetics,
            "fields": {key: item for key, item in own.fields.items() if key not in fields},
            "tissue": own.tissue,
        }
    )


_VESSELS = tuple(TumourTable.model_fields)


class errors_of:  # reads as a word where it is used
    """Puts the tumour's keys into the message of any `InputError` raised within."""

    def __init__(self, written: Written, name: str, file: str) -> None:
        self.written, self.name, self.file = written, name, file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, InputError):
            text = str(error).removeprefix(f"{self.file}: ")
            msg = f"{self.file}: {self._placed(text)}"
            raise InputError(msg) from None

    def _placed(self, text: str) -> str:
        found = _KEY.match(text)
        if found is None:
            return text if text.startswith("tumours.") else f"tumours.{self.name}: {text}"
        key = self.written.key(self.name, found[2])
        return f"{found[1] or ''}{key}{text[found.end() :]}"

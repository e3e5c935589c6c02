"""A study's tables with each of several tumours whole, and errors that name what was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.study.tumours.alone import as_one
from cartflow.study.tumours.merging import SHARED, Written, written_tumours

_KEY = re.compile(r"(tumour|geometry|kinetics|fields|tissue)((?:\.\w+)*)")


def with_tumours(data: Mapping[str, Any], file: str) -> tuple[dict[str, Any], Written | None]:
    """Return the tables with each of several tumours whole, and what of them was written.

    A single one with a name becomes the study's tumour. Raises `InputError`.
    """
    written = written_tumours(data, file)
    if written is None:
        return dict(data), None
    if len(written.own) == 1:
        return as_one(data, written), written
    rest = {key: item for key, item in data.items() if key not in SHARED}
    return {**rest, "tumours": {name: written.merged(name) for name in written.own}}, written


class as_written:  # reads as a word where it is used
    """Names keys where they were written in the message of any `InputError` raised within."""

    def __init__(self, written: Written | None, file: str) -> None:
        self.written, self.file = written, file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self.written is None or not isinstance(error, InputError):
            return
        text = str(error)
        for name in self.written.own:
            plain = rf"tumours\.{name}\.([\w.]+)" if len(self.written.own) > 1 else _KEY
            found = re.search(plain, text)
            if found is None:
                continue
            key = found[0] if len(self.written.own) == 1 else found[1]
            head = key.partition(".")[0]
            key = key if head in (*SHARED, "tumour") else f"tumour.{key}"
            msg = f"{text[: found.start()]}{self.written.key(name, key)}{text[found.end() :]}"
            raise InputError(msg) from None

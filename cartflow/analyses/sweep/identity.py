"""Which sweep it is: what must be equal for finished members of one to stand in another."""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.plan import Plan
from cartflow.core.outcome import InputError
from cartflow.core.paths import kind_of
from cartflow.core.provenance import installed_version
from cartflow.study.study import Study


def identity(plan: Plan, layout: Layout) -> dict[str, str]:
    """Return what tells a sweep from others, by the words that an error names it by.

    Numbers, images and files count as they were read, not only their names.
    """
    axes = [
        [axis.name, axis.labels, [[c.key, c.settings] for c in axis.choices]] for axis in plan.axes
    ]
    return {
        **surroundings(plan.study, names_along(plan)),
        "axes": _digest(json.dumps(axes)),
        "outcomes": _digest(
            *(
                f"{name} {layout.variables[name].dims} {layout.shape(name)}"
                for name in layout.variables
            )
        ),
    }


def surroundings(study: Study, names: Sequence[str]) -> dict[str, str]:
    """Return what must be equal wherever members run: the study, its files and the versions.

    `names` are texts that members have in place of the study's own, which may name files.
    """
    text = json.dumps([study.text, study.settings], sort_keys=True, default=str)
    parts = [*_numbers(study), *_geometry(study), *_given(study), *_files(study, names)]
    return {
        "study": _digest(text, *parts),
        "version of cartflow": installed_version("cartflow"),
        "version of numpy": installed_version("numpy"),
        "version of numba": installed_version("numba"),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def names_along(plan: Plan) -> list[str]:
    """Return the texts along the axes of names, each once."""
    found = [
        text
        for axis in plan.axes
        for each in axis.choices
        if each.numbers is None
        for text in _texts(list(each.settings))
    ]
    return list(dict.fromkeys(found))


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return digest.hexdigest()[:32]


def _numbers(study: Study) -> Iterator[str]:
    for name, number in sorted(study.parameters().items()):
        yield f"{name} {number.value!r} {number.unit}"


def _geometry(study: Study) -> Iterator[bytes]:
    geometries = list(study.geometries.values()) if study.table.tumours else []
    if study.table.geometry is not None:
        geometries = [study.geometry]
    for geometry in geometries:
        for values in (geometry.cell_volumes, geometry.depth):
            yield np.ascontiguousarray(values).tobytes()


def _given(study: Study) -> Iterator[str | bytes]:
    for (name, what), values in sorted(study.given.items()):
        yield f"{name} {what}"
        yield np.ascontiguousarray(values).tobytes()
    for other in (study.other_body, study.other_trafficking):
        # Every number of it: what it prints as names it only.
        yield "" if other is None else repr(asdict(other))


def _files(study: Study, names: Sequence[str]) -> Iterator[str]:
    """Yield digests of the files that study, settings and `names` name: images, bodies, tables."""
    named = [*_texts(tomllib.loads(study.text)), *_texts(dict(study.settings)), *names]
    for name in dict.fromkeys(named):
        path = study.folder / name
        if name.strip() and _is_file(path):
            with path.open("rb") as file:
                yield f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _is_file(path: Path) -> bool:
    try:
        return kind_of(path) == "file"
    except InputError:
        return False

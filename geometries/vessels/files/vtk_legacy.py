"""Networks in VTK's legacy files (.vtk), as text or binary, of versions before and after 5.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, require_known
from cartflow.geometries.vessels.files.bounds import (
    MOST_NUMBERS,
    MOST_SEGMENTS,
    content_of,
    require_few,
)
from cartflow.geometries.vessels.files.lines import Lines
from cartflow.geometries.vessels.files.vtk_content import Content, kind, whole
from cartflow.geometries.vessels.files.vtk_xml import LINE_CELLS, checked

_SETS = ("POLYDATA", "UNSTRUCTURED_GRID")
_CELL_BLOCKS = {
    "VERTICES": "verts",
    "LINES": "lines",
    "POLYGONS": "others",
    "TRIANGLE_STRIPS": "others",
    "CELLS": "lines",
}


def read_vtk_legacy(path: Path) -> Lines:
    """Return the segments of the lines in a legacy VTK file, with their values.

    Raises `InputError` for other data sets than polygonal data and unstructured grids, and for
    sections that are not known.
    """
    return _File(content_of(path)).lines()


class _File:
    """A legacy file that is read from its start to its end."""

    def __init__(self, data: bytes) -> None:
        self._content = Content(data)
        if not self._content.line().lower().startswith("# vtk datafile version"):
            raise InputError("it does not begin as a VTK file, '# vtk DataFile Version'")
        self._content.line()
        form = self._content.word_line()
        require_known(form.upper(), ("ASCII", "BINARY"), "the third line")
        self._content.binary = form.upper() == "BINARY"
        words = self._content.word_line().upper().split()
        if words[:1] != ["DATASET"] or words[1:] not in ([name] for name in _SETS):
            msg = f"the data set is '{' '.join(words)[:60]}'; read are {' and '.join(_SETS)}"
            raise InputError(msg)
        self._set = words[1]
        self._points = np.empty((0, 3))
        self._cells: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._types: NDArray[Any] | None = None
        self._counts = {"verts": 0, "lines": 0, "others": 0}
        self._values: dict[str, dict[str, NDArray[Any]]] = {"POINT_DATA": {}, "CELL_DATA": {}}

    def lines(self) -> Lines:
        """Return the segments, when all sections are read."""
        where = ""
        while (line := self._content.word_line(end=True)) != "":
            words = line.split()
            section = words[0].upper()
            if section in self._values:
                where = section
                self._size = require_few(whole(words, 1), MOST_NUMBERS, "values")
            elif where:
                self._section_of_values(section, words, self._values[where])
            else:
                self._section_of_places(section, words)
        if "lines" not in self._cells:
            raise InputError("there are no lines in it")
        connectivity, offsets = self._cells["lines"]
        of_lines = self._values["CELL_DATA"]
        kept = None
        if self._types is not None:
            kept = np.isin(self._types, LINE_CELLS)
            if kept.size != offsets.size - 1:
                raise InputError("CELL_TYPES are not as many as CELLS")
        begin, total = self._counts["verts"], sum(self._counts.values())
        for name, values in of_lines.items():
            if values.size != total:
                msg = f"array '{name}': it holds {values.size} numbers; there are {total} cells"
                raise InputError(msg)
        of_lines = {n: v[begin : begin + offsets.size - 1] for n, v in of_lines.items()}
        if kept is not None:
            of_lines = {n: v[kept] for n, v in of_lines.items()}
        for name, values in self._values["POINT_DATA"].items():
            if values.size != len(self._points):
                msg = f"array '{name}': it holds {values.size} numbers; there are "
                msg += f"{len(self._points)} points"
                raise InputError(msg)
        return checked(
            points=self._points,
            connectivity=connectivity,
            offsets=offsets,
            kept=kept,
            at_points=self._values["POINT_DATA"],
            of_lines=of_lines,
            kind=f"VTK legacy, {self._set}",
        )

    def _section_of_places(self, section: str, words: list[str]) -> None:
        match section:
            case "POINTS":
                count = require_few(whole(words, 1), MOST_NUMBERS // 3, "points")
                self._points = (
                    self._content.numbers(3 * count, kind(words, 2)).reshape(-1, 3).astype(float)
                )
            case "VERTICES" | "LINES" | "POLYGONS" | "TRIANGLE_STRIPS" | "CELLS":
                which = _CELL_BLOCKS[section]
                self._cells[which] = self._connectivity(words)
                self._counts[which] += self._cells[which][1].size - 1
            case "CELL_TYPES":
                self._types = self._content.numbers(
                    require_few(whole(words, 1), MOST_SEGMENTS, "cells"), "i4"
                )
            case "METADATA":
                self._skip_metadata()
            case "FIELD":
                self._fields(whole(words, 2), {})
            case _:
                msg = f"the section '{section[:40]}' is not known"
                raise InputError(msg)

    def _connectivity(self, words: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the points of all cells in a row, and where each cell begins and ends."""
        one = require_few(whole(words, 1), MOST_SEGMENTS, "cells")
        two = require_few(whole(words, 2), MOST_NUMBERS, "numbers")
        place = self._content.place
        following = self._content.word_line(end=True).split()
        if following[:1] == ["OFFSETS"]:
            offsets = self._content.numbers(one, kind(following, 1)).astype(np.int64)
            following = self._content.word_line().split()
            if following[:1] != ["CONNECTIVITY"] or not offsets.size:
                raise InputError("behind OFFSETS there is no CONNECTIVITY")
            return self._content.numbers(two, kind(following, 1)).astype(np.int64), offsets
        self._content.place = place
        flat = self._content.numbers(two, "i4").astype(np.int64)
        return _apart(flat, one)

    def _section_of_values(
        self, section: str, words: list[str], into: dict[str, NDArray[Any]]
    ) -> None:
        match section:
            case "SCALARS":
                parts = whole(words, 3) if len(words) > 3 else 1
                place = self._content.place
                if not self._content.word_line().upper().startswith("LOOKUP_TABLE"):
                    self._content.place = place
                values = self._content.numbers(
                    self._size * require_few(parts, 4, "parts"), kind(words, 2)
                )
                if parts == 1:
                    into[words[1]] = values
            case "VECTORS" | "NORMALS":
                self._content.numbers(3 * self._size, kind(words, 2))
            case "TENSORS":
                self._content.numbers(9 * self._size, kind(words, 2))
            case "LOOKUP_TABLE":
                count = 4 * require_few(whole(words, 2), MOST_NUMBERS // 4, "colours")
                self._content.numbers(count, "u1" if self._content.binary else "f4")
            case "FIELD":
                self._fields(whole(words, 2), into)
            case "METADATA":
                self._skip_metadata()
            case _:
                msg = f"the section '{section[:40]}' of values is not known"
                raise InputError(msg)

    def _fields(self, arrays: int, into: dict[str, NDArray[Any]]) -> None:
        for _ in range(require_few(arrays, 1000, "arrays")):
            words = self._content.word_line().split()
            if words[:1] == ["METADATA"]:
                self._skip_metadata()
                words = self._content.word_line().split()
            parts = require_few(whole(words, 1), 1000, "parts")
            count = require_few(parts * whole(words, 2), MOST_NUMBERS, "numbers")
            values = self._content.numbers(count, kind(words, 3))
            if parts == 1:
                into[words[0]] = values

    def _skip_metadata(self) -> None:
        while self._content.line().strip():
            pass


def _apart(flat: NDArray[np.int64], cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return cells apart that are each written as a count of points and these."""
    places, place = [], 0
    sizes = flat.tolist()
    for _ in range(cells):
        if place >= len(sizes) or not 0 <= sizes[place] <= len(sizes) - place - 1:
            raise InputError("the counts of its lines do not fit their points")
        places.append(place)
        place += 1 + sizes[place]
    if place != len(sizes):
        raise InputError("the counts of its lines do not fit their points")
    inner = np.ones(flat.size, dtype=bool)
    inner[places] = False
    offsets = np.concatenate([[0], np.cumsum(flat[places])]) if places else np.zeros(1)
    return flat[inner], offsets.astype(np.int64)

"""Kinds of files that are written: how they begin, and how their names end."""

from __future__ import annotations

from pathlib import Path

from cartflow.core.outcome import InputError

NETCDF = b"\x89HDF"
PNG = b"\x89PNG"
SVG = b"<?xml"
PDF = b"%PDF"
GIF = b"GIF8"
MP4 = b"\x00\x00\x00"
HTML = b"<!DOCTYPE html>"
# The endings of files of a kind; the first is what is proposed.
ENDINGS = {
    NETCDF: (".nc", ".nc4", ".h5", ".hdf5", ".netcdf"),
    PNG: (".png",),
    SVG: (".svg",),
    PDF: (".pdf",),
    GIF: (".gif",),
    MP4: (".mp4",),
    HTML: (".html", ".htm"),
}
NAMES = {
    NETCDF: "netCDF-4",
    PNG: "PNG",
    SVG: "SVG",
    PDF: "PDF",
    GIF: "GIF",
    MP4: "MP4",
    HTML: "HTML",
}
FIGURES = (PNG, SVG, PDF)
MOVIES = (GIF, MP4)


def kind_of_name(path: Path, kinds: tuple[bytes, ...]) -> bytes:
    """Return which of `kinds` a file of that name is. Raises `InputError` naming the endings."""
    for kind in kinds:
        if path.suffix.lower() in ENDINGS[kind]:
            return kind
    first = ENDINGS[kinds[0]][0]
    allowed = ", ".join(ENDINGS[kind][0] for kind in kinds)
    msg = f"{path}: ends in none of {allowed}; did you mean '{path.with_name(path.stem + first)}'?"
    raise InputError(msg)

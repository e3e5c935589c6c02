"""A result in another format: for ParaView, for image viewers, for tables."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.results.export.csv_tables import export_courses, export_fields
from cartflow.results.export.nifti import export_nifti
from cartflow.results.export.places import chosen_times, places_of
from cartflow.results.export.vtk import export_vtk

Format = Literal["vtk", "vtu", "nifti", "csv"]
FORMATS: tuple[str, ...] = get_args(Format)


def export(tree: xr.DataTree, form: str, folder: Path, time: float | None = None) -> None:
    """Write a result's `tree` as `form` into `folder`, which is there.

    At all saved times, or at `time` (days); NIfTI maps without it at the last. Raises `InputError`.
    """
    if "tumour" not in tree.children:
        if form != "csv":
            raise InputError("the result has no tumour; csv alone has something to write")
        export_courses(tree, folder / "courses.csv")
        return
    tumour = tree["tumour"].to_dataset()
    places = places_of(tumour)
    times = chosen_times(tumour, time)
    if form == "csv":
        export_fields(tumour, places, times, folder / "fields.csv")
        export_courses(tree, folder / "courses.csv")
    elif form == "nifti":
        export_nifti(tumour, places, times if time is not None else times[-1:], folder)
    else:
        export_vtk(tumour, places, times, folder, unstructured=form == "vtu")

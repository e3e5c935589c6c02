"""A study run over axes, samples or a table of its numbers, as one dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from cartflow.analyses.sweep.asked import Asked, prepared
from cartflow.analyses.sweep.axes import Over
from cartflow.analyses.sweep.task import Watch
from cartflow.core.dataset import netcdf
from cartflow.core.paths import as_path
from cartflow.core.saving.destination import Destination
from cartflow.study.study import Study


def sweep(
    study: Study | str | Path,
    over: Over | None = None,
    *,
    bodies: Sequence[str] = (),
    trafficking: Sequence[str] = (),
    table: Any = None,
    sample: int | None = None,
    sampling: str = "sobol",
    seed: int = 1,
    outcomes: Sequence[str] | None = None,
    courses: Sequence[str] = (),
    results: str | Path | None = None,
    workers: int | None = None,
    limit: str | float | None = None,
    scheduler: str | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    force: bool = False,
    watch: Watch | None = None,
) -> xr.Dataset:
    """Run a study for every product of the values in `over`; return one dataset.

    `over` has lists of values by key, texts as after ``--over`` (``"log:1:16:5 um^2/min"``), and
    tables of settings by label. Along ``member`` come the rows of `table` (a CSV file or columns
    by key), or `sample` draws from ranges (``"0.5..2 1/day"``; those that numbers carry where none
    is given) as ``sobol`` points or a ``latin`` hypercube. `outcomes` and `courses` are chosen by
    name; in the folder `results` each member's whole result becomes a file, which ``result``
    names. `limit` is a time for each member. `scheduler` is ``threads``, ``local`` (a Dask
    cluster of `workers` processes here) or the address of a Dask cluster. With `out` the dataset
    is written there, members that have ended are kept in a journal beside it, and the same call
    goes on from it. `watch(ended, failed)` is called often. A member that fails has nan, and its
    reason in ``status``. The answer is the same to the bit for any `workers` and `scheduler`.
    Raises `InputError`, and `RunStopped` if no member finishes or the cluster is gone.
    """
    asked = Asked(
        over=over,
        bodies=bodies,
        trafficking=trafficking,
        table=table,
        sample=sample,
        sampling=sampling,
        seed=seed,
        outcomes=outcomes,
        courses=courses,
        results=results,
    )
    own = study if isinstance(study, Study) else Study.from_file(as_path(study, "sweep"))
    own = own.with_settings(settings) if settings else own
    task = prepared(own, asked, workers=workers, limit=limit, scheduler=scheduler)
    if out is None:
        if task.results is not None:
            task.results.require_free(own=force)
        return task.run(watch)
    place = Destination(path=as_path(out, "out"), force=force)
    with task.journal(place.path, anew=force) as journal:
        dataset = task.run(watch, journal)
        place.save(netcdf(xr.DataTree(dataset)))
        journal.remove()
    return dataset

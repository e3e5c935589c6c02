"""A study's run with the derivatives of what it comes to, to numbers of the study."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cartflow.analyses.derivatives.numbers import directions_of, own_name
from cartflow.analyses.derivatives.table import derivative_table
from cartflow.core import arguments
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.paths import as_path
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.tangents.direction import Direction
from cartflow.coupling.under_way import Watch
from cartflow.results.result import Result
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

_SHARE = 16  # numbers of a thread, if there are as many


def run_with_derivatives(
    study: Study | str | Path,
    numbers: Sequence[str],
    *,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Result:
    """Run a study; the result has `derivatives` of what it comes to, to each of `numbers`.

    `numbers` are named as in `run_cohort` or by ``--set`` (`kinetics.parameters.killing_rate`).
    The study is run as by ``Study.run``, then its steps are taken again with their tangents, in
    at most `threads` (default: all processors), each for sixteen numbers or more. Derivatives
    are those of the discrete steps as they were taken, exact but for rounding; they leave out
    that steps, and times at which species die out, would move. Raises `InputError` where the
    study is not run as one system on a line, and on what is no number that it depends on
    smoothly.
    """
    study = study if isinstance(study, Study) else Study.from_file(as_path(study, _NAME))
    simulation = require_one_system(study)
    found = directions_of(study, arguments.names(numbers, "numbers"))
    count = arguments.threads(threads)
    result = study.run(watch)
    if result.outcome.status != "finished":
        return result
    # A step's matrix is worked out once for all numbers of a share.
    count = min(count, -(-len(found) // _SHARE))
    shares = [found[k::count] for k in range(count)]
    with ThreadPoolExecutor(count) as pool:
        records = list(pool.map(lambda share: _record(simulation, share), shares))
    # In the order in which the numbers were given.
    columns = {
        each.name: [tangents[place] for tangents in record.tangents]
        for share, record in zip(shares, records, strict=True)
        for place, each in enumerate(share)
    }
    slopes = [columns[each.name] for each in found]
    known = StudyNumbers(study=study).with_geometry
    units = [known[own_name(each.name)].unit for each in found]
    table = derivative_table(simulation, records[0].states, found, slopes, units)
    return result.with_group("derivatives", table)


_NAME = "run_with_derivatives"


def require_one_system(study: Study) -> Simulation:
    """Return the study's simulation; raise `InputError` unless it is one system on a line."""
    study.require_one_tumour()
    if study.table.tumour is None:
        msg = f"{study.name}: derivatives: there is no tumour; they need one on a line"
        raise InputError(msg)
    study.require_still("derivatives")
    simulation = study.simulation
    if not simulation.one_system:
        msg = (
            f"{study.name}: derivatives are to be had where body and tumour are stepped as one "
            "system: a slab, cylinder or ball, without kinetics in organs, matrix, density "
            "dependence or fixed steps, by the fast engine"
        )
        raise InputError(msg)
    if simulation.programme is not None or simulation.coupled.feed is not None:
        msg = f"{study.name}: derivatives: not to be had with events or courses that it states"
        raise InputError(msg)
    return simulation


def _record(simulation: Simulation, share: Sequence[Direction]) -> Record:
    record = replace(simulation.unchecked(), directions=tuple(share)).run()
    if record.outcome.status != "finished":
        msg = f"derivatives: {record.outcome}"
        raise RunStopped(msg)
    return record

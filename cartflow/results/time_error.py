"""How far a run is from one with steps as short as one likes, from a companion with longer ones."""

from __future__ import annotations

from dataclasses import replace

from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.flows.observables import organ_table
from cartflow.results.mesh_error.numbers import final_numbers, in_words, negligible

# Cells in an organ below this share of the dose are nothing to speak of.
_NOTHING = 1e-8
_ORGAN = "organ "
# An error of second order over what two steps of half the length mend of it.
_MORE = 4.0 / 3.0


def time_error(record: Record, simulation: Simulation) -> tuple[float, str] | None:
    """Return the largest relative error in time of the numbers at the end, and which it is.

    |companion - run| / (ratio - 1) of those of the summary, of resident cells and of the cells
    in every organ, or of these what the last step erred, if that is more; None without a
    companion run.
    """
    companion = record.companion
    if companion is None:
        return None
    coarser = replace(record, states=[*record.states[:-1], companion.state])
    fine, coarse = (numbers_with_error(each, simulation) for each in (record, coarser))
    errors = {
        name: abs(coarse[name] / value - 1.0) / (companion.ratio - 1.0)
        for name, value in fine.items()
        if name in coarse and name not in negligible(record, simulation)
    }
    for name, error in _of_last_step(record, simulation).items():
        errors[name] = max(errors.get(name, 0.0), error)
    if not errors:
        return None
    worst = max(errors, key=lambda name: errors[name])
    organ = worst.removeprefix(_ORGAN)
    return errors[worst], f"cells in {organ}" if organ != worst else in_words(worst, simulation)


def numbers_with_error(record: Record, simulation: Simulation) -> dict[str, float]:
    """Return the numbers at the end of which the error is told: the summary's, and every organ's.

    In cells, the depth in mm; organs that hold less than 1e-8 of the dose are left out.
    """
    return {**final_numbers(record, simulation), **_in_organs(record, simulation)}


def _in_organs(record: Record, simulation: Simulation) -> dict[str, float]:
    last = record.states[-1]
    least = _NOTHING * float(last.ledger.infused.sum())
    table = organ_table(simulation.coupled.network)
    organs = zip(table.organs, table.totals(last.body), strict=True)
    return {f"{_ORGAN}{name}": float(value) for name, value in organs if value > least}


def _of_last_step(record: Record, simulation: Simulation) -> dict[str, float]:
    """Return the relative errors of the last step alone, whose halves leave a quarter of them.

    Organs exchange with blood within minutes: there is an error of the last step in them that was
    not carried on from earlier ones, and that longer steps need not make larger.
    """
    assert record.companion is not None
    if record.companion.last is None:
        return {}
    ends = (replace(record, states=[*record.states[:-1], end]) for end in record.companion.last)
    steps, halves = (numbers_with_error(each, simulation) for each in ends)
    return {name: _MORE * abs(steps[name] / halves[name] - 1.0) for name in steps if name in halves}

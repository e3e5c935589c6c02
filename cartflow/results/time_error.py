"""How far a run is from one with steps as short as one likes, from a companion with longer ones."""

from __future__ import annotations

from dataclasses import replace

from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.flows.observables import organ_table
from cartflow.results.mesh_error.numbers import final_numbers, in_words

# Cells in an organ below this share of the dose are nothing to speak of.
_NOTHING = 1e-8
_ORGAN = "organ "


def time_error(record: Record, simulation: Simulation) -> tuple[float, str] | None:
    """Return the largest relative error in time of the numbers at the end, and which it is.

    |companion - run| / (ratio - 1) of those of the summary, of resident cells and of the cells
    in every organ; None without a companion run.
    """
    companion = record.companion
    if companion is None:
        return None
    coarser = replace(record, states=[*record.states[:-1], companion.state])
    fine, coarse = (numbers_with_error(each, simulation) for each in (record, coarser))
    errors = {
        name: abs(coarse[name] / value - 1.0) / (companion.ratio - 1.0)
        for name, value in fine.items()
        if name in coarse
    }
    if not errors:
        return None
    worst = max(errors, key=lambda name: errors[name])
    organ = worst.removeprefix(_ORGAN)
    return errors[worst], f"cells in {organ}" if organ != worst else in_words(worst, simulation)


def numbers_with_error(record: Record, simulation: Simulation) -> dict[str, float]:
    """Return the numbers at the end of which the error is told: the summary's, and every organ's.

    In cells, the depth in mm; organs that hold less than 1e-8 of the dose are left out.
    """
    last = record.states[-1]
    table = organ_table(simulation.coupled.network)
    least = _NOTHING * float(last.ledger.infused.sum())
    organs = zip(table.organs, table.totals(last.body), strict=True)
    counted = {f"{_ORGAN}{name}": float(value) for name, value in organs if value > least}
    return {**final_numbers(record, simulation), **counted}

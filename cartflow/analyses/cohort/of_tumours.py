"""What is kept of a member with several tumours: of the body, and of each tumour by its name."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.analyses.cohort.of_body import of_body
from cartflow.core.dataset import variable
from cartflow.coupling.record import Record
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.flows.observables import venous_concentration
from cartflow.results.counted import Counted, counts

Array = np.ndarray
_MM3_PER_ML = 1e3


def of_tumours(record: Record, run: TumoursSimulation, courses: bool) -> dict[str, xr.Variable]:
    """Return ``infused``, ``in_body``, ``cells`` (organ) and ``relative_residual`` of all.

    Of each tumour there are the outcomes of a run with one, as ``left_in_tumour``, and if wanted
    the courses, as ``course_left_in_tumour``, beside that of blood.
    """
    found = of_body(record, run.tumours)
    for name, part in run.parts.items():
        own = run.record_of(name, record)
        each = counts(own.states if courses else own.states[-1:], part)
        found |= {f"{name}_{key}": item for key, item in _ends(own, part, each[-1]).items()}
        if courses:
            inside = _over_time(part, each)
            found |= {f"course_{name}_{key}": item for key, item in inside.items()}
    if courses:
        venous = [venous_concentration(run.tumours.network, s.body).sum() for s in record.states]
        found["course_blood_concentration"] = variable(
            ("time",), venous, "cell/mm^3", "product cells in venous blood"
        )
    return found


def _ends(record: Record, part: Simulation, last: Counted) -> dict[str, xr.Variable]:
    """Return the numbers of one tumour at the end."""
    ledger, geometry = record.states[-1].ledger, part.coupled.engine.problem.geometry
    reached, infused = float(ledger.inflow.sum()), float(ledger.infused.sum())
    delivery = reached / infused / (geometry.volume / _MM3_PER_ML) if infused > 0 else np.nan
    text = "product cells that entered the tumour"
    found = {
        "reached_tumour": variable((), reached, "cell", text),
        "delivery": xr.Variable(
            (),
            delivery,
            {"units": "mL-1", "long_name": f"{text}, per infused cell and volume of tumour"},
        ),
        "depth": variable(
            (),
            last.depths[-1],
            "mm",
            f"depth below {geometry.depth_below} that holds 95 % of the product cells",
        ),
    }
    over_time = _over_time(part, [last])
    return found | {key: item[-1] for key, item in over_time.items()}


def _over_time(part: Simulation, counts: list[Counted]) -> dict[str, xr.Variable]:
    """Return product cells and the amounts of all species of one tumour over time."""
    inside = [float(each.products.sum()) for each in counts]
    found = {"in_tumour": variable(("time",), inside, "cell", "product cells in the tumour")}
    for i, species in enumerate(part.coupled.engine.problem.network.species):
        found[f"amount_{species.name}"] = variable(
            ("time",),
            [each.amounts[i] for each in counts],
            species.unit.partition("/mm^3")[0] or species.unit,
            f"{species.long_name or species.name} in the tumour",
        )
    return found

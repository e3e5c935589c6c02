"""What a study may run: body and tumour, a body and several tumours, or a body alone."""

from __future__ import annotations

from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.simulation import Simulation

Run = Simulation | TumoursSimulation | BodyAlone
System = Coupled | Tumours | BodyAlone


def system_of(run: Run) -> System:
    """Return what a run steps."""
    if isinstance(run, Simulation):
        return run.coupled
    return run.tumours if isinstance(run, TumoursSimulation) else run

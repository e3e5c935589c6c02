"""The coupled run of a tumour whose volume follows its cells."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.growing.run import Growing
from cartflow.coupling.simulation import Simulation

SCHEME = (
    "ROS34PW2 3(2), body and growing tumour as one system of equations, limited drift, mesh cells "
    "of constant shares of the volume"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class GrowingSimulation(Simulation):
    """A simulation whose tumour grows: its `coupled` is a `GrowingCoupled`."""

    coupled: GrowingCoupled

    @property
    def one_system(self) -> bool:
        """Always: the volume, the tumour and the body are stepped together."""
        return True

    def _begun(self) -> Growing:
        return Growing(*self.beginning(), self.programme)


def growing_simulation(simulation: Simulation, coupled: GrowingCoupled) -> GrowingSimulation:
    """Return a simulation with a `coupled` system whose tumour grows."""
    own = {f.name: getattr(simulation, f.name) for f in fields(Simulation) if f.init}
    return GrowingSimulation(**{**own, "coupled": coupled})

"""How one species that blood carries is distributed in a body: compartments, and rates between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.rates import checked_rates

Array = NDArray[np.float64]

# The compartment that gathers what has left the body for good.
ELIMINATED = "eliminated"
# The only compartment of a species that is everywhere alike.
POOL = "whole_body"


@dataclass(frozen=True, kw_only=True)
class Saturation:
    """A place that fills up: what is `bound` there keeps as much from being bound.

    `rate` (1/amount/day) is that of binding to one unit of the place.
    """

    free: str
    bound: str
    rate: float


@dataclass(frozen=True, kw_only=True)
class Returning:
    """How a tumour's tissue exchanges with its vessels `vessels` and its node `node`.

    `entered` gathers what has left the vessels for the tissue. Out of 1 mm3 of tissue and per
    unit of concentration there, `to_vessels` and `to_node` (1/day) go back; of the amount in the
    vessels `leaving` (1/day) enters the tissue.
    """

    vessels: str
    node: str
    entered: str
    leaving: float
    to_vessels: float
    to_node: float

    @property
    def clearance(self) -> float:
        """What all goes back, 1/day."""
        return self.to_vessels + self.to_node


@dataclass(frozen=True, kw_only=True, eq=False)
class Circulation:
    """One `species` in its own compartments, ``dx/dt = rates @ x``, with rates (n, n) in 1/day.

    Amounts are in ng or cells (`unit`). Columns sum to zero: what leaves for good is gathered in
    ``eliminated``. Binding to places that fill up is linear but for its `saturations`. Doses enter
    in `entry`, concentrations in blood are those in `blood`. Volumes (mm3) turn amounts into the
    concentrations that kinetics see. With a `pool` there is one compartment, which is everywhere.
    Raises `InputError` on rates that lose anything.
    """

    species: str
    unit: str = "ng"
    kind: str
    compartments: tuple[Compartment, ...]
    rates: Array
    saturations: tuple[Saturation, ...] = ()
    entry: str = "venous"
    blood: str = "venous"
    tumour: Returning | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    initial: float = 0.0

    def __post_init__(self) -> None:
        """Check shape, signs and sums, and freeze the rates."""
        rates = checked_rates(self.rates, self.names, f"circulating.{self.species}")
        object.__setattr__(self, "rates", rates)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The compartments' names, in the order of the rates."""
        return tuple(compartment.name for compartment in self.compartments)

    @property
    def pool(self) -> bool:
        """Whether it is everywhere alike."""
        return POOL in self.names

    def index(self, name: str) -> int:
        """Return the place of a compartment; raise `InputError` if there is none of that name."""
        require_known(name, self.names, f"circulating.{self.species}: compartment")
        return self.names.index(name)

    def at(self, compartment: str) -> int:
        """Return the place of what kinetics in a `compartment` of the organs meet."""
        return 0 if self.pool else self.index(compartment)

    @cached_property
    def volumes(self) -> Array:
        """The volumes (n,) of the compartments, mm3; what gathers has none (0)."""
        return np.array([compartment.volume for compartment in self.compartments])

    @cached_property
    def gathering(self) -> tuple[int, ...]:
        """The places that gather what has left: for good, and for a tumour's tissue."""
        entered = () if self.tumour is None else (self.index(self.tumour.entered),)
        return (self.index(ELIMINATED), *entered)

    def exchanging(self, clearance: float, tissue: float) -> Circulation:
        """Return the same with a `clearance` (mm3/day) from vessels to a tissue (mm3) and back.

        It stands in place of what the vessels of the tumour gave before.
        """
        way = self.tumour
        assert way is not None
        source, target = self.index(way.vessels), self.index(way.entered)
        rates, leaving = self.rates.copy(), clearance / self.volumes[source]
        rates[source, source] += rates[target, source] - leaving
        rates[target, source] = leaving
        new = replace(way, leaving=leaving, to_vessels=clearance / tissue, to_node=0.0)
        return replace(self, rates=rates, tumour=new)

    @property
    def start(self) -> Array:
        """The amounts (n,) at the start: `initial`, a concentration, in all blood and tissue."""
        return self.initial * self.volumes * self._outside

    @cached_property
    def _outside(self) -> Array:
        """Which compartments hold fluid that exchanges: not what cells have taken up."""
        return np.array([float(c.space in ("vascular", "tissue")) for c in self.compartments])

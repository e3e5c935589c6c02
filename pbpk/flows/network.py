"""The organ network: compartments and the rates at which cells pass between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.remembered import Same
from cartflow.pbpk.body import Body
from cartflow.pbpk.flows.assemble import body_arcs, egress_rate, handed_by
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.rates import checked_rates
from cartflow.pbpk.flows.routes import entries
from cartflow.pbpk.flows.streams import Stream, counted_share
from cartflow.pbpk.record import Used, used_parameters
from cartflow.pbpk.scaling import ScalingRule, scaling_rule
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import ONE, RETENTION, TumourVessels

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TumourPlaces:
    """Compartments of one tumour of several: vessels, what they hand over, and its node.

    `egress_rate` (1/day) is its lymph flow / (interstitial volume x retention), unless given.
    """

    vessels: str
    handed_over: str
    node: str
    egress_rate: float


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganNetwork:
    """Cells in compartments, `dx/dt = rates @ x`, with rates (n, n) in 1/day.

    Columns sum to zero: what leaves the body is gathered in ``lost``, and what a tumour's
    vessels give to tissue outside the network in ``handed_over``. `egress_rate` (1/day) is the
    tumour's lymph flow / (interstitial volume x retention), nought without a tumour; of several
    `tumours` each has its own places. `scaling` is the rule used, `parameters` everything used,
    `routes` the share of a dose that each compartment gets, by route. Vessels have the volume
    that carries cells, `counted_share` of that in which the model counts them, whole blood or
    its own pool (`counted_in`). Raises `InputError` on rates that lose cells.
    """

    compartments: tuple[Compartment, ...]
    rates: Array
    egress_rate: float = 0.0
    tumours: Mapping[str, TumourPlaces] = field(default_factory=dict)
    counted_share: float = 1.0
    counted_in: str = "whole_blood"
    scaling: str = ""
    parameters: Mapping[str, Parameter]
    routes: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: {"intravenous": {"venous": 1.0}}
    )

    def __post_init__(self) -> None:
        """Check shape, names, signs and column sums, and freeze the rates."""
        rates = checked_rates(self.rates, self.names, "network")
        object.__setattr__(self, "rates", rates)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The compartments' names, in the order of the rates."""
        return tuple(compartment.name for compartment in self.compartments)

    def index(self, name: str) -> int:
        """Return the place of a compartment; raise `InputError` if there is none of that name."""
        require_known(name, self.names, "compartment")
        return self.names.index(name)

    @cached_property
    def handed(self) -> tuple[int, ...]:
        """The places that gather what a tumour's vessels hand over, or those of each of several."""
        if not self.tumours:
            return (self.index("handed_over"),)
        return tuple(self.index(places.handed_over) for places in self.tumours.values())

    @cached_property
    def draining(self) -> int:
        """The place of the node that drains the tumour; without any, what leaves is lost."""
        nodes = (name for name in ("draining_node", "lymph") if name in self.names)
        return self.index(next(nodes, "lost"))

    def entry(self, route: str) -> Array:
        """Return the share of a dose (n,) that each compartment gets by `route`; they sum to one.

        Raises `InputError` if this body has no such route.
        """
        require_known(route, self.routes, "dose: route in this body")
        shares = np.zeros(len(self.names))
        for name, share in self.routes[route].items():
            shares[self.index(name)] = share
        return shares

    def volumes(self) -> Array:
        """Return the compartments' volumes (n,) in mm3; those that gather cells have none (0)."""
        return np.array([compartment.volume for compartment in self.compartments])


def organ_network(
    body: Body,
    trafficking: Trafficking,
    *,
    scaling: str | ScalingRule = "capture_per_pass",
    tumour: TumourVessels | None = None,
    lumped: bool = False,
    cavities: Sequence[str] = (),
    tumours: Mapping[str, TumourVessels] | None = None,
) -> OrganNetwork:
    """Return the network of `body` with the ways and rates of `trafficking`.

    `cavities` (pleura, csf) are there beside those that the trafficking model uses.

    A `tumour` takes its flow from its host, as each of several `tumours` does. Their tissues are
    compartments of the network if `lumped`; otherwise the cells that leave their vessels go to
    ``handed_over``.
    Raises `InputError` on an unknown rule, or on a tumour that its host cannot feed.
    """
    rule = scaling_rule(scaling)
    several = {f"{ONE}_{name}": each for name, each in (tumours or {}).items()}
    found = several if tumour is None else {ONE: tumour, **several}
    if lumped and not found:
        msg = "network: lumped needs a tumour"
        raise InputError(msg)
    ways = _ways(
        Same(body),
        Same(trafficking),
        rule,
        _without_retention(found, lumped),
        tuple(cavities),
        lumped,
    )
    egress = {name: egress_rate(ways.streams[name], each) for name, each in found.items()}
    # A body may have cavities that this network does without.
    places = {compartment.name for compartment in ways.compartments}
    used = {n: c for n, c in body.cavities.items() if f"{n}_cavity" in places}
    holding = body if len(used) == len(body.cavities) else replace(body, cavities=used)
    return OrganNetwork(
        compartments=ways.compartments,
        rates=ways.rates,
        egress_rate=egress.get(ONE, 0.0),
        tumours={
            name: TumourPlaces(
                vessels=f"{ONE}_{name}_vascular",
                handed_over=handed_by(f"{ONE}_{name}"),
                node=ways.nodes.get(f"{ONE}_{name}", "lymph"),
                egress_rate=egress[f"{ONE}_{name}"],
            )
            for name in tumours or {}
        },
        counted_share=counted_share(body, trafficking),
        counted_in=trafficking.blood.counted_in,
        scaling=rule.name,
        parameters=Used(partial(used_parameters, holding, trafficking, rule, found)),
        routes=ways.routes,
    )


class _Ways(NamedTuple):
    """What the arcs of a body come to; the streams are those of its tumours."""

    compartments: tuple[Compartment, ...]
    rates: Array
    streams: Mapping[str, Stream]
    nodes: Mapping[str, str]
    routes: Mapping[str, Mapping[str, float]]


_Tumours = tuple[tuple[str, TumourVessels], ...]


def _without_retention(tumours: Mapping[str, TumourVessels], lumped: bool) -> _Tumours:
    """Return the tumours by name, alike where they differ in a retention that no arc hangs on."""
    if lumped:
        return tuple(tumours.items())
    return tuple((name, replace(each, retention=RETENTION)) for name, each in tumours.items())


@lru_cache(maxsize=16)
def _ways(
    body: Same,
    trafficking: Same,
    rule: ScalingRule,
    tumours: _Tumours,
    cavities: tuple[str, ...],
    lumped: bool,
) -> _Ways:
    arcs = body_arcs(body.value, trafficking.value, rule, dict(tumours), lumped, cavities)
    return _Ways(
        compartments=tuple(arcs.compartments.values()),
        rates=arcs.rates(),
        streams={stream.organ: stream for stream in arcs.found if stream.organ in arcs.tumours},
        nodes=arcs.nodes,
        routes=entries(arcs),
    )

"""How a tumour exchanges a solute with its vessels, and what comes back of it."""

from __future__ import annotations

from cartflow.pbpk.circulation.circulation import Returning
from cartflow.pbpk.circulation.solutes import TumourWall
from cartflow.pbpk.circulation.ways import ENTERED, Ways
from cartflow.pbpk.flows.streams import Stream
from cartflow.pbpk.tumour import ONE, TumourVessels

Exchange = tuple[float, float, float]  # out of vessels, back to them, to the node; mm3/day


def tumour_exchange(
    ways: Ways,
    stream: Stream,
    tumour: TumourVessels | None,
    wall: TumourWall | None,
    exchange: Exchange,
) -> Returning:
    """Return how a tumour exchanges, by its wall or as `exchange` says; add what leaves vessels."""
    assert tumour is not None
    out, back, drained = exchange
    if wall is not None and wall.permeability is not None and wall.surface is not None:
        through = wall.permeability.value * wall.surface.value * tumour.volume
        out, back = out - back + through, through
    vessels = f"{ONE}_vascular"
    ways.flow(vessels, ENTERED, out)
    return Returning(
        vessels=vessels,
        node="lymph" if "lymph" in ways.compartments else vessels,
        entered=ENTERED,
        leaving=out / stream.vascular_volume,
        to_vessels=back / tumour.volume,
        to_node=drained / tumour.volume,
    )

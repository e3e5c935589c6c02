"""From a body and a solute to the solute's circulation in it."""

from __future__ import annotations

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.pbpk.body import Body
from cartflow.pbpk.circulation.circulation import (
    ELIMINATED,
    POOL,
    Circulation,
    Returning,
    Saturation,
)
from cartflow.pbpk.circulation.solutes import Antibody, Protein, SmallMolecule, TumourWall
from cartflow.pbpk.circulation.two_pore import passing, radius, sieved
from cartflow.pbpk.circulation.ways import ENTERED, Ways, plasma_streams, plasma_ways
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.streams import Stream
from cartflow.pbpk.tumour import ONE, TumourVessels

Exchange = tuple[float, float, float]  # out of vessels, back to them, to the node; mm3/day


def antibody_circulation(
    species: str,
    body: Body,
    solute: Antibody,
    tumour: TumourVessels | None = None,
    wall: TumourWall | None = None,
    exchanged: bool = True,
) -> Circulation:
    """Return how an antibody circulates in a body: the equations of Shah and Betts 2012.

    Free antibody in the endosomes of organ i: V_E dF/dt = CL (C_V + C_IS) - k_on F (R - B) V_E
    + k_off B V_E - k_deg F V_E, bound B likewise, and CL f B to the vessels, CL (1 - f) B to the
    interstitium; vessels to interstitium (1 - s_V) L C_V, to the nodes (1 - s_IS) L C_IS.
    """
    ways, saturations = plasma_ways(body, tumour), []
    on = solute.of_species(solute.on_rates, "on_rates", body.species).value
    on /= solute.molar_mass.value  # per ng/mm3
    off = solute.of_species(solute.off_rates, "off_rates", body.species).value
    receptor = solute.receptor.value * solute.molar_mass.value
    uptake, share = solute.uptake.value, solute.recycled_share.value
    for stream in ways.of_body():
        vessels, tissue, lymph = _names(stream)
        ways.flow(vessels, tissue, (1 - solute.reflection(stream.organ)) * stream.lymph_flow)
        ways.flow(tissue, lymph, (1 - solute.lymphatic_reflection.value) * stream.lymph_flow)
        volume = body.organs[stream.organ].volume.value * solute.endosomal_fraction.value
        free, bound = f"{stream.organ}_endosome_free", f"{stream.organ}_endosome_bound"
        for place in (free, bound):
            ways.place(place, stream.organ, "endosome", volume)
        for source in (vessels, tissue):
            ways.flow(source, free, uptake * volume)
        ways.rate(free, ELIMINATED, solute.degradation_rate.value)
        ways.rate(free, bound, on * receptor)
        ways.rate(bound, free, off)
        ways.rate(bound, vessels, share * uptake)
        ways.rate(bound, tissue, (1 - share) * uptake)
        saturations.append(Saturation(free=free, bound=bound, rate=on / volume))
    ways.flow("lymph", "venous", solute.node_flow.value * _lung_flow(ways))
    returning = None
    if exchanged and (inside := ways.tumour()) is not None:
        drawn = (1 - solute.reflection(ONE)) * inside.lymph_flow
        drained = (1 - solute.lymphatic_reflection.value) * inside.lymph_flow
        returning = _returning(ways, inside, tumour, wall, (drawn, 0.0, drained))
    return Circulation(
        species=species,
        kind="antibody",
        compartments=tuple(ways.compartments.values()),
        rates=ways.rates(),
        saturations=tuple(saturations),
        tumour=returning,
        parameters=solute.quantities(),
    )


def protein_circulation(
    species: str,
    body: Body,
    solute: Protein,
    tumour: TumourVessels | None = None,
    wall: TumourWall | None = None,
    exchanged: bool = True,
) -> Circulation:
    """Return how a protein circulates: through two kinds of pores, lost by the kidneys.

    Vessels to interstitium L (c + d) C_V - L d C_IS (see `passing`), to the nodes
    (1 - s_IS) L C_IS; kidneys F Q theta (1 - r) C_V, plasma k C V.
    """
    ways, passes = plasma_ways(body, tumour), passing(solute)
    drained = 1 - solute.lymphatic_reflection.value
    for stream in ways.of_body():
        vessels, tissue, lymph = _names(stream)
        flow = stream.lymph_flow
        ways.flow(vessels, tissue, (passes.convected + passes.diffused) * flow)
        ways.flow(tissue, vessels, passes.diffused * flow)
        ways.flow(tissue, lymph, drained * flow)
    ways.flow("lymph", "venous", ways.lymph_flow())
    kidney = next((s for s in ways.found if s.organ == "kidney"), None)
    if kidney is not None:
        lost = solute.filtration_share.value * (1 - solute.reabsorbed_share.value)
        lost *= sieved(radius(solute.molar_mass.value))
        ways.flow("kidney_vascular", ELIMINATED, lost * kidney.inflow)
    for name, place in list(ways.compartments.items()):
        if place.space == "vascular":
            ways.rate(name, ELIMINATED, solute.elimination_rate.value)
    returning = None
    if exchanged and (inside := ways.tumour()) is not None:
        out = (passes.convected + passes.diffused) * inside.lymph_flow
        back = passes.diffused * inside.lymph_flow
        exchange = (out, back, drained * inside.lymph_flow)
        returning = _returning(ways, inside, tumour, wall, exchange)
    return Circulation(
        species=species,
        kind="protein",
        compartments=tuple(ways.compartments.values()),
        rates=ways.rates(),
        tumour=returning,
        parameters=solute.quantities(),
    )


def molecule_circulation(
    species: str,
    body: Body,
    solute: SmallMolecule,
    tumour: TumourVessels | None = None,
    wall: TumourWall | None = None,
    exchanged: bool = True,
) -> Circulation:
    """Return how a small molecule circulates: organs well mixed, V dC/dt = Q (C_in - C/K).

    Volumes are K V, so that a concentration is that in the blood that leaves. There is no lymph.
    """
    ways = Ways(body=body, found=plasma_streams(body, tumour, "blood"))
    ways.place("venous", "blood", "vascular", body.venous_volume.value)
    ways.place("arterial", "blood", "vascular", body.arterial_volume.value)
    for stream in ways.found:
        if stream.organ == ONE:
            ways.place(f"{ONE}_vascular", ONE, "vascular", stream.vascular_volume)
            continue
        ratio = solute.partition.get(stream.organ, solute.partition["others"]).value
        volume = body.organs[stream.organ].volume.value * ratio
        ways.place(f"{stream.organ}_tissue", stream.organ, "tissue", volume)
    ways.place(ELIMINATED, "", "", 0.0)
    if tumour is not None:
        ways.place(ENTERED, "", "", 0.0)
    for stream in ways.found:
        _well_mixed(ways, stream)
    for organ, clearance in (
        ("liver", solute.hepatic_clearance),
        ("kidney", solute.renal_clearance),
    ):
        if clearance.value > 0:
            if f"{organ}_tissue" not in ways.compartments:
                msg = f"circulating.{species}: body '{body.name}' does not tell the {organ} apart"
                raise InputError(msg)
            ways.flow(f"{organ}_tissue", ELIMINATED, clearance.value)
    for name in ("venous", "arterial"):
        ways.rate(name, ELIMINATED, solute.elimination_rate.value)
    returning = None
    if exchanged and (inside := ways.tumour()) is not None:
        returning = _returning(ways, inside, tumour, wall, (0.0, 0.0, 0.0))
    return Circulation(
        species=species,
        kind="small_molecule",
        compartments=tuple(ways.compartments.values()),
        rates=ways.rates(),
        tumour=returning,
        parameters=solute.quantities(),
    )


def pool_circulation(species: str, volume: float, elimination_rate: float = 0.0) -> Circulation:
    """Return how what is everywhere alike circulates: one compartment of `volume` mm3.

    It is lost at `elimination_rate` (1/day) beside what kinetics use.
    """
    places = (
        Compartment(name=POOL, organ=POOL, space="vascular", volume=volume),
        Compartment(name=ELIMINATED),
    )
    return Circulation(
        species=species,
        kind="everywhere",
        compartments=places,
        rates=np.array([[-elimination_rate, 0.0], [elimination_rate, 0.0]]),
        entry=POOL,
        blood=POOL,
    )


def cell_circulation(species: str, organs: OrganNetwork) -> Circulation:
    """Return how other cells than the product travel: as that does, by the same organ network."""
    names = [ELIMINATED if c.name == "lost" else c.name for c in organs.compartments]
    kept = [n for n, c in enumerate(organs.compartments) if not c.name.startswith("handed_over")]
    places = tuple(
        Compartment(name=names[n], organ=c.organ, space=c.space, volume=c.volume)
        for n, c in enumerate(organs.compartments)
        if n in kept
    )
    return Circulation(
        species=species,
        unit="cell",
        kind="cells",
        compartments=places,
        rates=organs.rates[kept][:, kept],
    )


def _names(stream: Stream) -> tuple[str, str, str]:
    """Return the vessels, the tissue, and where its lymph goes."""
    return f"{stream.organ}_vascular", f"{stream.organ}_tissue", "lymph"


def _lung_flow(ways: Ways) -> float:
    return next(stream.inflow for stream in ways.found if stream.organ == "lung")


def _well_mixed(ways: Ways, stream: Stream) -> None:
    """Add what flows through an organ of which blood leaves as it stands there."""

    def place(name: str) -> str:
        own = name.replace("_vascular", "_tissue")
        return own if own in ways.compartments else name

    name = place(f"{stream.organ}_vascular")
    drained = [s for s in ways.found if s.target == f"{stream.organ}_vascular"]
    portal = sum(s.blood_flow - s.to_tumour for s in drained)
    flow = stream.blood_flow + stream.portal_flow + portal
    ways.flow(stream.source, name, stream.blood_flow)
    for tumour, part in stream.to_tumours.items():
        ways.flow(name, f"{tumour}_vascular", part)
    ways.flow(name, place(stream.target), flow - stream.to_tumour)


def _returning(
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

"""From a body and a protein, or an antibody, to how it circulates: by plasma and lymph."""

from __future__ import annotations

from cartflow.pbpk.body import Body
from cartflow.pbpk.circulation.circulation import ELIMINATED, Circulation, Saturation
from cartflow.pbpk.circulation.returning import tumour_exchange
from cartflow.pbpk.circulation.solutes import Antibody, Protein, TumourWall
from cartflow.pbpk.circulation.two_pore import passing, radius, sieved
from cartflow.pbpk.circulation.ways import Ways, plasma_ways
from cartflow.pbpk.flows.streams import Stream
from cartflow.pbpk.tumour import ONE, TumourVessels


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
        returning = tumour_exchange(ways, inside, tumour, wall, (drawn, 0.0, drained))
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
        returning = tumour_exchange(ways, inside, tumour, wall, exchange)
    return Circulation(
        species=species,
        kind="protein",
        compartments=tuple(ways.compartments.values()),
        rates=ways.rates(),
        tumour=returning,
        parameters=solute.quantities(),
    )


def _names(stream: Stream) -> tuple[str, str, str]:
    """Return the vessels, the tissue, and where its lymph goes."""
    return f"{stream.organ}_vascular", f"{stream.organ}_tissue", "lymph"


def _lung_flow(ways: Ways) -> float:
    return next(stream.inflow for stream in ways.found if stream.organ == "lung")

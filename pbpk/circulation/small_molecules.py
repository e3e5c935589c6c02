"""From a body and a small molecule to how it circulates: by blood, organs well mixed."""

from __future__ import annotations

from cartflow.core.outcome import InputError
from cartflow.pbpk.body import Body
from cartflow.pbpk.circulation.circulation import ELIMINATED, Circulation
from cartflow.pbpk.circulation.returning import tumour_exchange
from cartflow.pbpk.circulation.solutes import SmallMolecule, TumourWall
from cartflow.pbpk.circulation.ways import ENTERED, Ways, plasma_streams
from cartflow.pbpk.flows.streams import Stream
from cartflow.pbpk.tumour import ONE, TumourVessels


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
        returning = tumour_exchange(ways, inside, tumour, wall, (0.0, 0.0, 0.0))
    return Circulation(
        species=species,
        kind="small_molecule",
        compartments=tuple(ways.compartments.values()),
        rates=ways.rates(),
        tumour=returning,
        parameters=solute.quantities(),
    )


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

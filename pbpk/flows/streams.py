"""The blood's ways: one stream per organ and tumour, so that what flows in also flows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cartflow.core.outcome import InputError, require_known
from cartflow.pbpk.body import Body
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import ONE, TumourVessels, key_of

_ML_PER_HOUR = 24_000.0  # mm3/day


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Blood through one set of vessels, flows in mm3/day and volumes in mm3.

    `blood_flow` and `lymph_flow` enter from `source`; what is not lymph goes on to `target`, and
    the lymph to the nodes, or with the blood if `lymph_returns`. Lymph empties the
    `extravascular_volume`; densities are counted in the `interstitial_volume`. A tumour in the
    liver also gets `portal_flow`, which is what the organs that drain to the liver give
    `to_tumours`, by the tumour's stream.
    """

    organ: str
    source: str
    target: str
    blood_flow: float
    lymph_flow: float
    vascular_volume: float
    interstitial_volume: float
    extravascular_volume: float
    lymph_returns: bool = False
    portal_flow: float = 0.0
    to_tumours: Mapping[str, float] = field(default_factory=dict)

    @property
    def to_tumour(self) -> float:
        """Blood that goes to tumours instead of the liver, mm3/day."""
        return sum(self.to_tumours.values())

    @property
    def nodal_flow(self) -> float:
        """Lymph that reaches the nodes, mm3/day."""
        return 0.0 if self.lymph_returns else self.lymph_flow

    @property
    def inflow(self) -> float:
        """Blood that enters from `source`, mm3/day; the lung also takes the lymph it gives."""
        return self.blood_flow + (self.nodal_flow if self.source == "venous" else 0.0)

    @property
    def passed_on(self) -> float:
        """Fluid that reaches `target`, mm3/day, without blood from organs that drain through it."""
        return self.inflow + self.portal_flow - self.nodal_flow - self.to_tumour


def streams(
    body: Body,
    trafficking: Trafficking,
    tumours: TumourVessels | Mapping[str, TumourVessels] | None,
) -> list[Stream]:
    """Return the streams of all organs, and last those of the tumours, by their names.

    Flows and vessels are those of the carrier (blood or plasma). A tumour's flow is taken out
    of its hosts', in proportion. Raises `InputError` if a host has less than the tumour needs.
    """
    if tumours is None or isinstance(tumours, TumourVessels):
        tumours = {} if tumours is None else {ONE: tumours}
    carried = carrier_share(body, trafficking)
    found = {name: _organ_stream(body, trafficking, name, carried) for name in body.organ_names()}
    inside = []
    for name, tumour in tumours.items():
        key = key_of(name)
        for organ in tumour.host:
            require_known(organ, found, f"{key}: host, an organ of body '{body.name}'")
        hosts = [found[organ] for organ in tumour.host]
        own = _tumour_stream(body, trafficking, name, tumour, hosts, carried)
        found |= {host.organ: host for host in _without(hosts, own, trafficking.carrier)}
        found = {each.organ: each for each in _diverted(list(found.values()), own)}
        inside.append(own)
    return [*found.values(), *inside]


def carrier_share(body: Body, trafficking: Trafficking) -> float:
    """Return the share of blood flows and volumes that carries cells: 1, or that of plasma."""
    return 1.0 if trafficking.carrier == "blood" else 1 - body.haematocrit.value


def counted_share(body: Body, trafficking: Trafficking) -> float:
    """Return the volume of the model's vessels over that in which it counts cells of the blood."""
    own = trafficking.blood.counted_in == "pool"
    return 1.0 if own else carrier_share(body, trafficking)


def lymph_factor(trafficking: Trafficking, organ: str) -> float:
    """Return what the body's lymph flow of an organ is multiplied with."""
    factors = (trafficking.organ(organ).lymph_flow_factor, trafficking.lymph_flow_factor)
    return next((factor.value for factor in factors if factor is not None), 1.0)


def _organ_stream(body: Body, trafficking: Trafficking, name: str, carried: float) -> Stream:
    organ, ways = body.organs[name], trafficking.organ(name)
    lung = name == "lung"
    # The lung takes what the organs take together: the body closes to 0.1 %, the network exactly.
    flow = body.systemic_flow() if lung else organ.blood_flow.value
    return Stream(
        organ=name,
        source="venous" if lung else "arterial",
        target="arterial" if lung else _after(ways.blood_to),
        blood_flow=flow * carried,
        lymph_flow=organ.lymph_flow.value * lymph_factor(trafficking, name),
        vascular_volume=organ.vascular_volume.value * carried,
        interstitial_volume=organ.interstitial_volume.value,
        extravascular_volume=trafficking.extravascular(organ),
        lymph_returns=ways.tissue_to == "blood",
    )


def _after(blood_to: str) -> str:
    return "liver_vascular" if blood_to == "liver" else blood_to


def _tumour_stream(
    body: Body,
    trafficking: Trafficking,
    name: str,
    tumour: TumourVessels,
    hosts: Sequence[Stream],
    carried: float,
) -> Stream:
    ends = {(host.source, host.target) for host in hosts}
    if len(ends) > 1:
        msg = (
            f"{key_of(name)}: hosts {', '.join(tumour.host)} do not share where their blood comes "
            "and goes"
        )
        raise InputError(msg)
    factor = trafficking.lymph_flow_factor
    source, target = ends.pop()
    flow = tumour.blood_flow(body.haematocrit.value) * carried
    portal = 0.0 if tumour.portal_share is None else flow * tumour.portal_share.value
    return Stream(
        organ=name,
        source=source,
        target=target,
        blood_flow=flow - portal,
        portal_flow=portal,
        lymph_flow=tumour.lymph_flow() * (1.0 if factor is None else factor.value),
        vascular_volume=tumour.vascular_volume() * carried,
        interstitial_volume=tumour.interstitial_volume(),
        extravascular_volume=tumour.interstitial_volume(),
    )


def _diverted(organs: list[Stream], tumour: Stream) -> list[Stream]:
    """Return the organs' streams with the tumour's portal blood taken from those that give it."""
    if tumour.portal_flow == 0:
        return organs
    portal = sum(organ.passed_on for organ in organs if organ.target == "liver_vascular")
    if tumour.portal_flow > portal:
        msg = (
            f"{key_of(tumour.organ)}: it needs "
            f"{tumour.portal_flow / _ML_PER_HOUR:.4g} mL/h of portal blood, but "
            f"the portal vein has only {portal / _ML_PER_HOUR:.4g} mL/h; a smaller volume, "
            f"plasma_flow or portal_share is needed"
        )
        raise InputError(msg)
    share = tumour.portal_flow / portal
    return [
        replace(o, to_tumours={**o.to_tumours, tumour.organ: o.passed_on * share})
        if o.target == "liver_vascular"
        else o
        for o in organs
    ]


def _without(hosts: Sequence[Stream], tumour: Stream, carrier: str) -> list[Stream]:
    blood, lymph = sum(h.blood_flow for h in hosts), sum(h.lymph_flow for h in hosts)
    for what, needed, had in (
        (carrier, tumour.blood_flow, blood),
        ("lymph", tumour.lymph_flow, lymph),
    ):
        if needed >= had:
            names = ", ".join(host.organ for host in hosts)
            msg = (
                f"{key_of(tumour.organ)}: it needs {needed / _ML_PER_HOUR:.4g} mL/h of "
                f"{what}, but its host "
                f"({names}) has only {had / _ML_PER_HOUR:.4g} mL/h; a smaller volume or "
                f"plasma_flow is needed"
            )
            raise InputError(msg)
    return [
        replace(
            host,
            blood_flow=host.blood_flow * (1 - tumour.blood_flow / blood),
            lymph_flow=host.lymph_flow * (1 - tumour.lymph_flow / lymph),
        )
        for host in hosts
    ]

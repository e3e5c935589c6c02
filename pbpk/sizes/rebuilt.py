"""A body with other volumes and flows, closed again: output is what the organs take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body, Cavity, Organ
from cartflow.pbpk.checks import require_weight

# Tissue that is not as heavy as water, in g/mL: separable fat (brown1997), whole skeleton (icrp89).
DENSITIES = {"adipose": 0.92, "bone": 1.3, "bone_marrow": 1.3}


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What a body's numbers are multiplied by: `tissue`, `vessels` and `flow` by organ, and pools.

    An organ that is not named takes `others`. `pools` are the blood outside the organs, `nodes`
    the lymph nodes; `cavities` have their own, the rest of them `others`.
    """

    tissue: Mapping[str, float] = field(default_factory=dict)
    vessels: Mapping[str, float] = field(default_factory=dict)
    flow: Mapping[str, float] = field(default_factory=dict)
    cavities: Mapping[str, float] = field(default_factory=dict)
    others: float = 1.0
    other_vessels: float = 1.0
    other_flow: float = 1.0
    pools: float = 1.0
    nodes: float = 1.0


def tissue_volume(organ: Organ) -> float:
    """Return the volume of an organ without the blood in it, in mm3."""
    return organ.volume.value - organ.vascular_volume.value


def tissue_mass(name: str, organ: Organ) -> float:
    """Return the mass of an organ without its blood, in ng."""
    return tissue_volume(organ) * 1e6 * DENSITIES.get(name, 1.0)


def rebuilt(body: Body, factors: Factors, weight: Parameter, note: str) -> Body:
    """Return `body` with its numbers times `factors`, at `weight`; `note` says whence they are.

    Interstitium goes with the tissue, lymph with the blood flow. Cardiac output and blood volume
    are what the parts add up to, with the gap (below 0.1 %) of `body`. Raises `InputError` if the
    volumes do not fit the weight.
    """
    organs = {name: _organ(name, organ, factors, note) for name, organ in body.organs.items()}
    veins, arteries = (
        _times(pool, factors.pools, note) for pool in (body.venous_volume, body.arterial_volume)
    )
    flow = _ratio(body.organs, organs, "blood_flow", without="lung")
    lung = organs["lung"]
    lung = replace(
        lung,
        blood_flow=_times(body.organs["lung"].blood_flow, flow, note),
        lymph_flow=_times(body.organs["lung"].lymph_flow, flow, note),
    )
    held = _blood(body.organs, body.venous_volume, body.arterial_volume)
    now = _blood(organs, veins, arteries)
    found = replace(
        body,
        body_weight=weight,
        organs={**organs, "lung": lung},
        cardiac_output=_times(body.cardiac_output, flow, note),
        blood_volume=_times(body.blood_volume, now / held, note),
        lymph_node_volume=_times(body.lymph_node_volume, factors.nodes, note),
        cavities={name: _cavity(name, each, factors, note) for name, each in body.cavities.items()},
        venous_volume=veins,
        arterial_volume=arteries,
    )
    require_weight(found.volume(), weight.value)
    return found


def _organ(name: str, organ: Organ, factors: Factors, note: str) -> Organ:
    tissue = factors.tissue.get(name, factors.others)
    vessels = factors.vessels.get(name, factors.other_vessels)
    flow = factors.flow.get(name, factors.other_flow)
    volume = tissue * tissue_volume(organ) + vessels * organ.vascular_volume.value
    return Organ(
        volume=_times(organ.volume, volume / organ.volume.value, note),
        vascular_volume=_times(organ.vascular_volume, vessels, note),
        interstitial_volume=_times(organ.interstitial_volume, tissue, note),
        blood_flow=_times(organ.blood_flow, flow, note),
        lymph_flow=_times(organ.lymph_flow, flow, note),
    )


def _cavity(name: str, cavity: Cavity, factors: Factors, note: str) -> Cavity:
    by = factors.cavities.get(name, factors.others)
    return Cavity(
        volume=_times(cavity.volume, by, note), lymph_flow=_times(cavity.lymph_flow, by, note)
    )


def _ratio(
    before: Mapping[str, Organ], after: Mapping[str, Organ], what: str, *, without: str
) -> float:
    old, new = (
        sum(getattr(organ, what).value for name, organ in organs.items() if name != without)
        for organs in (before, after)
    )
    return float(new / old)


def _blood(organs: Mapping[str, Organ], *pools: Parameter) -> float:
    vessels = sum(organ.vascular_volume.value for organ in organs.values())
    return vessels + sum(pool.value for pool in pools)


def _times(number: Parameter, by: float, note: str) -> Parameter:
    return number if by == 1.0 else number.times(by, number.unit, f"x {by:.4g}: {note}")

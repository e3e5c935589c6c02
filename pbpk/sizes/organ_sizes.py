"""Bodies of one weight whose organs and flows differ, and close as they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cartflow.core.outcome import InputError, require_known
from cartflow.pbpk.body import Body
from cartflow.pbpk.sizes.rebuilt import Factors, rebuilt, tissue_mass

# What takes up the weight that other organs leave.
_BULK = ("muscle", "adipose")


@dataclass(frozen=True, kw_only=True)
class OrganSizes:
    """How a body differs from one of its size: factors on output, blood, tissues and flows."""

    cardiac_output: float = 1.0
    blood_volume: float = 1.0
    volume: Mapping[str, float] = field(default_factory=dict)
    blood_flow: Mapping[str, float] = field(default_factory=dict)


def with_organ_sizes(body: Body, sizes: OrganSizes) -> Body:
    """Return `body` with its tissues, blood flows, output and blood times the factors of `sizes`.

    The weight stays: muscle and fat together take what the other tissues leave of it. Flows share
    the cardiac output in proportion to flow x factor; vessels and pools share the blood in
    proportion to volume x the tissue's factor. Interstitium goes with the tissue, lymph with the
    blood flow. Raises `InputError` on an organ that there is not, and where nothing is left.
    """
    for key, named in (("volume", sizes.volume), ("blood_flow", sizes.blood_flow)):
        for organ in named:
            allowed = [n for n in body.organ_names() if key == "volume" or n != "lung"]
            require_known(organ, allowed, f"body.factors.{key}")
    if sizes == OrganSizes():
        return body
    tissue = _closed(body, sizes.volume)
    vascular = {n: organ.vascular_volume.value for n, organ in body.organs.items()}
    pools = body.venous_volume.value + body.arterial_volume.value
    held = sum(vascular.values()) + pools
    blood = held / (sum(v * tissue[n] for n, v in vascular.items()) + pools) * sizes.blood_volume
    flows = {n: o.blood_flow.value for n, o in body.organs.items() if n != "lung"}
    taken = sum(q * sizes.blood_flow.get(n, 1.0) for n, q in flows.items())
    flow = sum(flows.values()) / taken * sizes.cardiac_output
    factors = Factors(
        tissue=tissue,
        vessels={name: by * blood for name, by in tissue.items()},
        flow={name: sizes.blood_flow.get(name, 1.0) * flow for name in body.organs},
        pools=blood,
    )
    return rebuilt(body, factors, body.body_weight, "varied within its size")


def _closed(body: Body, volume: Mapping[str, float]) -> dict[str, float]:
    """Return the factor of every tissue, so that they weigh as much as before together."""
    found = {name: volume.get(name, 1.0) for name in body.organs}
    bulk = [name for name in _BULK if name in body.organs]
    if not volume or not bulk:
        return found
    masses = {name: tissue_mass(name, organ) for name, organ in body.organs.items()}
    others = sum(m * found[n] for n, m in masses.items() if n not in bulk)
    left = sum(masses.values()) - others
    if left <= 0:
        msg = "body.factors.volume: the other organs leave nothing of the weight to muscle and fat"
        raise InputError(msg)
    share = left / sum(masses[name] * found[name] for name in bulk)
    return found | {name: found[name] * share for name in bulk}

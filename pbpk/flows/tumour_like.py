"""Whose vessels a tumour has: the default's, or those published with its trafficking model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.pbpk.files.load import load_trafficking, trafficking_names
from cartflow.pbpk.flows.streams import carrier_share
from cartflow.pbpk.published_tumour import PublishedTumour
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import PLASMA_FLOW, TumourVessels, host_organs

Likeness = Literal["default", "published"]
_ML, _HOURS = 1e3, 24.0  # mm3, hours in a day


def published_tumour(trafficking: Trafficking) -> PublishedTumour:
    """Return the tumour that a model was published with; raise `InputError` if there is none."""
    own = trafficking.tumour
    if own is None or own.published is None:
        have = ", ".join(name for name in trafficking_names() if _has_one(load_trafficking(name)))
        msg = (
            f"tumour.like: trafficking model '{trafficking.name}' was published without a tumour "
            f"that has vessels of its own; 'published' is for: {have}"
        )
        raise InputError(msg)
    return own.published


def published_vessels(trafficking: Trafficking) -> dict[str, Parameter]:
    """Return what `TumourVessels` takes, by name, from the tumour that a model was published with.

    Flow, vessels, interstitium and lymph are per volume, so that a tumour of another size, or in
    another body, is more or less of the same tissue. Raises `InputError` if there is none.
    """
    body, factor = trafficking.made_for, trafficking.lymph_flow_factor
    return published_tumour(trafficking).per_volume(
        carrier_share(body, trafficking),
        body.haematocrit.value,
        1.0 if factor is None else factor.value,
    )


def tumour_vessels(
    trafficking: Trafficking, volume: float, host: str, like: Likeness = "default"
) -> TumourVessels:
    """Return the vessels of a tumour of `volume` mm3 in the place `host`, all as `like` says."""
    if like == "default":
        return TumourVessels(volume=volume, host=host_organs(host))
    require_host(trafficking, host, {})
    found: dict[str, Any] = published_vessels(trafficking)
    return TumourVessels(volume=volume, host=host_organs(host), published=tuple(found), **found)


def require_host(trafficking: Trafficking, host: str, stated: Mapping[str, Parameter]) -> None:
    """Raise `InputError` on a host in which the published tumour could not be itself.

    Elsewhere it is the same tissue at another place. `stated` are the numbers that a study gives:
    `portal_share` of 0 lets it out of the liver, `barrier_breakdown` into the brain.
    """
    own = published_tumour(trafficking)
    if host == own.host:
        return
    text = f"tumour.like: the tumour published with '{trafficking.name}'"
    without_portal = "portal_share" in stated and stated["portal_share"].value == 0
    if own.portal_flow is not None and host != "liver" and not without_portal:
        msg = f"{text} takes portal blood, so not in '{host}' but in 'liver', or portal_share = 0"
        raise InputError(msg)
    if host == "brain" and own.blood_flow is not None and "barrier_breakdown" not in stated:
        msg = (
            f"{text} has vessels without the brain's barrier, so in 'brain' say how much of "
            "their wall has none, barrier_breakdown = 1 for all"
        )
        raise InputError(msg)


def in_words(
    trafficking: Trafficking, like: Likeness, volume: float, host: str, stated: Sequence[str]
) -> str:
    """Return one line that says whose vessels a tumour of `volume` mm3 in `host` has.

    `stated` are the numbers that the study gives itself.
    """
    ours = f"; the study's own: {', '.join(stated)}" if stated else ""
    if like == "default":
        other = f"; not those published with {trafficking.name}, tumour.like = 'published'"
        return f"default, shah2012{other if _has_one(trafficking) else ''}{ours}"
    own = published_tumour(trafficking)
    place = own.host if own.host == host else f"{own.host}, here in {host}"
    if own.volume is None:
        return f"default, shah2012; the way out as published with {trafficking.name}{ours}"
    size, here = (f"{v / _ML:.3g} mL" for v in (own.volume.value, volume))
    same = "" if size == here else f", here {here} with the same per mL"
    return f"published with {trafficking.name}: {size}, {place}{same}{ours}"


def published_line(trafficking: Trafficking) -> str:
    """Return what a model's published tumour is, with what the default takes, in one line."""
    if not _has_one(trafficking):
        return "none, so that tumour.like = 'published' is refused"
    own, found = published_tumour(trafficking), published_vessels(trafficking)
    words = [f"{name} {value.value:.4g}" for name, value in found.items() if value.unit == "1"]
    if "egress_rate" in found:
        words.append(f"egress_rate {found['egress_rate'].stated}")
    if "plasma_flow" in found:
        flow, default = (p.value / _HOURS for p in (found["plasma_flow"], PLASMA_FLOW))
        words.insert(0, f"plasma_flow {flow:.4g} mL/h per mL (default {default:.4g})")
    size = "" if own.volume is None else f"{own.volume.value / _ML:.4g} mL "
    return f"{size}in {own.host}: {', '.join(words)}"


def _has_one(trafficking: Trafficking) -> bool:
    return trafficking.tumour is not None and trafficking.tumour.published is not None

"""Khot et al. 2019: cells per gram in mice by a trafficking model, beside measured and drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, Array, course, given, held
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.tumour_like import tumour_vessels
from cartflow.validation.bodies.khot_curves import HOURS

# The tissues that a body of this package and the publication tell apart.
TISSUES = (
    "brain",
    "lung",
    "liver",
    "spleen",
    "kidney",
    "heart",
    "muscle",
    "skin",
    "adipose",
    "bone",
)
_PARTS = {"bone": ("bone", "bone_marrow")}
_VOLUME = 450.0  # mm3


def khot_network() -> tuple[Body, OrganNetwork]:
    """Return the mouse, and the network of khot2019 in it with the publication's tumour."""
    body = load_body("mouse_28g")
    model = load_trafficking("khot2019")
    tumour = tumour_vessels(model, _VOLUME, "flank", "published")
    network = organ_network(body, model, tumour=tumour, lumped=True, scaling="published_rate")
    return body, network


def khot_curves(hours: Iterable[float] = HOURS) -> dict[str, Array]:
    """Return % of the dose per g at `hours` of khot2019: tissues, tumour, blood, and % lost."""
    body, network = khot_network()
    found = per_gram(body, network, TISSUES, hours)
    cells = 100 * course(network, given(network), np.array(list(hours)) * HOUR)
    venous = network.index("venous")
    blood = cells[:, venous] / (network.volumes()[venous] / network.counted_share / 1e3)
    lost = cells[:, network.index("lost")]
    tumour = held(network, cells, ("tumour",)) / (_VOLUME / 1e3)
    return {**found, "tumour": tumour, "blood": blood, "lost": lost}


def per_gram(
    body: Body, network: OrganNetwork, tissues: Iterable[str], hours: Iterable[float]
) -> dict[str, Array]:
    """Return % of a dose into a vein per g of each tissue at `hours`, with 1 g per mL."""
    cells = 100 * course(network, given(network), np.array(list(hours)) * HOUR)
    return {
        tissue: held(network, cells, parts) / (_volume(body, parts) / 1e3)
        for tissue, parts in ((name, _PARTS.get(name, (name,))) for name in tissues)
    }


def rms_of_log10(
    found: Mapping[str, Array], wanted: Mapping[str, Iterable[float]], tissues: Iterable[str]
) -> float:
    """Return the root mean square of log10(found / wanted) over `tissues` and times.

    Times at which nothing was measured (nan) do not count.
    """
    gaps = [np.log10(found[name] / np.array(list(wanted[name]))) for name in tissues]
    return float(np.sqrt(np.nanmean(np.square(gaps))))


def _volume(body: Body, organs: Iterable[str]) -> float:
    return sum(body.organs[name].volume.value for name in organs)

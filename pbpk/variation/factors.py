"""Why one body delivers more than another: the ratio of delivery, factor by factor."""

from __future__ import annotations

from typing import NamedTuple

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import Array, exact_area, given
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.tumour_like import Likeness, tumour_vessels
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.trafficking import Trafficking

_ML = 1000.0


class Factors(NamedTuple):
    """Delivery per infused cell and mL in one body over another, and the factors of it.

    `ratio` is the product of the next four: blood volumes (dilution), tumour blood flow per volume,
    share of arriving cells that stay in the tumour (capture), and days that a cell spends in the
    blood, as the artery of the tumour sees them. Those days are a circulation time, blood volume
    over cardiac output, times the number of `passes` before a cell is lost.
    """

    ratio: float
    dilution: float
    perfusion: float
    capture: float
    time_in_blood: float
    circulation_time: float
    passes: float


class Delivery(NamedTuple):
    """Delivery (per infused cell and mL) in one body, and what makes it up.

    `delivery = perfusion x capture x days / blood`: blood volume in mL, blood flow of the tumour
    in 1/day, captured cells per arriving one, and the area under the concentration that flows to
    the tumour, times blood volume, in days.
    """

    delivery: float
    blood: float
    perfusion: float
    capture: float
    days: float
    circulation: float


def delivery_of(
    body: Body,
    trafficking: Trafficking,
    *,
    host: str = "flank",
    volume: float = 65.0,
    end: float = 28.0,
    scaling: str | ScalingRule = "capture_per_pass",
    route: str = "intravenous",
    like: Likeness = "default",
) -> Delivery:
    """Return the delivery to a tumour of `volume` mm3 by `end` days, and its factors; exact.

    `like` says whose vessels it has, the default's or those ``published`` with the model.
    """
    tumour = tumour_vessels(trafficking, volume, host, like)
    network = organ_network(body, trafficking, tumour=tumour, lumped=True, scaling=scaling)
    area = exact_area(network, given(network, route), end)
    entered, arrived = _entered(network, area), _arrived(network, area)
    flow = tumour.blood_flow(body.haematocrit.value) / volume
    blood = body.blood_volume.value / _ML
    delivered = entered / (volume / _ML)
    days = arrived / (volume / _ML) / flow * blood
    circulation = body.blood_volume.value / body.cardiac_output.value
    return Delivery(delivered, blood, flow, entered / arrived, days, circulation)


def factors(
    here: str,
    there: str,
    model: str = "khot2019",
    *,
    scaling: str | ScalingRule = "capture_per_pass",
    host: str = "flank",
    like: Likeness = "default",
) -> Factors:
    """Return delivery in the body `here` over that in the body `there`, factor by factor.

    The same tumour of 65 mm3 stands in the `host` of both, with vessels as `like` says.
    """
    trafficking = load_trafficking(model)
    a, b = (
        delivery_of(load_body(n), trafficking, host=host, scaling=scaling, like=like)
        for n in (here, there)
    )
    return Factors(
        ratio=a.delivery / b.delivery,
        dilution=b.blood / a.blood,
        perfusion=a.perfusion / b.perfusion,
        capture=a.capture / b.capture,
        time_in_blood=a.days / b.days,
        circulation_time=a.circulation / b.circulation,
        passes=(a.days / a.circulation) / (b.days / b.circulation),
    )


def _entered(network: OrganNetwork, area: Array) -> float:
    tissue = network.index("tumour_tissue")
    rates = network.rates[tissue].copy()
    rates[tissue] = 0.0
    return float(rates @ area)


def _arrived(network: OrganNetwork, area: Array) -> float:
    vessels = network.index("tumour_vascular")
    rates = network.rates[vessels].copy()
    rates[vessels] = 0.0
    return float(rates @ area)

"""Bodies and trafficking models as rows to read."""

from __future__ import annotations

from typing import NamedTuple

from cartflow.core.parameters import Parameter
from cartflow.core.units.quantities import split
from cartflow.pbpk.body import Body
from cartflow.pbpk.flows.tumour_like import published_line
from cartflow.pbpk.record import (
    body_parameters,
    published_tumour_parameters,
    trafficking_parameters,
)
from cartflow.pbpk.trafficking import Trafficking


class Row(NamedTuple):
    """One number: value and unit as the file states them, its source and standing."""

    organ: str
    quantity: str
    value: float
    unit: str
    source: str
    standing: str
    note: str


def describe(noun: Body | Trafficking) -> list[Row]:
    """Return a row for every number of a body or a trafficking model, in the file's units."""
    if isinstance(noun, Body):
        found = body_parameters(noun)
    else:
        found = trafficking_parameters(noun) | published_tumour_parameters(noun)
    return [_row(name, value) for name, value in found.items()]


def totals(body: Body) -> list[str]:
    """Return lines that say what a body's parts add up to: flows, blood, volume, lymph."""
    organs = body.organs.values()
    blood = sum(organ.vascular_volume.value for organ in organs)
    pools = body.venous_volume.value + body.arterial_volume.value
    volume = body.volume()
    lymph = sum(organ.lymph_flow.value for organ in organs)
    flow = _of(body.systemic_flow(), body.cardiac_output)
    return [
        f"blood flow of the organs   {body.systemic_flow() / 24e3:.6g} mL/h, {flow}",
        f"blood of organs and pools  {(blood + pools) / 1e3:.6g} mL, "
        f"{_of(blood + pools, body.blood_volume)}",
        f"volume of all              {volume / 1e3:.6g} mL at a weight of "
        f"{body.body_weight.stated}",
        f"lymph of all               {lymph / 24e3:.4g} mL/h",
    ]


def ways(trafficking: Trafficking) -> list[str]:
    """Return lines that say where cells go: body, ways of blood and tissue, capture in one pass."""
    organs, body = trafficking.organs, trafficking.made_for.name
    portal = [name for name, organ in organs.items() if organ.blood_to == "liver"]
    back = [name for name, organ in organs.items() if organ.tissue_to == "blood"]
    emptied = trafficking.extravascular_volume.replace("_", " ")
    pool = "all blood" if trafficking.blood.pool == "all_blood" else "blood outside the organs"
    counted = trafficking.blood.counted_in.replace("_", " ")
    others = "take the ways of rest" if trafficking.others == "as_rest" else "have vessels only"
    caught = {
        name: trafficking.capture_probability(name)
        for name, organ in organs.items()
        if organ.transmigration_rate is not None
    }
    tumour = trafficking.tumour
    if tumour is not None and tumour.blood_entry_rate is None:
        caught["tumour"] = tumour.capture_probability()
    shares = ", ".join(f"{name} {100 * share:.3g} %" for name, share in caught.items())
    return [
        f"made for              {body}; cells travel with {trafficking.carrier}",
        f"blood to the liver    of {', '.join(portal) or 'no organ'}; of all others to the veins",
        f"tissue to the blood   of {', '.join(back) or 'no organ'}; of all others to the lymph",
        f"extravascular volume  {emptied}",
        f"central pool          {pool}; concentrations counted in the {counted}",
        f"organs not listed     {others}",
        f"caught in one pass    {shares or 'in no organ'}",
        f"published tumour      {published_line(trafficking)}",
    ]


def _of(total: float, whole: Parameter) -> str:
    return f"{100 * (total / whole.value - 1):+.4f} % from {whole.stated}"


def _row(name: str, value: Parameter) -> Row:
    parts = name.split(".")[1:]
    organ = parts[0] if len(parts) == 2 else ""
    number, unit = split(value.stated)
    return Row(organ, parts[-1], number, unit, value.source, value.standing, value.note)

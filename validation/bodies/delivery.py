"""Delivery per infused cell: mouse against man by perfusion alone, and brains by age."""

from __future__ import annotations

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import exact_area, given
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.tumour_like import Likeness, tumour_vessels
from cartflow.validation.bodies.rows import PublishedRow

_MINUTES, _ML = 1440.0, 1000.0
# Blood flow per volume (mL/min/mL) and volume, from Shah and Betts 2012, and the ratio of mouse
# to man per infused cell that they give when cells are mixed in the central blood.
_ORGAN_RATIOS = {
    "brain": 5400.0,
    "liver": 2900.0,
    "spleen": 7400.0,
    "kidney": 3900.0,
    "skin": 5400.0,
    "muscle": 23000.0,
}
_SMALL_INTESTINE = (8200.0, (105.6, 0.728), (22488.0, 385.21))  # mL/h and mL, mouse and man
_BONE = 70000.0
_AGES = ("child_1y", "child_5y", "child_10y", "child_15y", "human_male")


def perfusion(body: Body, organ: str) -> float:
    """Return an organ's blood flow per volume, 1/min (liver: the artery alone)."""
    one = body.organs[organ]
    return one.blood_flow.value / one.volume.value / _MINUTES


def per_infused_cell(body: Body, flow_per_volume: float) -> float:
    """Return cells that arrive per infused cell, per day and mL: flow per volume / blood volume.

    `flow_per_volume` in 1/min; cells are mixed in all blood. The limit set by perfusion.
    """
    return flow_per_volume * _MINUTES / (body.blood_volume.value / _ML)


def blood_volume_rows() -> list[PublishedRow]:
    """Return the ratio of blood volumes, man / mouse, by the ways to count blood."""
    mouse, human = load_body("mouse_28g"), load_body("human_71kg")
    male, small = load_body("human_male"), load_body("mouse_20g")
    central = human.blood_volume.value / mouse.blood_volume.value
    doubled = _twice(human) / _twice(mouse)
    icrp = male.blood_volume.value / small.blood_volume.value
    text = "ratio of blood volumes at equal perfusion"
    return [
        PublishedRow(
            f"{text}, central pools", central, 3310, 33, "1", "shah2012", "derived", "5684 / 1.717"
        ),
        PublishedRow(
            f"{text}, pools and organ vessels",
            doubled,
            2747,
            27,
            "1",
            "shah2012",
            "derived",
            "blood counted twice, as published",
        ),
        PublishedRow(
            f"{text}, ICRP 89 and httk", icrp, 2900, 29, "1", "icrp89", "derived", "5300 / 1.82"
        ),
    ]


def organ_ratio_rows() -> list[PublishedRow]:
    """Return the ratio of delivery per infused cell and mL of each organ, mouse / man."""
    mouse, human = load_body("mouse_28g"), load_body("human_71kg")
    rows = [
        _ratio_row(organ, _ratio(mouse, human, organ), value)
        for organ, value in _ORGAN_RATIOS.items()
    ]
    value, (flow_m, volume_m), (flow_h, volume_h) = _SMALL_INTESTINE
    blood = human.blood_volume.value / mouse.blood_volume.value
    intestine = flow_m / volume_m / (flow_h / volume_h) * blood
    rows.append(_ratio_row("small intestine", intestine, value))
    flows = [
        sum(b.organs[o].blood_flow.value for o in ("bone", "bone_marrow")) for b in (mouse, human)
    ]
    volumes = [
        sum(b.organs[o].volume.value for o in ("bone", "bone_marrow")) for b in (mouse, human)
    ]
    bone = flows[0] / volumes[0] / (flows[1] / volumes[1]) * blood
    rows.append(_ratio_row("bone with marrow", bone, _BONE))
    return rows


def whole_model_ratio(
    model: str = "khot2019", host: str = "flank", end: float = 28.0, like: Likeness = "default"
) -> float:
    """Return delivery per infused cell and mL in the mouse over that in man, whole model.

    The same tumour of 65 mm3 in `host`, cells counted until `end` (day), return by lymph and
    losses included; vessels as `like` says. Brown et al. 2021 state up to 10 000-fold.
    """
    mouse, man = (
        delivered(body, model, host, 65.0, end, like) for body in ("mouse_28g", "human_male")
    )
    return mouse / man


def delivered(
    body: str, model: str, host: str, volume: float, end: float, like: Likeness = "default"
) -> float:
    """Return cells that entered a tumour of `volume` mm3 by `end` days per infused cell and mL."""
    trafficking = load_trafficking(model)
    tumour = tumour_vessels(trafficking, volume, host, like)
    network = organ_network(load_body(body), trafficking, tumour=tumour, lumped=True)
    vessels, tissue = network.index("tumour_vascular"), network.index("tumour_tissue")
    area = exact_area(network, given(network), end)
    return float(network.rates[tissue, vessels] * area[vessels] / (volume / _ML))


def headline_rows() -> list[PublishedRow]:
    """Return the whole-model ratio of mouse and man, which must lie in 1e3 to 1e4."""
    rows = []
    for model in ("khot2019", "tsai2022_liver"):
        host = "flank" if model == "khot2019" else "liver"
        ratio = whole_model_ratio(model, host)
        note = f"{model}, tumour of 65 mm3 in the {host}, 28 days; order 1e3 to 1e4"
        rows.append(
            PublishedRow(
                f"mouse / man, {model}", ratio, 5500, 4500, "1", "brown2021", "published", note
            )
        )
    return rows


def brain_by_age() -> list[tuple[str, float, float, float, float]]:
    """Return, by age: body, share of the output (%), perfusion, delivery against the adult.

    Delivery per infused cell and mL of brain, and the same at a dose per kg. Perfusion is per mL
    of brain tissue (without its blood), 1/min.
    """
    adult = load_body("human_male")
    rows = []
    for name in _AGES:
        body = load_body(name)
        flow = _brain_perfusion(body)
        ratio = per_infused_cell(body, flow) / per_infused_cell(adult, _brain_perfusion(adult))
        weight = body.body_weight.value / adult.body_weight.value
        share = 100 * body.organs["brain"].blood_flow.value / body.cardiac_output.value
        rows.append((name, share, flow, ratio, ratio * weight))
    return rows


def brain_rows() -> list[PublishedRow]:
    """Return the five-year-old's brain against the adult's."""
    found = {row[0]: row for row in brain_by_age()}
    child, adult = found["child_5y"], found["human_male"]
    note = "(0.71 / 1400) / (0.54 / 5300)"
    return [
        PublishedRow(
            "brain, share of output, 5 years",
            child[1],
            26,
            0.5,
            "%",
            "huisinga2012",
            "recomputed",
            "",
        ),
        PublishedRow(
            "brain, share of output, adult", adult[1], 12, 0.1, "%", "icrp89", "published", ""
        ),
        PublishedRow(
            "brain of 5 years / adult", child[3], 5, 0.1, "1", "huisinga2012", "derived", note
        ),
    ]


def _brain_perfusion(body: Body) -> float:
    brain = body.organs["brain"]
    tissue = brain.volume.value - brain.vascular_volume.value
    return brain.blood_flow.value / tissue / _MINUTES


def _twice(body: Body) -> float:
    """Return the central pool as published, a full blood volume, with the organs' vessels."""
    vessels = sum(organ.vascular_volume.value for organ in body.organs.values())
    return body.blood_volume.value + vessels


def _ratio(mouse: Body, human: Body, organ: str) -> float:
    return per_infused_cell(mouse, perfusion(mouse, organ)) / per_infused_cell(
        human, perfusion(human, organ)
    )


def _ratio_row(organ: str, measured: float, expected: float) -> PublishedRow:
    note = "flow per volume and central blood of Shah and Betts"
    name = f"mouse / man per infused cell and mL, {organ}"
    return PublishedRow(name, measured, expected, 0.02 * expected, "1", "shah2012", "derived", note)

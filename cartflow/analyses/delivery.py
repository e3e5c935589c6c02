"""Delivery to a tumour without reactions, by the organ network alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cartflow.core.outcome import InputError
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.variation.ranges import Setting
from cartflow.study.numbers import study_setting
from cartflow.study.study import Study

DELIVERY = "delivery"
_MM3_PER_ML = 1e3


def delivery(setting: Setting, route: str, end: float) -> float:
    """Return cells that enter the tumour by `end` days, per infused cell and mL of tumour.

    From the organ network alone, with the tumour's tissue as one well mixed compartment: exact
    in time, and in a second for a thousand settings. Without reactions a study's own tumour
    takes up as many, since egress is in proportion to its cells.
    """
    assert setting.tumour is not None
    network = setting.network()
    _, collected = NetworkStepper(network=network).matrices(end)
    area = collected @ network.entry(route)
    tissue = network.index("tumour_tissue")
    rates = network.rates[tissue].copy()
    rates[tissue] = 0.0
    return float(rates @ area) / (setting.tumour.volume / _MM3_PER_ML)


def network_delivery(study: Study) -> Callable[[Mapping[str, float]], float]:
    """Return `delivery` of a study as a function of other values of its numbers.

    Raises `InputError` where it is not that of the organ network.
    """
    if study.table.tumour_alone:
        msg = f"sensitivity: {DELIVERY} is that of a body, and this tumour is alone; give --of"
        raise InputError(msg)
    if study.events is not None:
        msg = f"sensitivity: {DELIVERY} is that of numbers that stay as they are; give --of"
        raise InputError(msg)
    setting, end = study_setting(study), study.table.time.end.value
    route = study.table.doses[0].route if study.table.doses else "intravenous"
    if route == "intratumoural":
        raise InputError("sensitivity: an intratumoural dose does not depend on the body")
    return lambda values: delivery(setting.varied(values), route, end)

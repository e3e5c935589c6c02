"""A tumour without a body: its vessels by its own numbers, or its tissue without any."""

from __future__ import annotations

from cartflow.core.outcome import InputError
from cartflow.pbpk.flows.fed import FedVessels, fed_alone, tissue_alone
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.tumour import TumourVessels
from cartflow.study.schema import StudyTable, TumourTable
from cartflow.study.tables.courses import BloodTable

# What a tumour has by its host, or by the trafficking model, of which there is none.
_OF_BODY = ("host", "like", "cavity_entry_rate", "barrier_breakdown", "portal_share", "own_node")
_OF_BLOOD = (
    "feeding",
    "rim_share",
    "region",
    "boundary",
    "vessel_density",
    "plasma_flow",
    "vascular_fraction",
    "interstitial_fraction",
    "lymph_fraction",
    "retention",
)


def vessels_of(table: BloodTable | None, tumour: TumourVessels) -> FedVessels:
    """Return the vessels of a tumour without a body. Raises `InputError`."""
    assert table is not None
    for key in ("capture", "haematocrit"):
        if getattr(table, key) is None:
            msg = f"tumour.blood: key '{key}' is missing, which a tumour without [body] needs"
            raise InputError(msg)
    assert table.haematocrit is not None
    assert table.capture is not None
    return fed_alone(tumour, table.haematocrit, table.capture)


def tissue_of(table: TumourTable) -> OrganNetwork:
    """Return the network of a tumour that nothing feeds, which cells leave if the study says so."""
    rate = table.egress_rate
    return tissue_alone(0.0 if rate is None else rate.value, {})


def refuse_without_body(table: StudyTable, tumour: TumourTable) -> None:
    """Raise `InputError` on a key that would have no effect on a tumour alone."""
    if table.organs:
        msg = "organs: has no effect in a study of a tumour alone, which follows no organs"
        raise InputError(msg)
    for i, dose in enumerate(table.doses):
        if dose.route != "intratumoural":
            msg = f"doses.{i}.route: '{dose.route}' needs a body; allowed alone: intratumoural"
            raise InputError(msg)
    if table.body is not None:
        for key in ("capture", "haematocrit"):
            if tumour.blood is not None and getattr(tumour.blood, key) is not None:
                msg = f"tumour.blood.{key}: has no effect beside [body], which gives it"
                raise InputError(msg)
        return
    if table.trafficking is not None:
        raise InputError("trafficking: has no effect without [body]")
    _refuse(tumour, _OF_BODY, "without [body]")
    if tumour.blood is None:
        _refuse(tumour, _OF_BLOOD, "without [tumour.blood] or [body]: no blood enters")


def _refuse(tumour: TumourTable, keys: tuple[str, ...], where: str) -> None:
    for key in keys:
        if key in tumour.model_fields_set:
            msg = f"tumour.{key}: has no effect {where}"
            raise InputError(msg)

"""What may stand in a trafficking model's file, with the dimension of every number."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cartflow.core.tables import Table
from cartflow.pbpk.files.body_tables import Flow, Number, Rate, Volume
from cartflow.pbpk.trafficking import Extravascular


class OrganTraffickingTable(Table):
    """How cells enter, stay and leave in an organ."""

    transmigration_rate: Rate | None = None
    blood_entry_rate: Rate | None = None
    retention: Number | None = None
    exit_rate: Rate | None = None
    elimination_rate: Rate | None = None
    lymph_flow_factor: Number | None = None
    blood_to: Literal["venous", "liver"] = "venous"
    tissue_to: Literal["lymph", "blood"] = "lymph"


class LymphTable(Table):
    """How cells stay in the lymph nodes."""

    blood_entry_rate: Rate | None = None
    retention: Number | None = None
    exit_rate: Rate | None = None
    elimination_rate: Rate | None = None


class BloodTable(Table):
    """What is blood, and what is lost there."""

    elimination_rate: Rate | None = None
    pool: Literal["outside_organs", "all_blood"] = "outside_organs"
    counted_in: Literal["whole_blood", "pool"] = "whole_blood"


class CavityTraffickingTable(Table):
    """How cells enter and stay in a cavity."""

    entry_rate: Rate | None = None
    retention: Number | None = None
    elimination_rate: Rate | None = None


class PublishedTumourTable(Table):
    """The tumour that a model was published with."""

    host: str
    volume: Volume | None = None
    interstitial_volume: Volume | None = None
    lymph_flow: Flow | None = None
    portal_flow: Flow | None = None
    retention: Number | None = None
    egress_rate: Rate | None = None


class TumourTable(Table):
    """How cells enter a tumour."""

    transmigration_rate: Rate | None = None
    blood_flow: Flow | None = None
    vascular_volume: Volume | None = None
    capture: Number | None = None
    blood_entry_rate: Rate | None = None
    published: PublishedTumourTable | None = None


class TraffickingTable(Table):
    """A trafficking model."""

    name: str
    title: str = ""
    made_for: str
    carrier: Literal["blood", "plasma"] = "blood"
    lymph_flow_factor: Number | None = None
    extravascular_volume: Extravascular = "interstitium"
    others: Literal["vessels_only", "as_rest"] = "vessels_only"
    organs: dict[str, OrganTraffickingTable]
    lymph: LymphTable = LymphTable()
    blood: BloodTable = BloodTable()
    cavities: dict[str, CavityTraffickingTable] = Field(default_factory=dict)
    tumour: TumourTable | None = None

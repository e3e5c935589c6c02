"""The parts that a study's tables describe, each made once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.files.local_model import LocalModel
from cartflow.kinetics.network import Network
from cartflow.pbpk.body import Body
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.files.load import load_trafficking
from cartflow.pbpk.flows.fed import FedVessels, fed_as_in
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels
from cartflow.study.bodies import body_of
from cartflow.study.circulating import circulations
from cartflow.study.courses.numbers import NumberCourse
from cartflow.study.dosing import cells_alone
from cartflow.study.given import Given
from cartflow.study.models import StudyModels
from cartflow.study.overrides import errors_named
from cartflow.study.parts import cavities, scaling, vessels, vessels_in_words
from cartflow.study.schema import StudyTable, TraffickingTable, TumourTable
from cartflow.study.shapes import build_geometry
from cartflow.study.sites import organ_kinetics
from cartflow.study.tumours.checks import travellers
from cartflow.study.tumours.merging import Written
from cartflow.study.tumours.own import errors_of, table_of
from cartflow.study.without_body import tissue_of, vessels_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Composition:
    """Body, tumour and kinetics of a study: `text` as written, `table` as read.

    Paths start from `folder`. `other_body` and `other_trafficking` stand in place of those that
    the table names; `given` are arrays in place of numbers, `courses` those of numbers in time.
    `written` are the tables of several tumours, if there are.
    """

    name: str
    text: str
    table: StudyTable
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    other_body: Body | None = None
    other_trafficking: Trafficking | None = None
    given: Given = field(default_factory=dict, repr=False)
    courses: tuple[NumberCourse, ...] = field(default=(), repr=False)
    written: Written | None = field(default=None, repr=False)

    @cached_property
    def geometry(self) -> Geometry:
        """The tumour's geometry."""
        if self.table.geometry is None:
            raise self._without("tumour")
        return build_geometry(self.table.geometry, self.folder, self.name)

    @cached_property
    def models(self) -> StudyModels:
        """What the kinetics models of the study do."""
        return StudyModels(table=self.table, folder=self.folder)

    @cached_property
    def tumours(self) -> dict[str, Self]:
        """Each of several tumours by name, as a study of it in the body of all; else none."""
        if self.written is None:
            return {}
        found = {name: self._with_tumour(name, self.written) for name in self.table.tumours}
        return found

    @cached_property
    def geometries(self) -> dict[str, Geometry]:
        """The geometries of several tumours, by name."""
        assert self.written is not None
        found = {}
        for name, own in self.table.tumours.items():
            with errors_of(self.written, name, self.name):
                found[name] = build_geometry(own.geometry, self.folder, self.name)
        return found

    @cached_property
    def networks(self) -> dict[str, Network]:
        """The reactions of several tumours, by name."""
        assert self.written is not None
        found = {}
        for name, one in self.tumours.items():
            with errors_of(self.written, name, self.name):
                found[name] = one.kinetics
        return found

    def _vessels_of_all(self) -> dict[str, TumourVessels]:
        found = {}
        for name, one in self.tumours.items():
            assert self.written is not None
            with errors_of(self.written, name, self.name):
                found[name] = one.vessels()
        return found

    def _with_tumour(self, name: str, written: Written) -> Self:
        kinetics = self.table.tumours[name].kinetics
        with errors_of(written, name, self.name):
            species = self.models.network(kinetics.models).species_names
        # What all share of fields is for those that have them.
        fields = self.table.tumours[name].fields
        others = {f for f in fields if f not in species and written.shares(name, f)}
        table = table_of(self.table, name, frozenset(others))
        one = replace(self, table=table, courses=(), written=None)
        parts = vars(one)
        parts["models"] = replace(self.models, table=table)
        parts["body"], parts["trafficking"] = self.body, self.trafficking
        parts["geometry"] = self.geometries[name]
        return one

    @property
    def kinetics(self) -> Network:
        """The reactions of the tumour's kinetics models, with the study's parameters."""
        return self.tumour_model.network

    @cached_property
    def tumour_model(self) -> LocalModel:
        """What the tumour's kinetics models do, combined, with the study's parameters."""
        with errors_named(self.name):
            model = self.models.tumour
        if model is None:
            raise self._without("tumour")
        return model

    @cached_property
    def organ_kinetics(self) -> OrganKinetics | None:
        """The kinetics in organs, if the study states any."""
        tumour = None if self.table.tumour is None else self.kinetics
        with errors_named(self.name):
            if self.tumours:
                tumour = travellers(self.networks)
            return organ_kinetics(
                self.table.organs,
                self.organs,
                self.models.network,
                tumour,
                self.circulating,
                cells_alone(self.table.doses) if tumour is None else None,
            )

    @cached_property
    def circulating(self) -> tuple[Circulation, ...]:
        """How what circulates beside cells is distributed in the body."""
        if not self.table.circulating:
            return ()
        with_tumour = self.table.tumour is not None
        with errors_named(self.name):
            return circulations(
                self.table.circulating,
                self.body,
                self.organs,
                self.vessels() if with_tumour else None,
                self.kinetics.species_names if with_tumour else (),
                self.folder,
            )

    @cached_property
    def body(self) -> Body:
        """The body that the study names, or the other one that it was given."""
        if self.table.body is None:
            raise self._without("body")
        if self.other_body is not None:
            return self.other_body
        with errors_named(self.name):
            return body_of(self.table.body, self.folder)

    @property
    def dosed_body(self) -> Body | None:
        """The body that doses per body weight are of, if there is one."""
        return None if self.table.body is None else self.body

    @cached_property
    def trafficking(self) -> Trafficking:
        """The trafficking model that the study names, or the other one that it was given.

        Without one, where nothing but what circulates is followed, cells stay in the blood.
        """
        if self.table.trafficking is None:
            if self.table.circulating and self.table.body is not None:
                return Trafficking(name="none", title="", made_for=self.body, organs={})
            raise self._without("trafficking")
        name = self.table.trafficking.name
        return self.other_trafficking or load_trafficking(name, self.folder)

    @cached_property
    def organs(self) -> OrganNetwork:
        """The body's organs with the tumour's vessels among them, or those vessels alone."""
        if not self.table.tumour_alone:
            return self._of_body()
        if self.fed is not None:
            return self.fed.network
        return tissue_of(self.tumour)

    @cached_property
    def fed(self) -> FedVessels | None:
        """The vessels of a tumour alone that blood is given for, if there is one."""
        if self.table.tumour is None or self.table.tumour.blood is None:
            return None
        with errors_named(self.name):
            if self.table.body is not None:
                return fed_as_in(self._of_body())
            return vessels_of(self.tumour.blood, self.vessels())

    def _of_body(self) -> OrganNetwork:
        with errors_named(self.name):
            return organ_network(
                self.body,
                self.trafficking,
                scaling=self.scaling(),
                tumour=None if self.table.tumour is None else self.vessels(),
                cavities=self.cavities(),
                tumours=self._vessels_of_all(),
            )

    @property
    def tumour(self) -> TumourTable:
        """The tumour's table; raises `InputError` in a study without one."""
        if self.table.tumour is None:
            raise self._without("tumour")
        return self.table.tumour

    def require_one_tumour(self) -> None:
        """Raise `InputError` if the study has several tumours."""
        if self.table.tumours:
            raise self._without("tumour")

    def _without(self, key: str) -> InputError:
        if self.table.tumours:
            names = ", ".join(self.table.tumours)
            msg = f"{self.name}: this takes studies of one tumour, and there are {names}"
            return InputError(msg)
        return InputError(f"{self.name}: key '{key}' is missing, which this needs")

    def vessels(self) -> TumourVessels:
        """Return the tumour's vessels and where they are."""
        with errors_named(self.name):
            ways = None if self.table.trafficking is None else self.trafficking
            return vessels(self.tumour, self.geometry.volume, ways)

    def vessels_in_words(self) -> str:
        """Return whose vessels the tumour has, or nothing without one."""
        if self.tumours:
            each = self.tumours.items()
            return "; ".join(f"{name}: {one.vessels_in_words()}" for name, one in each)
        table = self.table.tumour
        if table is None or self.table.trafficking is None:
            return ""
        return vessels_in_words(table, self.geometry.volume, self.trafficking)

    def scaling(self) -> ScalingRule:
        """Return the rule that carries rates to the study's body."""
        return scaling(self.table.trafficking or TraffickingTable(name=""))

    def cavities(self) -> list[str]:
        """Return the cavities that doses are given into."""
        return cavities(self.table.doses)

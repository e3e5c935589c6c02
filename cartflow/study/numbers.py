"""A study with other values of any number that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Protocol, Self, TypeVar

from cartflow.core.outcome import require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels
from cartflow.pbpk.variation.ranges import Setting
from cartflow.study.images.numbers import MEAN
from cartflow.study.schema import StudyTable

_INSIDE = ("doses.", "events.", "fields.", "tissue.", "kinetics.", "organs.", "tumour.", "tumours.")
_OF_VESSELS = ("tumour.", "trafficking.tumour.", "trafficking.brain.")
_TIMES = (".time", ".duration", ".interval", ".every", ".until", ".after", ".since")
# What a model's file states beside its parameters, which a study cannot set.
_OF_MODELS = ("kinetics.extinction.", "kinetics.events.")


class Numbered(Protocol):
    """A study, as far as its numbers are concerned."""

    @property
    def table(self) -> StudyTable:
        """Return the study as read."""

    @property
    def body(self) -> Body:
        """Return its body."""

    @property
    def trafficking(self) -> Trafficking:
        """Return its trafficking model."""

    def vessels(self) -> TumourVessels:
        """Return its tumour's vessels."""

    def scaling(self) -> ScalingRule:
        """Return the rule that carries rates to its body."""

    def cavities(self) -> list[str]:
        """Return the cavities that doses are given into."""

    def parameters(self) -> dict[str, Parameter]:
        """Return every number that it rests on."""

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """Return it with other values by dotted key."""

    def in_body(self, body: Body, trafficking: Trafficking) -> Self:
        """Return it with another body and trafficking model."""


S = TypeVar("S", bound=Numbered)


def study_setting(study: Numbered) -> Setting:
    """Return the body, model, tumour (if there is one) and rule of a study."""
    return Setting(
        body=study.body,
        trafficking=study.trafficking,
        tumour=None if study.table.tumour is None else study.vessels(),
        rule=study.scaling(),
        cavities=tuple(study.cavities()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyNumbers(Generic[S]):
    """The numbers of a `study`, and studies with other values of them.

    Beside those of body, trafficking and vessels they are the doses, motility, chemotaxis,
    boundaries, start and tissue that the study states, the parameters of its kinetics and those
    of kinetics in organs. Times, mesh and solver are not among them. `known` are the numbers of a
    study that has the same ones, so that they are not worked out anew.
    """

    study: S
    known: Mapping[str, Parameter] | None = None

    @cached_property
    def numbers(self) -> dict[str, Parameter]:
        """Every number that may vary, by name."""
        table = self.study.table
        outside = {} if table.body is None else study_setting(self.study).numbers()
        if table.tumour_alone:
            # Of the body no more than the tumour's vessels.
            outside = {k: p for k, p in outside.items() if k.startswith(_OF_VESSELS)}
        inside = {k: p for k, p in self.study.parameters().items() if self._is_inside(k)}
        return outside | {k: p for k, p in inside.items() if k not in outside}

    @cached_property
    def with_geometry(self) -> dict[str, Parameter]:
        """Every number that may vary, and the lengths of the geometry."""
        if self.known is not None:
            return dict(self.known)
        table = self.study.table.geometry
        fields = {} if table is None else {n: getattr(table, n) for n in type(table).model_fields}
        lengths = {f"geometry.{n}": p for n, p in fields.items() if isinstance(p, Parameter)}
        return self.numbers | lengths

    def varied(self, values: Mapping[str, float]) -> S:
        """Return the study with other values, in internal units. Raises `InputError`."""
        settings: dict[str, Any] = {}
        outside = {}
        for name, value in values.items():
            require_known(name, self.with_geometry, "parameter")
            if name.startswith(("body.", "trafficking.")):
                outside[name] = value
            else:
                settings[setting_key(name)] = _text(value, self.with_geometry[name].unit)
        study = self.study.with_settings(settings) if settings else self.study
        if not outside:
            return study
        setting = study_setting(self.study).varied(outside)
        return study.in_body(setting.body, setting.trafficking)

    def _is_inside(self, key: str) -> bool:
        """Return whether a number used stands in the study or its kinetics, and may vary."""
        if not key.startswith(_INSIDE) or key.endswith(_TIMES) or ".split." in key:
            return False
        if any(part in key for part in _OF_MODELS):
            return False
        if key.endswith(f".{MEAN}"):
            return False  # it follows from an image, whose laws' numbers may vary
        if key.startswith("kinetics.parameters.") or key.endswith(".volume"):
            return False  # the first are there under their own names, the second are the organs'
        tables, own = self.study.table, key
        tissue, tumour = tables.tissue, tables.tumour
        if key.startswith("tumours."):
            name, _, own = key.removeprefix("tumours.").partition(".")
            tissue, tumour = tables.tumours[name].tissue, tables.tumours[name]
        if own in ("tumour.egress_rate", "egress_rate"):
            return tumour is not None and tumour.egress_rate is not None
        if tumour is not None and own == "retention" and tumour.egress_rate is not None:
            return False  # without effect beside it
        return own != "tissue.porosity" or tissue.porosity is not None


def setting_key(name: str) -> str:
    """Return the key of a study that sets a number."""
    head, kinetics, last = name.rpartition("kinetics.")
    return f"{head}kinetics.parameters.{last}" if kinetics else name


def _text(value: float, unit: str) -> str | float:
    return value if unit == "1" else f"{value!r} {unit}"

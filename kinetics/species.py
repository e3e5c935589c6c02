"""Species and reactions: the nouns of a network."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from cartflow.core.outcome import InputError, suggest
from cartflow.kinetics.expressions.grammar import FUNCTIONS, Expression, parse

Role = Literal["phenotype", "product", "resident", "solute", "signal"]
SpeciesUnit = Literal["cell/mm^3", "ng/mm^3", "1"]
Scope = Literal["local", "body", "exchange"]
Per = Literal["tissue", "pore"]

UNITS_OF_ROLE: dict[str, tuple[str, ...]] = {
    "phenotype": ("cell/mm^3", "1"),
    "product": ("cell/mm^3", "1"),
    "resident": ("cell/mm^3", "1"),
    "solute": ("ng/mm^3",),
    "signal": get_args(SpeciesUnit),
}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")


@dataclass(frozen=True, kw_only=True)
class Species:
    """What is counted: a density per mm3 of tissue, or a relative amount (unit ``1``).

    Roles: ``phenotype`` product cells that travel, ``product`` product cells that stay,
    ``resident`` tissue and tumour, ``solute``, ``signal``. `initial` is the density that a
    study starts from unless it says otherwise. Product cells in the unit ``1`` stand in whole-body
    models whose own unit cannot be turned into a density.
    """

    name: str
    role: Role
    unit: SpeciesUnit = "cell/mm^3"
    long_name: str = ""
    initial: float = 0.0

    def __post_init__(self) -> None:
        where = f"species.{self.name}"
        require_identifier(self.name, where)
        if self.role not in UNITS_OF_ROLE:
            msg = f"{where}: role '{self.role}'; {suggest(self.role, UNITS_OF_ROLE)}"
            raise InputError(msg)
        allowed = UNITS_OF_ROLE[self.role]
        if self.unit not in allowed:
            msg = f"{where}: unit '{self.unit}' for the role '{self.role}'; "
            raise InputError(msg + suggest(self.unit, allowed))
        if not (math.isfinite(self.initial) and self.initial >= 0):
            msg = f"{where}: initial {self.initial} is not a density"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One event: the species it consumes and produces, with plain coefficients, and its rate.

    The rate, text or a parsed tree, is events per mm3 and day, in the unit of its species per day.
    A species that only drives the rate need not be listed. `scope` says whether the rate holds
    point by point (``local``), only for totals of the whole body (``body``), or stands for cells
    that travel between compartments (``exchange``), as trafficking does elsewhere. `per` says
    whether the mm3 are of ``tissue`` or of ``pore`` fluid; without it see
    `cartflow.kinetics.pores`.
    """

    name: str
    consumes: Mapping[str, float] = field(default_factory=dict)
    produces: Mapping[str, float] = field(default_factory=dict)
    rate: str | Expression
    scope: Scope = "local"
    per: Per | None = None

    def __post_init__(self) -> None:
        where = f"reactions.{self.name}"
        require_identifier(self.name, where)
        for side in ("consumes", "produces"):
            for species, number in getattr(self, side).items():
                if not (math.isfinite(number) and number > 0):
                    msg = f"{where}.{side}.{species}: {number} must be a number greater than 0"
                    raise InputError(msg)
        if not self.consumes and not self.produces:
            msg = f"{where}: 'consumes' and 'produces' are both empty; name one species at least"
            raise InputError(msg)

    def expression(self) -> Expression:
        """Return the parsed rate; raise `InputError` naming the reaction if it is none."""
        if not isinstance(self.rate, str):
            return self.rate
        try:
            return parse(self.rate)
        except InputError as error:
            msg = f"reactions.{self.name}.rate: {error}"
            raise InputError(msg) from None


def require_identifier(name: str, where: str) -> None:
    """Raise `InputError` unless `name` may stand for a species, parameter or reaction."""
    if not _IDENTIFIER.fullmatch(name) or name in FUNCTIONS:
        msg = f"{where}: '{name}' is not a name (letters, digits, '_'; no function's name)"
        raise InputError(msg)

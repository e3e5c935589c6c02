"""An SBML file of others as a model: every number a plain one, time in the file's own unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cartflow.core.parameters import Parameter, parameter
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.expressions.grammar import Expression
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.sbml.changes import Changes
from cartflow.kinetics.sbml.elements import Elements, SpeciesElement
from cartflow.kinetics.sbml.happenings import triggered
from cartflow.kinetics.sbml.math_in import TIME
from cartflow.kinetics.sbml.start import Start
from cartflow.kinetics.sbml.symbols import AMOUNT, Symbols
from cartflow.kinetics.scenario import Scenario
from cartflow.kinetics.species import Species

_END = 100.0  # units of time of the file
ALONE = "it comes from an SBML file that does not say the role and unit of each species"


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """A model, and what each name of its file is in terms of the model's states and parameters.

    A species is what its name means in formulas; `amounts` and `concentrations` are both. `days` is
    the unit of time of the file.
    """

    model: Model
    days: float
    meanings: Mapping[str, Expression]
    amounts: Mapping[str, Expression]
    concentrations: Mapping[str, Expression]


def foreign(elements: Elements, name: str, title: str, flags: tuple[str, ...]) -> Foreign:
    """Return the model of `elements`; raise `InputError` for what no network can hold."""
    return _Foreign(elements).result(name, title, flags)


class _Foreign:
    """One model on its way into a network."""

    def __init__(self, elements: Elements) -> None:
        self.elements = elements
        self.symbols = Symbols(elements)
        self.start = Start(self.symbols)
        self.pace = self.symbols.names.new("per_time_unit")

    def result(self, name: str, title: str, flags: tuple[str, ...]) -> Foreign:
        symbols, elements = self.symbols, self.elements
        reactions = Changes(symbols, self.start, self.pace).reactions()
        events = triggered(symbols, self.pace)
        states = {key: kept for key, kept in symbols.kept.items() if symbols.is_state(key)}
        network = Network(
            name=name,
            title=title,
            species=tuple(self._species(key, kept) for key, kept in states.items()),
            parameters=self._parameters(),
            reactions=reactions,
            alone=ALONE,
        )
        fixed = self.start.fixed()
        model = Model(
            network=network,
            scaling=Scaling(),
            scenarios={"sbml": self._scenario(states)},
            triggers=events,
            quantities=self._quantities(),
            clock=symbols.kept.get(TIME, ""),
            fixed={kept for key, kept in symbols.kept.items() if key in fixed} | {self.pace},
            flags=flags,
        )
        species = elements.species.values()
        return Foreign(
            model=model,
            days=elements.days,
            meanings={n: t for n, t in symbols.resolved.items() if "@" not in n},
            amounts={s.name: symbols.tree(symbols.amount(s)) for s in species},
            concentrations={s.name: symbols.tree(symbols.concentration(s)) for s in species},
        )

    def _species(self, key: str, kept: str) -> Species:
        entry: SpeciesElement | None = self.elements.species.get(key.removeprefix(AMOUNT))
        title = "" if entry is None else entry.title or entry.name
        if key == TIME:
            title = "time in the file's unit"
        elif key.startswith(AMOUNT):
            title = f"amount of {title}"
        return Species(name=kept, role="signal", unit="1", long_name=title or key)

    def _parameters(self) -> dict[str, Parameter]:
        found = {self.pace: plain(1.0 / self.elements.days, "1/day")}
        for key, kept in self.symbols.kept.items():
            optional = key in self.elements.compartments or key in self.elements.references
            if self.symbols.is_state(key) or (optional and key not in self.start.values):
                continue
            found[kept] = plain(self.start.number(key))
        return found

    def _scenario(self, states: Mapping[str, str]) -> Scenario:
        days = plain(_END * self.elements.days, "day")
        return Scenario(
            name="sbml",
            title="start of the file",
            end=replace(days, source="assumed", note="SBML has no end"),
            initial={kept: plain(self.start.number(key)) for key, kept in states.items()},
        )

    def _quantities(self) -> dict[str, Expression]:
        """Return what changes but is no state: assigned variables, concentrations."""
        elements, symbols = self.elements, self.symbols
        held = {*elements.species, *elements.compartments, *elements.parameters}
        held |= elements.references.keys()
        return {
            symbols.names.of(name): symbols.resolved[name]
            for name in symbols.worked_out
            if name in held
        }


def plain(value: float, unit: str = "1") -> Parameter:
    """Return a number of an SBML file as a parameter."""
    # SBML says no sign.
    return replace(parameter(f"{value!r} {unit}", unit), sign="any")

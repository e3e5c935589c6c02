"""A reaction network: species, parameters, and reactions that say what they consume and produce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.kinetics.balance import Sorted, sort_cells
from cartflow.kinetics.expressions.compile import Array, Function, slope_function, to_function
from cartflow.kinetics.expressions.dimensions import Dimension, dimension_of
from cartflow.kinetics.expressions.grammar import Expression
from cartflow.kinetics.network_checks import of_sign, require_reaction, require_unique
from cartflow.kinetics.species import Reaction, Role, Species, SpeciesUnit, require_identifier
from cartflow.kinetics.typeset import typeset

__all__ = ["Network", "Reaction", "Role", "Species", "SpeciesUnit"]


@dataclass(frozen=True, kw_only=True)
class Network:
    """Species, parameters and reactions, checked once: names, units, coefficients.

    The derivative of a state is ``stoichiometry @ rates(state)``. Product cells that a
    reaction makes are `born`, those it removes `died`, those that change phenotype
    `converted`. `alone` says why it can only be run well mixed, if so. Raises `InputError`
    naming the species, parameter or reaction that is wrong.
    """

    name: str
    title: str = ""
    references: tuple[str, ...] = ()
    species: tuple[Species, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    reactions: tuple[Reaction, ...] = ()
    notes: str = ""
    alone: str = ""

    def __post_init__(self) -> None:
        # Own copies: what the closures were built from must not change later.
        object.__setattr__(self, "species", tuple(self.species))
        object.__setattr__(self, "parameters", dict(self.parameters))
        object.__setattr__(self, "reactions", tuple(self.reactions))
        if not self.species:
            raise InputError("species: at least one is needed")
        require_unique("species", self.species_names)
        require_unique("reactions", [r.name for r in self.reactions])
        for name, number in self.parameters.items():
            require_identifier(name, f"parameters.{name}")
            if name in self.species_names:
                msg = f"parameters.{name}: a species has the same name"
                raise InputError(msg)
            _require_sign(name, number)
        species = {s.name: s for s in self.species}
        for reaction, tree in zip(self.reactions, self.expressions, strict=True):
            require_reaction(reaction, tree, species, self._dimensions)
        _ = self._functions

    def __getstate__(self) -> dict[str, Any]:
        # Closures cannot be pickled; they are built again when first needed.
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        """Return name, title and species in a line."""
        return f"<Network: {self.name}; {self.title}; {', '.join(self.species_names)}>"

    def _repr_latex_(self) -> str:
        """Return the equations as notebooks typeset them."""
        return typeset(self)

    @property
    def species_names(self) -> tuple[str, ...]:
        """The names of the species, in the order of the rows of a state."""
        return tuple(s.name for s in self.species)

    @property
    def reaction_names(self) -> tuple[str, ...]:
        """The names of the reactions, in the order of the rows of `rates`."""
        return tuple(r.name for r in self.reactions)

    def index(self, name: str) -> int:
        """Return the row of the species `name`; raise `InputError` for an unknown one."""
        require_known(name, self.species_names, f"kinetics '{self.name}': species")
        return self.species_names.index(name)

    @cached_property
    def stoichiometry(self) -> Array:
        """Produced minus consumed, shape (n_species, n_reactions)."""
        result = np.zeros((len(self.species), len(self.reactions)))
        for column, reaction in enumerate(self.reactions):
            for name, number in reaction.produces.items():
                result[self.species_names.index(name), column] += number
            for name, number in reaction.consumes.items():
                result[self.species_names.index(name), column] -= number
        return result

    @cached_property
    def made(self) -> Array:
        """What an event makes more than it uses, shape (n_species, n_reactions), never negative."""
        return np.maximum(self.stoichiometry, 0.0)

    @cached_property
    def used(self) -> Array:
        """What an event uses more than it makes, shape (n_species, n_reactions), never negative."""
        return np.maximum(-self.stoichiometry, 0.0)

    @cached_property
    def is_product(self) -> np.ndarray:
        """Which species are product cells (roles phenotype and product), shape (n_species,)."""
        return np.array([s.role in {"phenotype", "product"} for s in self.species])

    @cached_property
    def _sorted(self) -> Sorted:
        return sort_cells(self.stoichiometry, self.is_product)

    @property
    def born(self) -> Array:
        """Product cells born per event, shape (n_species, n_reactions), never negative."""
        return self._sorted.born

    @property
    def died(self) -> Array:
        """Product cells that die per event, shape (n_species, n_reactions), never negative."""
        return self._sorted.died

    @property
    def converted(self) -> Array:
        """Change of phenotype per event; every column sums to zero over the species."""
        return self._sorted.converted

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """The parsed rate of every reaction."""
        return tuple(reaction.expression() for reaction in self.reactions)

    @cached_property
    def _functions(self) -> tuple[Function, ...]:
        rows = {name: row for row, name in enumerate(self.species_names)}
        values = {name: p.value for name, p in self.parameters.items()}
        result = []
        for reaction, tree in zip(self.reactions, self.expressions, strict=True):
            try:
                result.append(to_function(tree, rows, values))
            except InputError as error:
                msg = f"reactions.{reaction.name}.rate: {error}"
                raise InputError(msg) from None
        return tuple(result)

    def rates(self, state: Array) -> Array:
        """Return the events per mm3 and day, shape (n_reactions, n_cells).

        `state` holds densities, shape (n_species, n_cells), or (n_species,) for one point.
        """
        result = np.empty((len(self.reactions), *state.shape[1:]))
        for row, function in enumerate(self._functions):
            result[row] = function(state)
        return result

    @cached_property
    def gradients(self) -> tuple[dict[str, Expression], ...]:
        """The exact derivative of every rate to each species that it depends on."""
        from cartflow.kinetics.expressions.derivatives import gradient

        return tuple(gradient(tree, self.species_names) for tree in self.expressions)

    def jacobian(self, state: Array) -> Array:
        """Return the derivative of every rate to every species.

        The shape is (n_reactions, n_species, ...), that of `state` being (n_species, ...);
        ``stoichiometry @ jacobian(state)`` is the Jacobian of `derivative` at one point.
        """
        result = np.zeros((len(self.reactions), *state.shape))
        for row, column, function in self._slopes:
            result[row, column] = function(state)
        return result

    @cached_property
    def _slopes(self) -> tuple[tuple[int, int, Function], ...]:
        rows = {name: row for row, name in enumerate(self.species_names)}
        values = {name: p.value for name, p in self.parameters.items()}
        return tuple(
            (row, rows[name], slope_function(tree, rows, values))
            for row, gradient in enumerate(self.gradients)
            for name, tree in gradient.items()
        )

    def derivative(self, state: Array) -> Array:
        """Return the change of `state` per day: ``stoichiometry @ rates(state)``."""
        result: Array = self.stoichiometry @ self.rates(state)
        return result

    def functions(self) -> tuple[Function, ...]:
        """Return the rate of every reaction as a function of a state."""
        return self._functions

    def dimensions(self) -> dict[str, Dimension]:
        """Return the dimension of every species and parameter."""
        return dict(self._dimensions)

    def described_parameters(self) -> dict[str, Parameter]:
        """Return every parameter with its unit, source and standing."""
        return dict(self.parameters)

    def with_parameters(self, overrides: Mapping[str, Any], source: str = "study") -> Network:
        """Return the network with some parameters replaced by text, numbers or Parameters.

        A bare quantity takes `source`. Raises `InputError` naming the key for an unknown
        name or a wrong dimension.
        """
        changed = dict(self.parameters)
        for name, value in overrides.items():
            require_known(name, self.parameters, f"kinetics '{self.name}': parameters")
            try:
                old = self.parameters[name]
                changed[name] = signed(parameter(value, old.unit, source=source), old.sign)
            except InputError as error:
                msg = f"kinetics '{self.name}': parameters.{name}: {error}"
                raise InputError(msg) from None
        if changed == self.parameters:
            return self
        try:
            return self._with_values(changed) or replace(self, parameters=changed)
        except InputError as error:
            msg = f"kinetics '{self.name}': {error}"
            raise InputError(msg) from None

    def _with_values(self, changed: Mapping[str, Parameter]) -> Network | None:
        """Return the network with parameters of the same units, of which no more is checked."""
        if any(p.unit != self.parameters[name].unit for name, p in changed.items()):
            return None
        for name, number in changed.items():
            if number is not self.parameters[name]:
                _require_sign(name, number)
        _ = (self.stoichiometry, self.is_product, self._sorted)
        made = {n: v for n, v in vars(self).items() if n not in ("parameters", *_OF_VALUES)}
        new = object.__new__(Network)
        vars(new).update({**made, "parameters": dict(changed)})
        _ = new._functions
        return new

    @cached_property
    def _dimensions(self) -> dict[str, Dimension]:
        units: dict[str, str] = {s.name: s.unit for s in self.species}
        units |= {name: p.unit for name, p in self.parameters.items()}
        return {name: dimension_of(unit) for name, unit in units.items()}


# What is worked out with the parameters' values; the rest follows from names and units.
_OF_VALUES = ("_functions", "_slopes")


def _require_sign(name: str, number: Parameter) -> None:
    try:
        of_sign(number, number.sign)
    except InputError as error:
        msg = f"parameters.{name}: {error}"
        raise InputError(msg) from None

"""What an SBML model changes in time, as reactions of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Binary, Expression, Name, Number, names
from cartflow.kinetics.sbml.elements import ReactionElement
from cartflow.kinetics.sbml.math_in import TIME
from cartflow.kinetics.sbml.naming import Names
from cartflow.kinetics.sbml.rates_of_change import conversion, rate_of, stoichiometry
from cartflow.kinetics.sbml.start import Start
from cartflow.kinetics.sbml.symbols import Symbols
from cartflow.kinetics.species import Reaction


class Changes:
    """Reactions and rate rules of a model; `pace` is the parameter of file times per day."""

    def __init__(self, symbols: Symbols, start: Start, pace: str) -> None:
        self.symbols, self.start, self.pace = symbols, start, pace
        self.elements = symbols.elements
        self.names = Names()

    def reactions(self) -> tuple[Reaction, ...]:
        """Return the reactions of the network; raise `InputError` for one without a rate."""
        found = [r for entry in self.elements.reactions for r in self._reaction(entry)]
        for name, rule in self.elements.rates.items():
            change = self._ruled(name, rule)
            found.append(self._made(f"rate_of_{name}", {self.symbols.key(name): 1.0}, change))
        if TIME in self.symbols.kept:
            found.append(self._made("passing_of_time", {TIME: 1.0}, Number(1.0)))
        return tuple(found)

    def _ruled(self, name: str, rule: Expression) -> Expression:
        """Return the change of what is kept of a name that a rate rule changes."""
        if not self.symbols.concentration_in_change(name):
            return self.symbols.tree(rule)
        place = self.elements.species[name].compartment
        swelling = Binary("*", Name(name), rate_of(self.elements, place, False))
        return self.symbols.tree(Binary("+", Binary("*", rule, Name(place)), swelling))

    def _reaction(self, entry: ReactionElement) -> Iterator[Reaction]:
        """Yield one reaction of what takes part in fixed numbers, and one for each other."""
        fixed: dict[str, float] = {}
        for part in entry.participants:
            species = self.elements.species[part.species]
            if species.boundary or species.constant:
                continue
            if entry.rate is None:
                msg = f"reaction {entry.name}: it has no rate"
                raise InputError(msg)
            number = stoichiometry(part)
            if self.symbols.is_constant(number):
                value = part.sign * self.start.value_of(number)
                fixed[part.species] = fixed.get(part.species, 0.0) + value
            else:
                rate = self.symbols.tree(Binary("*", number, Name(entry.name)))
                scaled = self._scaled({part.species: float(part.sign)})
                yield self._made(f"{entry.name}_{part.species}", scaled, rate)
        if any(fixed.values()):
            yield self._fixed(entry.name, {n: v for n, v in fixed.items() if v})

    def _fixed(self, name: str, numbers: Mapping[str, float]) -> Reaction:
        """Return a reaction; within one place it is stated per volume, as its species are."""
        rate = self.symbols.resolved[name]
        places = {self._place(species) for species in numbers}
        place = places.pop()
        if places or not place:
            return self._made(name, self._scaled(numbers), rate)
        converted = {n: number * self._conversion(n) for n, number in numbers.items()}
        return self._made(name, converted, per_volume(rate, self.symbols.kept[place]))

    def _place(self, species: str) -> str:
        """Return the compartment by whose size a species is divided, if it is."""
        entry = self.elements.species[species]
        held = entry.only_substance or self.symbols.varies(entry.compartment)
        return "" if held else entry.compartment

    def _scaled(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """Return how much of what is kept of each species an event makes."""
        found = {}
        for name, number in numbers.items():
            place = self._place(name)
            size = self.start.value_of(Name(place)) if place else 1.0
            found[self.symbols.key(name)] = number * self._conversion(name) / size
        return found

    def _conversion(self, species: str) -> float:
        factor = conversion(self.elements, species)
        return self.start.value_of(Name(factor)) if factor else 1.0

    def _made(self, name: str, numbers: Mapping[str, float], rate: Expression) -> Reaction:
        kept = {self.symbols.kept[key]: number for key, number in numbers.items()}
        return Reaction(
            name=self.names.new(name),
            consumes={name: -number for name, number in kept.items() if number < 0},
            produces={name: number for name, number in kept.items() if number > 0},
            rate=Binary("*", Name(self.pace), rate),
        )


def per_volume(law: Expression, volume: str) -> Expression:
    """Return the amount per time that `law` states as one per volume and time."""
    rate = _without_factor(law, volume)
    if rate is not None and volume not in names(rate):
        return rate
    return Binary("/", law, Name(volume))


def _without_factor(law: Expression, name: str) -> Expression | None:
    """Return `law` without its first factor if that is `name`, else None."""
    match law:
        case Binary("*", Name(first), rate) if first == name:
            return rate
        case Binary("*", rate, Name(last)) if last == name:
            return rate
        case Binary("*", left, right):
            rest = _without_factor(left, name)
            return None if rest is None else Binary("*", rest, right)
    return None

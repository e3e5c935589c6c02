"""Kinetics models drawn at random: every role, unit, function and kind of event."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from cartflow.core.parameters import Parameter, parameter
from cartflow.kinetics.density import Scaling
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.scenario import Dose, Event, Jump, Moment, Scenario, Switch
from cartflow.kinetics.species import UNITS_OF_ROLE, Reaction, Role, Species, SpeciesUnit

END = 4.0
# Names that mean something to SBML, to the peer, or to what the export itself adds.
NAMES = ["cart", "tumour", "S", "time", "pi", "e", "gamma", "lambda", "inf", "model", "rate", "I"]
NAMES += ["well_mixed", "at_0", "infusion_1", "x1"]
_RATES = (
    "{k}*{x}",
    "{k}*{x}*{y}/({y} + {h})",
    "{k}*{x}*({y}/{h})^{n}/(1 + ({y}/{h})^{n})",
    "{k}*{x}*exp(-{y}/{h})",
    "{k}*{x}*tanh({y}/{h})",
    "{k}*{x}*log(1 + {y}/{h})",
    "{k}*{x}/sqrt(1 + {y}/{h})",
    "{k}*min({x}, {K})",
    "{k}*max({x} - {K}, 0*{x})",
)
# These would take what is not there, or grow without bound, if they did else than they do.
_GROWTHS = ("{k}*{x}*(1 - {x}/{K})", "{k}*{x}*log({K}/max({x}, 1e-6*{K}))")
_LOSSES = ("{k}*abs({x} - {K})*{x}/{K}", "-{k}*-{x}^2/{K}", "{k}*{K}*({x}/{K})^1.5")


@dataclass(kw_only=True)
class _Draft:
    """What has been drawn of one model so far."""

    generator: Generator
    species: list[Species] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def number(self, low: float, high: float) -> float:
        """Return a number between two, evenly in its logarithm."""
        return float(np.exp(self.generator.uniform(np.log(low), np.log(high))))

    def parameter(self, low: float, high: float, unit: str) -> str:
        """Return the name of a new parameter."""
        name = f"p{len(self.parameters)}"
        value = self.number(low, high)
        self.parameters[name] = parameter(f"{value!r} {unit}", unit)
        return name


def draw(generator: Generator) -> Model:
    """Return a model of 2 to 5 species with a scenario of `END` days."""
    draft = _Draft(generator=generator)
    names = [str(n) for n in generator.permutation(NAMES)]
    roles: list[Role] = ["phenotype", "product", "resident", "solute", "signal"]
    for name in names[: generator.integers(2, 6)]:
        role = roles[generator.integers(len(roles))]
        units = UNITS_OF_ROLE[role]
        unit: SpeciesUnit = "cell/mm^3"
        if unit not in units or generator.random() < 0.3:
            unit = "ng/mm^3" if "ng/mm^3" in units else "1"
        draft.species.append(Species(name=name, role=role, unit=unit, initial=0.0))
    reactions = _reactions(draft, names[len(draft.species) :])
    events = [_event(draft, n) for n in range(generator.integers(0, 5))]
    network = Network(
        name=names[0] if generator.random() < 0.3 else "drawn",
        title="a model drawn at random",
        species=tuple(draft.species),
        parameters=draft.parameters,
        reactions=tuple(reactions),
    )
    start = {s.name: _amount(draft, s, 5.0, 200.0) for s in draft.species}
    scenario = Scenario(
        name="drawn",
        end=parameter(f"{END} day", "day"),
        initial=start,
        events=tuple(e for e in events if not isinstance(e, Switch)),
    )
    extinct = draft.species[0]
    return Model(
        network=network,
        scaling=Scaling(),
        scenarios={"drawn": scenario},
        switches=tuple(e for e in events if isinstance(e, Switch)),
        extinction={extinct.name: _amount(draft, extinct, 1e-3, 3.0)},
    )


def _amount(draft: _Draft, species: Species, low: float, high: float) -> Parameter:
    return parameter(f"{draft.number(low, high)!r} {species.unit}", species.unit)


def _reactions(draft: _Draft, names: list[str]) -> list[Reaction]:
    """Return a loss for each species, and some more with whatever names are left."""
    found = []
    for number, species in enumerate(draft.species):
        k = draft.parameter(0.05, 1.0, "1/day")
        loss = {species.name: 1.0}
        rate = f"{k}*{species.name}"
        found.append(Reaction(name=f"loss_{number}", consumes=loss, rate=rate))
    chosen = [*names[:3], *list(draft.parameters)[:2]]
    found.extend(_reaction(draft, name) for name in chosen)
    return found


def _reaction(draft: _Draft, name: str) -> Reaction:
    generator = draft.generator
    x, y = (draft.species[generator.integers(len(draft.species))] for _ in range(2))
    like = [s.name for s in draft.species if s.unit == x.unit]
    kind, forms = (("change", _RATES), ("growth", _GROWTHS), ("loss", _LOSSES))[
        generator.choice(3, p=[0.6, 0.2, 0.2])
    ]
    text = forms[generator.integers(len(forms))].format(
        x=x.name,
        y=y.name,
        k=draft.parameter(0.01, 0.5, "1/day"),
        K=draft.parameter(20.0, 500.0, x.unit),
        h=draft.parameter(20.0, 500.0, y.unit),
        n=draft.parameter(0.7, 4.0, "1"),
    )
    takes = kind == "loss" or (kind == "change" and generator.random() < 0.6)
    made = {like[generator.integers(len(like))]: float(generator.choice([0.5, 1.0, 2.0]))}
    made = {"change": made, "growth": {x.name: 1.0}, "loss": {}}[kind]
    return Reaction(name=name, consumes={x.name: 1.0} if takes else {}, produces=made, rate=text)


def _event(draft: _Draft, number: int) -> Event:
    generator = draft.generator
    # Some at the start, some at one time.
    days = float(generator.choice([0.0, 1.0, generator.uniform(0.1, 3.0)]))
    moment = Moment(time=parameter(f"{days!r} day", "day"))
    species = draft.species[generator.integers(len(draft.species))]
    kind = generator.integers(4)
    if kind == 0:
        return Jump(moment=moment, factors={species.name: draft.number(0.1, 3.0)})
    if kind == 1:
        name = list(draft.parameters)[generator.integers(len(draft.species))]
        value = parameter(f"{draft.number(0.05, 1.0)!r} 1/day", "1/day")
        return Switch(moment=moment, parameters={name: value})
    lasting = parameter(f"{draft.number(0.01, 0.9)!r} day", "day")
    return Dose(
        species=species.name,
        amount=_amount(draft, species, 10.0, 100.0),
        moment=moment,
        duration=lasting if kind == 2 else None,
    )

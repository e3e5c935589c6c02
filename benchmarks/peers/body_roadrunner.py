"""The mice of the case `body` by libRoadRunner (CVODE), from SBML of the same equations."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.mice import DAYS, MARROW, Mice
from cartflow.kinetics.expressions.grammar import Binary, Call, Expression, Name, Negative, Number

Array = np.ndarray


class RoadRunner:
    """One loaded model; each mouse sets its parameters and initial amounts."""

    def __init__(self, mice: Mice) -> None:
        import antimony
        import roadrunner

        self.mice = mice
        roadrunner.Logger.disableLogging()
        antimony.clearPreviousLoads()
        if antimony.loadAntimonyString(model_text(mice)) < 0:
            raise RuntimeError(antimony.getLastError())
        self.model = roadrunner.RoadRunner(antimony.getSBMLString(antimony.getMainModuleName()))
        size = mice.kinetics.size
        self.model.timeCourseSelections = [f"x{n}" for n in range(size)]
        self.species = [f"x{n}" for n in range(size)]
        found = list(self.model.model.getFloatingSpeciesIds())
        self.rows = [found.index(name) for name in self.species]
        self.names = list(self.model.model.getGlobalParameterIds())
        self.entries = np.nonzero((mice.animals.rates != 0).any(axis=0))

    def values(self, animal: int) -> Array:
        """Return the parameters of a mouse in the model's order."""
        animals, kinetics = self.mice.animals, self.mice.kinetics
        known = {"site": animals.volumes[animal, 0]}
        known |= {
            f"k{t}_{s}": animals.rates[animal, t, s] for t, s in zip(*self.entries, strict=True)
        }
        known |= {
            f"p{n}": animals.parameters[animal, 0, n]
            for n in range(len(kinetics.network.parameters))
        }
        return np.array([known[name] for name in self.names])

    def course(self, animal: int, tolerance: float, absolute: float) -> tuple[Array, float]:
        """Return the states on all days and the seconds that they took."""
        model = self.model
        values, start = self.values(animal), self.mice.state(animal)
        amounts = np.empty_like(start)
        amounts[self.rows] = start
        model.integrator.relative_tolerance = tolerance
        model.integrator.absolute_tolerance = tolerance * absolute
        before = time.perf_counter()
        model.reset()
        model.model.setGlobalParameterValues(values)
        model.model.setFloatingSpeciesAmounts(amounts)
        found = np.array(model.simulate(DAYS[0], DAYS[-1], len(DAYS)))
        return found, time.perf_counter() - before


def model_text(mice: Mice) -> str:
    """Return the model in Antimony: amounts in a compartment of size 1, one reaction an arc."""
    kinetics = mice.kinetics
    count = len(kinetics.organs.names)
    targets, sources = np.nonzero((mice.animals.rates != 0).any(axis=0))
    lines = ["model mouse", "compartment body; body = 1"]
    lines += [f"substanceOnly species x{n} in body; x{n} = 0" for n in range(kinetics.size)]
    for t, s in zip(targets, sources, strict=True):
        lines.append(f"k{t}_{s} = {'1' if t != s else '-1'}")
        if t != s:
            lines += [
                f"a{p}_{t}_{s}: x{p * count + s} -> x{p * count + t}; k{t}_{s}*x{p * count + s}"
                for p in range(len(kinetics.phenotypes))
            ]
    names = {
        name: f"(x{kinetics.row(name, MARROW)}/site)" for name in kinetics.network.species_names
    }
    for number, name in enumerate(kinetics.network.parameters):
        names[name] = f"p{number}"
        lines.append(f"p{number} = 1")
    lines.append("site = 1")
    for reaction, tree in zip(
        kinetics.network.reactions, kinetics.network.expressions, strict=True
    ):
        sides = [
            " + ".join(f"{n:g} x{kinetics.row(name, MARROW)}" for name, n in side.items())
            for side in (reaction.consumes, reaction.produces)
        ]
        lines.append(f"{sides[0]} -> {sides[1]}; site*{_formula(tree, names)}")
    return "\n".join([*lines, "end"])


def _formula(tree: Expression, names: dict[str, str]) -> str:
    match tree:
        case Number(value):
            return repr(value)
        case Name(name):
            return names[name]
        case Negative(operand):
            return f"(-{_formula(operand, names)})"
        case Binary(operator, left, right):
            return f"({_formula(left, names)} {operator} {_formula(right, names)})"
        case Call(function, arguments):
            return f"{function}({', '.join(_formula(a, names) for a in arguments)})"

"""Runs of one system with steps that are given, and differences of them: nothing of tangents."""

from dataclasses import replace

import numpy as np

from cartflow.core.dual import SMALL
from cartflow.core.entries import entries_of
from cartflow.coupling.ledger import Ledger
from cartflow.coupling.line.arrays import Body, Mesh, Plan
from cartflow.coupling.line.counting import Counts, count, none_counted
from cartflow.coupling.line.ends import filled, shared
from cartflow.coupling.line.plan import plan as plan_of
from cartflow.coupling.line.room import combined
from cartflow.coupling.line.room import room as room_of
from cartflow.coupling.line.saving import weigh
from cartflow.coupling.line.stages import stages
from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.tangents.changes import smooth
from cartflow.coupling.tangents.direction import System
from cartflow.coupling.together import Together
from cartflow.kinetics.compiled.network import dual_addresses
from cartflow.study.numbers import StudyNumbers

# Of f(j h) - f(-j h), order eight.
WEIGHTS = (4 / 5, -1 / 5, 4 / 105, -1 / 280)


def dual_plan(plan, slopes, code):
    """Return `plan` as dual numbers, from the slopes of `smooth(plan)` to one number."""
    pairs = zip(smooth(plan), slopes, strict=True)
    of = type(smooth(plan))(*(value + 1j * SMALL * slope for value, slope in pairs))
    return Plan(
        mesh=Mesh(*of[: len(Mesh._fields)]),
        drift=plan.drift._replace(
            sensitivity=of.sensitivity, half_saturation=of.half_saturation, ceiling=of.ceiling
        ),
        kinetics=plan.kinetics._replace(
            rates=code.rates, slopes=code.jacobian, parameters=of.parameters, weight=of.weight
        ),
        body=Body(
            rates=of.rates,
            # A way that there is not may come with a number.
            links=entries_of(of.rates),
            onward=of.onward,
            products=plan.body.products,
            arrival=of.arrival,
            egress=of.egress,
            node=plan.body.node,
        ),
        crossings=plan.crossings._replace(gain=of.let_in, loss=of.let_out),
    )


class Recorded(Together):
    """A run as it is, whose steps are kept."""

    def __init__(self, simulation):
        self.steps = []
        super().__init__(
            simulation.coupled, simulation.control, simulation.initial, simulation.save_times[0]
        )

    def _move(self, new, stepper):
        passed = [state.time for state in stepper.passed]
        self.steps.append((stepper.steps, stepper.days, stepper.saves, passed))
        super()._move(new, stepper)


class Frozen(Together):
    """A run with the steps of another."""

    kind = float

    def __init__(self, simulation, steps):
        self.script = iter(steps)
        self.steppers = {}
        super().__init__(
            simulation.coupled, simulation.control, simulation.initial, simulation.save_times[0]
        )

    def parts(self):
        """Return the stepper of now, its plan and room, and what is infused."""
        if id(self.coupled) not in self.steppers:
            self.steppers[id(self.coupled)] = LineStepper(self.coupled, self.control)
        stepper = self.steppers[id(self.coupled)]
        return stepper, stepper.plan, stepper.room, self.coupled.dosing.infusion(self.state.time)

    def _step(self, event):
        stepper, plan, room, (supply, injected) = self.parts()
        old, floor = self.state, self._least_counted()
        before = self.wholes.above(old) if self.wholes.may_fall else None
        u, body = np.array(old.tumour, order="C"), np.array(old.body.T, order="C")
        places = len(self.coupled.engine.problem.places)
        counts = none_counted(stepper.plan, places, kind=self.kind)
        steps, days, saves, passed = next(self.script)
        method, flow, found = stepper.method, np.ascontiguousarray(supply.T), []
        for step, h in enumerate(steps):
            for n in np.flatnonzero(saves.step[: len(passed)] == step):
                share, weights = saves.share[n], np.empty_like(method.m)
                weigh(method, share, weights)
                weights, part = (method.m, share * h) if saves.apart[n] else (weights, h)
                stages(plan, method, part, u, body, flow, room)
                self.combine(plan, weights, u, body, floor, room)
                mine = Counts(*(each.copy() for each in counts))
                count(plan, method, weights, part, share * h, mine, room)
                found.append((room.u.copy(), room.body.copy(), mine))
            stages(plan, method, h, u, body, flow, room)
            self.combine(plan, method.m, u, body, floor, room)
            u[:], body[:] = room.u, room.body
            count(plan, method, method.m, h, h, counts, room)
        end = old.time + days[-1]
        times = [*passed, event if np.isclose(end, event, rtol=1e-14) else end]
        states = []
        for time, day, (tissue, cells, mine) in zip(
            times, days, [*found, (u, body, counts)], strict=True
        ):
            # It takes out of the body what was gathered there.
            ledger = self.counted(stepper, old.ledger, mine, cells, (supply, injected, day))
            new = replace(old, time=time, body=cells.T.copy(), tumour=tissue, ledger=ledger)
            states.append(new)
        *self._passed_states, self.state = states
        if before is not None:
            self._empty(before)

    def counted(self, stepper, old, counts, body, given):
        supply, injected, days = given
        infused = (supply.sum(axis=0) + self.coupled.of_all(injected)) * days
        counts, cells = Counts(*(each[None] for each in counts)), body[None]
        return stepper.counted(old, counts, cells, infused[None])[0]

    def combine(self, plan, weights, u, body, floor, room):
        """Write the state by the stages' weights to the room, never negative."""
        combined(weights, weights.size, u, body, room)
        for s in range(len(u)):
            filled(room.u[s], plan.mesh.held[s], floor[s], room)
        for p in range(len(body)):
            shared(room.body[p], floor[plan.body.products[p]])


class Complex(Frozen):
    """A run with the steps of another, and a number that has a small imaginary part.

    The run's own loops work on complex arrays, factors of matrices and all; there are no tangents.
    """

    kind = complex

    def __init__(self, simulation, steps, direction):
        self.direction, self.made = direction, {}
        super().__init__(simulation, steps)
        self.states = [self.state]

    def changed(self, parts):
        """Return arrays made of the system, with what changes with the number beside them."""
        base = parts(System(self.base, self.initial))
        slopes = self.direction.slopes(parts)
        return [
            np.add(value, 1j * SMALL * slope) for value, slope in zip(base, slopes, strict=True)
        ]

    def _arrive(self):
        if not self.given and self.state.ledger.born.dtype == float:
            self.initial = self.state.tumour
            tumour = self.changed(lambda s: [s.initial])[0]
            volumes = self.changed(lambda s: [s.coupled.volumes])[0]
            names = self.state.ledger.__annotations__
            ledger = Ledger(**{n: getattr(self.state.ledger, n) + 0j for n in names})
            ledger.infused[: len(self.base.products)] = tumour[self.base.products] @ volumes
            self.state = replace(
                self.state, tumour=tumour, body=self.state.body + 0j, ledger=ledger
            )
        super()._arrive()

    def _give(self, i, dose):
        tumour, body, infused = self.changed(lambda s: s.coupled.dosing.bolus(s.coupled.doses[i]))
        new, ledger = self.state.tumour.copy(), self.state.ledger.copy()
        new[self.base.products] += tumour
        ledger.infused += infused
        self.state = replace(self.state, tumour=new, body=self.state.body + body, ledger=ledger)

    def _least_counted(self):
        dual = self.state
        names = dual.ledger.__annotations__
        ledger = Ledger(**{n: getattr(dual.ledger, n).real for n in names})
        self.state = replace(dual, tumour=dual.tumour.real, ledger=ledger)
        floor = super()._least_counted()
        self.state = dual
        return floor

    def parts(self):
        stepper, plan, _, _ = super().parts()
        time = self.state.time
        if id(stepper) not in self.made:
            slopes = self.direction.slopes(lambda s: smooth(plan_of(s.coupled.at(time))))
            code = dual_addresses(self.base.engine.problem.network)
            dual = dual_plan(plan, slopes, code)
            self.made[id(stepper)] = dual, room_of(plan, stepper.method.m.size, complex)
        dual, room = self.made[id(stepper)]
        return stepper, dual, room, self.changed(lambda s: s.coupled.dosing.infusion(time))

    def counted(self, stepper, old, counts, body, given):
        supply, injected, days = given
        parts = []
        for part in (np.real, np.imag):
            ledger = Ledger(**{n: part(getattr(old, n)).copy() for n in old.__annotations__})
            mine = Counts(*(part(each) for each in counts))
            flows = (part(supply), part(injected), days)
            parts.append(super().counted(stepper, ledger, mine, part(body).copy(), flows))
        for name in ("lost", "handed_over"):
            body[:, self.base.network.index(name)] = 0.0
        real, imaginary = parts
        names = old.__annotations__
        return Ledger(**{n: getattr(real, n) + 1j * getattr(imaginary, n) for n in names})


def run(kind, simulation, *more):
    """Return a run that has gone to the end."""
    going = kind(simulation, *more)
    going.through(simulation.save_times)
    return going


def everything(states):
    """Return all saved values of a run in one array a state: tumour, body, accounts."""
    parts = [
        [
            s.tumour.ravel(),
            s.body.ravel(),
            s.ledger.inflow,
            s.ledger.born,
            s.ledger.died,
            s.ledger.infused,
            s.ledger.egress,
            s.ledger.converted,
            s.ledger.came,
            s.ledger.went,
        ]
        for s in states
    ]
    return np.array([np.concatenate(each) for each in parts])


def differences(study, name, steps, share):
    """Return d(everything)/d(ln number) by eighth order differences of runs with equal steps."""
    numbers = StudyNumbers(study=study)
    value = numbers.with_geometry[name].value

    def at(j):
        simulation = numbers.varied({name: value * (1.0 + j * share)}).simulation
        return everything(run(Frozen, simulation, steps).states)

    return sum(w * (at(j) - at(-j)) for j, w in enumerate(WEIGHTS, start=1)) / share


def complex_differences(simulation, steps, direction):
    """Return d(everything)/d(ln number) by the run's own code on complex numbers."""
    return everything(run(Complex, simulation, steps, direction).states).imag / SMALL

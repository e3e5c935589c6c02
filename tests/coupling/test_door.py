"""The door: well mixed, the coupled tumour must be the lumped organ of the network.

With a large diffusivity, no kinetics and vessels everywhere, the tissue is one pool; the organ
network with a lumped tumour then has an exact solution to compare with, in every organ.
"""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.core.stepping import StepControl
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.study.study import Study

TEXT = """
title = "A well mixed tumour"
[body]
name = "{body}"
[trafficking]
name = "{trafficking}"
{doses}
[tumour]
host = "{host}"
{tumour}
[geometry]
shape = "ball"
radius = "{radius}"
cells = 3
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "{diffusivity} mm^2/day"
initial = "{initial} cells/mm^3"
[time]
end = "{end}"
save = [{save}]
"""
BOLUS = '[[doses]]\ncells = "3e6 cells"'


def study(
    body="mouse_28g",
    trafficking="khot2019",
    doses=BOLUS,
    host="flank",
    tumour="",
    radius="2.5 mm",
    diffusivity=1e3,
    initial=0,
    end="3 day",
    save='"1 min", "1 hour", "6 hour", "1 day"',
):
    return Study.from_text(TEXT.format(**locals()))


class Lumped:
    """The same study with the tumour's tissue as a compartment, solved exactly."""

    def __init__(self, of):
        table = of.table
        self.network = organ_network(
            load_body(table.body.name),
            load_trafficking(table.trafficking.name),
            tumour=of.vessels(),
            lumped=True,
        )
        self.coupled = of.simulation.coupled
        self.stepper = NetworkStepper(network=self.network)
        self.start = np.zeros((len(self.network.compartments), 1))
        cells = self.coupled.in_tumour(of.simulation.initial)
        self.start[self.network.index("tumour_tissue")] = cells

    def at(self, end):
        """Return the cells at `end`, with every dose given until then."""
        cells, time, venous = self.start, 0.0, self.network.index("venous")
        events = {t for d in self.coupled.doses for t in (d.time, d.end)}
        for event in sorted({*(t for t in events if t <= end), end}):
            supply = np.zeros_like(cells)
            for dose in self.coupled.doses:
                supply[venous] += dose.rate if dose.time <= time < dose.end else 0.0
            cells = self.stepper.step(cells, event - time, supply)
            for dose in self.coupled.doses:
                if dose.bolus and dose.time == event:
                    cells = cells.copy()
                    cells[venous] += dose.cells
            time = event
        return cells[:, 0]

    def found(self, state):
        """Return the coupled state's cells in the order of the lumped compartments."""
        own = self.coupled.network
        special = {
            "lost": state.ledger.died[0],
            "handed_over": 0.0,
            "tumour_tissue": self.coupled.in_tumour(state.tumour)[0],
        }
        return np.array(
            [
                special[n] if n in special else state.body[own.index(n), 0]
                for n in self.network.names
            ]
        )

    def error(self, state, organ=None):
        """Return the largest relative error of any organ, or that of one."""
        exact, found = self.at(state.time), self.found(state)
        filled = exact > 0
        if organ is not None:
            filled &= np.arange(exact.size) == self.network.index(organ)
            return np.max(np.abs(found[filled] / exact[filled] - 1.0))
        assert np.all(found[~filled] == 0)
        return np.max(np.abs(found[filled] / exact[filled] - 1.0), initial=0.0)


def worst(of, control=None):
    simulation = of.simulation
    if control is not None:
        simulation = replace(simulation, control=control)
    record = simulation.run()
    assert record.outcome.status == "finished", record.outcome
    lumped = Lumped(of)
    assert len(record.states) == len(simulation.save_times)
    return max(lumped.error(state) for state in record.states)


def test_both_networks_differ_in_the_tumours_tissue_only():
    of = study()
    assert set(Lumped(of).network.names) - set(of.organs.names) == {"tumour_tissue"}
    assert Lumped(of).network.egress_rate == of.organs.egress_rate
    assert np.all(of.simulation.coupled.engine.problem.egress == of.organs.egress_rate)


INFUSION = '[[doses]]\ncells = "2e6 cells"\ntime = "6 hour"\nduration = "18 hour"'
TWO = BOLUS + '\n[[doses]]\ncells = "1e6 cells"\ntime = "2 day"'
CASES = {
    "mouse": {},
    "mouse, singh2020": {"trafficking": "singh2020"},
    "mouse, two doses": {"doses": TWO},
    "mouse, infusion": {"doses": BOLUS + "\n" + INFUSION},
    "mouse, infusion alone": {"doses": INFUSION},
    "man, lung": {"body": "human_male", "host": "lung", "radius": "15 mm"},
    "man, brain": {"body": "human_male", "host": "brain", "radius": "15 mm"},
    "mouse, rim-fed": {
        "tumour": 'feeding = "rim"\nboundary = "rim"',
        "end": "1 hour",
        "save": '"1 min"',
    },
}


@pytest.mark.parametrize("case", CASES)
def test_default_run_is_the_lumped_organ_in_every_organ(case):
    assert worst(study(**CASES[case])) < 1e-6


def test_reference_engine_is_as_close():
    settings = {"solver.engine": "fipy", "solver.tolerance": 1e-4}
    text = TEXT.format(**CASE_BY_FIPY)
    assert worst(Study.from_text(text, settings=settings)) < 1e-3


CASE_BY_FIPY = {
    "body": "mouse_28g",
    "trafficking": "khot2019",
    "doses": BOLUS,
    "host": "flank",
    "tumour": "",
    "radius": "2.5 mm",
    "diffusivity": 1e3,
    "initial": 0,
    "end": "6 hour",
    "save": '"1 min", "1 hour"',
}


def test_the_error_falls_with_the_tolerance():
    of = study(end="1 day", save='"6 hour"')
    tolerances = 1e-4, 1e-6, 1e-8, 1e-10
    errors = [worst(of, StepControl(tolerance=each)) for each in tolerances]
    assert np.all(np.array(errors) < 0.1 * np.array(tolerances))
    # A hundredth of the tolerance is 30 to 160 times as exact, third order and more; one time
    # by itself, at 1e-10, 23 times.
    falls = np.divide(errors[:-1], errors[1:])
    assert np.all(falls > 20)
    assert np.prod(falls) ** (1 / len(falls)) > 30


def graded(steps, end=2.0, steepness=9.0):
    """Return times from 0 to `end` whose steps grow by the same factor."""
    return end * np.expm1(steepness * np.linspace(0, 1, steps + 1)) / np.expm1(steepness)


def test_plain_steps_are_second_order_in_the_tissue_from_a_smooth_start():
    # Cells start in the tumour and leave it: nothing is faster than the steps.
    of = study(doses="", initial=500, end="1 day", save="")
    lumped, errors = Lumped(of), []
    for steps in (40, 80):
        control = StepControl(fixed=True, initial_step=1.0 / steps, maximum_step=1.0)
        record = replace(of.simulation, control=control).run()
        assert record.accepted_steps == steps
        errors.append(lumped.error(record.states[-1], "tumour_tissue"))
    assert np.log2(errors[0] / errors[1]) >= 1.9, errors


def test_plain_steps_are_second_order_from_a_bolus_on_graded_steps():
    of = study(end="2 day", save="")
    coupled, lumped, errors = of.simulation.coupled, Lumped(of), []
    for steps in (40, 80):
        state = coupled.given(coupled.doses[0], coupled.start(of.simulation.initial, 0.0))
        for dt in np.diff(graded(steps)):
            state = coupled.step(state, dt)
        errors.append(lumped.error(replace(state, time=2.0)))
    assert np.log2(errors[0] / errors[1]) >= 1.9, errors


def test_extrapolated_steps_are_of_higher_order_from_a_bolus_on_graded_steps(monkeypatch):
    # Of body and tumour that take turns; as one system they are of another method.
    monkeypatch.setattr(Simulation, "one_system", property(lambda _: False))
    of = study(end="0.5 day", save="")
    # So loose a control takes every step from save time to save time at once.
    control = StepControl(tolerance=0.1, initial_step=1.0, maximum_step=1.0)
    lumped, errors = Lumped(of), []
    for steps in (120, 240):
        times = tuple(graded(steps, 0.5))
        record = replace(of.simulation, control=control, save_times=times).run()
        assert (record.accepted_steps, record.rejected_steps) == (steps, 0)
        errors.append(lumped.error(record.states[-1]))
    assert errors[1] < 1e-9
    assert np.log2(errors[0] / errors[1]) >= 1.9, errors

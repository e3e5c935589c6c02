"""Disease in the marrow, with and without a solid tumour, beside other solutions of the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import solve_ivp

from cartflow.core.stepping import StepControl
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import residual
from cartflow.coupling.record import Record
from cartflow.kinetics.files.load import load
from cartflow.kinetics.runs.ode import integrate as well_mixed
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.observables import in_body
from cartflow.pbpk.organs.equations import OrganEquations
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.organs.run import integrate
from cartflow.study.study import Study

Array = np.ndarray

MARROW = """
title = "Leukaemia in the marrow"
[body]
name = "human_male"
[trafficking]
name = "singh2020"
[[doses]]
cells = "1e8 cells"
phenotype = "cart_inactive"
[organs.bone_marrow.kinetics]
models = ["liu2022"]
[organs.bone_marrow.initial]
tumour = { value = "2200.24 cells/mm^3", source = "liu2022", standing = "transcribed" }
[time]
end = "60 days"
every = "2 days"
[solver]
tolerance = 1e-8
"""
BOTH = """
title = "Disease in the marrow and a tumour in the flank"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[organs.bone_marrow.kinetics]
models = ["predator_prey_exhaustion"]
[organs.bone_marrow.initial]
tumour = "1e4 cells/mm^3"
[tumour]
host = "flank"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 4
[kinetics]
models = ["predator_prey_exhaustion"]
[fields.cart]
diffusivity = "0.01 mm^2/day"
initial = "500 cells/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "1 day"
save = []
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Marrow:
    """The marrow's course in a run and by SciPy, shape (times, species), and the balance."""

    times: Array
    names: tuple[str, ...]
    found: Array
    expected: Array
    imbalance: float


def marrow() -> Marrow:
    """Return a run of a leukaemia, and the same equations by SciPy's Radau."""
    run = Study.from_text(MARROW).prepared
    assert isinstance(run, BodyAlone)
    assert run.kinetics is not None
    record, kinetics = run.run(), run.kinetics
    assert kinetics is not None
    found = [run.organs.densities(s.body, s.residents)[0] for s in record.states]
    start, equations = kinetics.start, OrganEquations(kinetics=kinetics)
    start[kinetics.row("cart_inactive", "venous")] += run.doses[0].cells
    exact = solve_ivp(
        lambda _, y: equations.change(y),
        (0.0, run.save_times[-1]),
        start,
        "Radau",
        t_eval=run.save_times,
        rtol=1e-10,
        atol=1e-7,
        jac=lambda _, y: equations.jacobian(y),
    )
    return Marrow(
        times=np.array(run.save_times),
        names=kinetics.network.species_names,
        found=np.array(found),
        expected=exact.y.T[:, kinetics.places[0]] / kinetics.volumes[0],
        imbalance=_imbalance(record, run),
    )


def cut_off() -> float:
    """Return the largest relative gap of a marrow without flow to the well-mixed model."""
    network, initial = load("liu2022"), {"tumour": 2200.24, "cart_inactive": 16.46}
    names = ("venous", "marrow", "lost", "handed_over")
    organs = OrganNetwork(
        compartments=tuple(
            Compartment(name=n, organ=n if n in names[:2] else "", space="tissue", volume=7.0)
            for n in names
        ),
        rates=np.zeros((4, 4)),
        parameters={},
    )
    site = Site(compartment="marrow", initial=initial)
    kinetics = OrganKinetics(organs=organs, network=network, sites=(site,))
    times = np.array([0.0, 1.0, 3.0, 10.0])
    found = integrate(kinetics, [], times, 1e-11).states[0][:, kinetics.places[0]] / 7.0
    exact = well_mixed(network, initial, times, rtol=1e-12, atol=1e-13)
    return float(np.max(np.abs(found - exact) / np.maximum(exact, 1e-3)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Together:
    """Errors of plain steps beside one stiff solution, (steps, quantities), and the balance."""

    steps: tuple[int, ...]
    quantities: tuple[str, ...]
    errors: Array
    imbalance: float

    def orders(self) -> Array:
        """Return the order between the last two numbers of steps, by quantity."""
        return np.asarray(np.log2(self.errors[-2] / self.errors[-1]))


def together(steps: tuple[int, ...] = (32, 64, 128)) -> Together:
    """Return marrow and a uniform tumour coupled, beside both as organs of one stiff system."""
    study = Study.from_text(BOTH)
    exact, places = _as_organs(study)
    simulation, errors, worst = study.simulation, [], 0.0
    coupled = simulation.coupled
    marrow_place = coupled.network.index("bone_marrow_tissue")
    for number in steps:
        control = StepControl(fixed=True, initial_step=1.0 / number, maximum_step=1.0)
        record = replace(simulation, control=control, save_times=(0.0, 1.0)).run()
        state = record.states[-1]
        found = {
            "CAR T cells in the marrow": state.body[marrow_place, 0],
            "disease in the marrow": state.residents[0, 0],
            "CAR T cells in the tumour": state.tumour[0] @ coupled.volumes,
        }
        errors.append([abs(found[n] / exact[p] - 1.0) for n, p in places.items()])
        worst = max(worst, _imbalance(record, coupled))
    return Together(steps=steps, quantities=tuple(places), errors=np.array(errors), imbalance=worst)


def _as_organs(study: Study) -> tuple[Array, dict[str, int]]:
    """Return the state after a day of body, marrow and tumour as one, and where to look."""
    vessels = study.vessels()
    organs = organ_network(study.body, study.trafficking, tumour=vessels, lumped=True)
    sites = (
        Site(compartment="bone_marrow_tissue", initial={"tumour": 1e4}),
        Site(
            compartment="tumour_tissue",
            initial={"tumour": 2e4, "cart": 500.0},
            volume=vessels.volume,
        ),
    )
    kinetics = OrganKinetics(organs=organs, network=study.kinetics, sites=sites)
    state = integrate(kinetics, [], [0.0, 1.0], 1e-11).states[0, -1]
    return state, {
        "CAR T cells in the marrow": kinetics.row("cart", "bone_marrow_tissue"),
        "disease in the marrow": kinetics.row("tumour", "bone_marrow_tissue"),
        "CAR T cells in the tumour": kinetics.row("cart", "tumour_tissue"),
    }


def _imbalance(record: Record, run: Coupled | BodyAlone) -> float:
    """Return the largest |residual| / (infused + born) of any saved time."""
    worst = 0.0
    for state in record.states:
        body = in_body(run.network, state.body)
        tumour = run.in_tumour(state.tumour)
        gap = residual(state.ledger, body, tumour, np.zeros_like(body))
        turnover = state.ledger.infused.sum() + state.ledger.born.sum()
        worst = max(worst, float(abs(gap.sum()) / turnover))
    return worst

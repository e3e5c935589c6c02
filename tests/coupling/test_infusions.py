"""Infusions of any length, by vein and into the tumour: all cells come, and all through a step."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.core.parameters import parameter
from cartflow.kinetics.files.load import load_model, names
from cartflow.kinetics.files.local_model import local_model
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.scenario import Dose, Moment, Scenario
from cartflow.pbpk.doses import Dose as BodyDose
from cartflow.pbpk.flows.observables import in_body
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.study.study import Study

STUDY = """
title = "An infusion"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "3e5 cells"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 3
[tumour]
host = "flank"
injection_region = "all"
[kinetics]
models = ["none"]
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "2 days"
every = "1 day"
"""
# Nothing comes or goes but by the needle.
CLOSED = {"tumour.egress_rate": "0 1/day", "tumour.plasma_flow": "1e-9 mL/min/mL"}
GEOMETRIES = {
    "ball": {"shape": "ball", "radius": "2 mm", "cells": 3},
    "rectangle": {"shape": "box", "lengths": ["2 mm", "2 mm"], "cells": [3, 3]},
    "box": {"shape": "box", "lengths": ["2 mm", "2 mm", "2 mm"], "cells": [2, 3, 3]},
}


def study(**settings):
    return Study.from_text(STUDY, settings={k.replace("__", "."): v for k, v in settings.items()})


def dose(route, duration, time="0 day"):
    return [{"cells": "3e5 cells", "route": route, "duration": duration, "time": time}]


def run_of(of):
    record = of.simulation.run()
    assert record.outcome.status == "finished", record.outcome
    for state in record.states:
        ledger = state.ledger
        body = in_body(of.simulation.coupled.network, state.body)
        gained = ledger.infused + ledger.born - ledger.died + ledger.converted
        gap = gained - body - of.simulation.coupled.in_tumour(state.tumour)
        assert np.abs(gap).max() <= 1e-10 * (ledger.infused.sum() + ledger.born.sum())
    return record


@pytest.mark.parametrize("route", ["intravenous", "intratumoural"])
@pytest.mark.parametrize("duration", ["1 ns", "20 ns", "1 us", "1 ms", "1 s", "1 day"])
def test_all_cells_are_given_however_short_it_is(route, duration):
    of = study(
        doses=dose(route, duration, "1000 days"), time__end="1001 days", time__every="1001 days"
    )
    record = run_of(of)
    assert record.states[-1].ledger.infused[0] == pytest.approx(3e5, rel=1e-12)


def test_a_dose_whose_end_is_lost_when_times_are_rounded_is_a_bolus():
    given = BodyDose(route="intravenous", cells=1e6, phenotype="cart", time=1e6, duration=1e-14)
    assert given.bolus
    short = BodyDose(route="intravenous", cells=1e6, phenotype="cart", time=30.0, duration=1e-14)
    assert not short.bolus
    assert short.rate * (short.end - short.time) == pytest.approx(1e6, rel=1e-15)


def alone(name, cells, days, density):
    """Return the course of a model alone, of an infusion of so many cells/mm3 over some days."""
    model = load_model(name)
    given = Dose(
        species=model.network.species_names[0],
        amount=parameter(f"{cells!r} cell/mm^3", "cell/mm^3"),
        moment=Moment(time=parameter("0 day", "day")),
        duration=parameter(f"{days!r} day", "day"),
    )
    return run(
        model,
        Scenario(
            name="infusion",
            end=parameter("2 day", "day"),
            initial={"tumour": parameter(density, "cell/mm^3")},
            events=(given,),
        ),
    )


@pytest.mark.parametrize("geometry", ["ball", "rectangle", "box"])
@pytest.mark.parametrize("name", ["predator_prey_exhaustion", "effector_memory_exhausted"])
def test_an_infusion_into_a_uniform_tumour_is_that_of_the_model_alone(name, geometry):
    of = study(
        doses=dose("intratumoural", "30 min"),
        kinetics__models=[name],
        geometry=GEOMETRIES[geometry],
        solver__tolerance=1e-8,
        **CLOSED,
    )
    record = run_of(of)
    course = alone(name, 3e5 / of.geometry.volume, 30 / 1440, "2e4 cell/mm^3")
    for state in record.states[1:]:
        exact = course.at(state.time)[0]
        assert np.ptp(state.tumour, axis=1) == pytest.approx(0, abs=1e-9 * exact.max())
        np.testing.assert_allclose(state.tumour.mean(axis=1), exact, rtol=2e-6, atol=1e-7)


def test_the_reference_engine_takes_an_infusion_through_the_step():
    of = study(
        doses=dose("intratumoural", "0.5 day"),
        kinetics__models=["predator_prey_exhaustion"],
        solver={"engine": "fipy", "tolerance": 1e-5},
        time__end="1 day",
        **CLOSED,
    )
    record = run_of(of)
    exact = alone("predator_prey_exhaustion", 3e5 / of.geometry.volume, 0.5, "2e4 cell/mm^3").at(
        1.0
    )[0]
    np.testing.assert_allclose(record.states[-1].tumour.mean(axis=1), exact, rtol=1e-3)


def test_cells_infused_drain_as_they_come():
    """A well-mixed tumour of 1.1/day: r/k (1 - exp(-k T)) are there at the end of the infusion."""
    of = study(
        doses=dose("intratumoural", "1 day"),
        **{"tumour.egress_rate": "1.1 1/day", "tumour.plasma_flow": "1e-9 mL/min/mL"},
    )
    record = run_of(of)
    inside = of.simulation.coupled.in_tumour(record.states[1].tumour)[0]
    assert inside == pytest.approx(3e5 / 1.1 * -np.expm1(-1.1), rel=1e-6)


ALL = ["intratumoural", "intravenous"]


@pytest.mark.parametrize("route", ALL)
@pytest.mark.parametrize("duration", ["0 s", "1 s", "30 min", "1 day"])
@pytest.mark.parametrize(
    "models",
    [
        ("predator_prey_exhaustion",),
        ("effector_memory_exhausted",),
        ("predator_prey_exhaustion", "chemokine", "matrix_degradation"),
        ("kirouac2023",),
    ],
    ids="+".join,
)
def test_every_infusion_finishes(models, route, duration):
    settings = {"kinetics.models": list(models), "time.end": "1.2 days"}
    if "matrix_degradation" in models:
        settings["tissue"] = {"porosity": 0.2, "open_porosity": 0.6, "matrix": "ecm"}
    run_of(study(doses=dose(route, duration), **settings))


HOSTS = {
    "intravenous": "flank",
    "intratumoural": "flank",
    "hepatic_artery": "liver",
    "carotid_artery": "brain",
    "intrapleural": "pleura",
    "intraventricular": "brain",
}
# Whole-body models, and those without cells that travel.
ALONE = {
    "approved_products",
    "brummer2022",
    "chemokine",
    "conte2025",
    "kareva_gevertz2023",
    "kimmel2021",
    "lymphodepletion",
    "owens2021",
    "stein2019",
    "yiu2012",
}


def start_of(name):
    """Return the fields that start as in the model's first scenario, and a tumour in any case."""
    model = load_model(name)
    first = next(iter(model.scenarios.values()), None)
    found = {}
    for species in local_model([model]).network.species:
        given = None if first is None else first.initial.get(species.name)
        density = 0.0 if given is None else given.value
        if density == 0 and species.name.startswith("tumour"):
            density = 2e4
        found[species.name] = {"initial": f"{density!r} {species.unit}"}
        if species.role == "phenotype":
            found[species.name]["diffusivity"] = "2 um^2/min"
    return found


@pytest.mark.slow
@pytest.mark.parametrize("route", HOSTS)
@pytest.mark.parametrize("name", sorted(set(names()) - ALONE))
def test_every_model_finishes_by_every_route_and_duration(name, route):
    cavity = {"tumour.cavity_entry_rate": "0.5 1/day"} if route.startswith("intrap") else {}
    for duration in ("0 s", "1 s", "30 min", "1 day"):
        run_of(
            study(
                doses=dose(route, duration),
                kinetics__models=[name],
                fields=start_of(name),
                tumour__host=HOSTS[route],
                time__end="1.5 days",
                time__every="0.5 day",
                **cavity,
            )
        )


@pytest.mark.parametrize("duration", ["1 s", "30 min"])
@pytest.mark.parametrize(
    "models", [("predator_prey", "matrix_degradation"), ("singh2020",)], ids="+".join
)
def test_the_reference_engine_finishes_them_too(models, duration):
    """What infused cells make goes with the square of time, where first-order steps never do."""
    of = study(
        doses=dose("intratumoural", duration),
        kinetics__models=list(models),
        solver={"engine": "fipy", "tolerance": 1e-3},
        time__end="1 h",
    )
    run_of(of)


def body_alone(**settings):
    text = STUDY[: STUDY.index("[geometry]")] + STUDY[STUDY.index("[time]") :]
    return Study.from_text(text, settings={k.replace("__", "."): v for k, v in settings.items()})


def test_a_body_alone_is_its_linear_system():
    of = body_alone(doses=dose("intravenous", "6 h"))
    result = of.run().require_finished()
    assert result.tree.attrs["extinct"] == ""
    assert "step_tolerance" not in result.tree.attrs
    network = of.prepared.network
    stepper = NetworkStepper(network=network)
    rate = network.entry("intravenous")[:, None] * 3e5 / 0.25
    exact = stepper.step(stepper.step(np.zeros_like(rate), 0.25, rate), 1.75)
    assert float(result.tree["balance/died"][-1, 0]) == pytest.approx(
        exact[network.index("lost"), 0], rel=1e-12
    )
    cells = result.tree["body/cells"].sel(phenotype="cart").isel(time=-1)
    liver = exact[network.index("liver_tissue"), 0]
    assert float(cells.sel(organ="liver", space="tissue")) == pytest.approx(liver, rel=1e-12)
    assert result.summary()["relative_residual"] < 1e-13


def test_a_body_alone_may_have_several_phenotypes_or_no_dose():
    of = body_alone(doses=[*dose("intravenous", "0 s"), {"cells": "1 cell", "phenotype": "memory"}])
    assert of.run().tree["phenotype"].values.tolist() == ["cart", "memory"]
    assert float(body_alone(doses=[]).run().summary()["infused"]) == 0


def few_cells(engine, **settings):
    solver = {"engine": engine, "tolerance": 1e-3} if engine == "fipy" else {"engine": engine}
    return study(
        doses=dose("intravenous", "0 s"),
        geometry={"shape": "ball", "radius": "1 mm", "cells": 2},
        solver=solver,
        **settings,
    )


@pytest.mark.parametrize("engine", ["fast", pytest.param("fipy", marks=pytest.mark.slow)])
def test_cells_may_become_so_few_that_floats_end(engine):
    of = few_cells(
        engine, time__end="27 years", time__every="9 years", solver__maximum_step="100 days"
    )
    record = run_of(of)
    assert record.states[-1].tumour[0].max() < 1e-300
    assert record.states[-1].ledger.died[0] == pytest.approx(3e5, rel=1e-10)


def test_floats_end_within_weeks_where_cells_die_fast():
    of = few_cells("fipy", time__end="150 days", time__every="30 days")
    of = of.with_settings({"fields.cart": {"regions": {"all": {"removal": "20 1/day"}}}})
    loss = parameter("20 1/day", "1/day", source="assumed")
    organs = {
        name: replace(organ, elimination_rate=loss) for name, organ in of.trafficking.organs.items()
    }
    record = run_of(of.in_body(of.body, replace(of.trafficking, organs=organs)))
    assert record.states[-1].tumour[0].max() < 1e-300
    assert 0 < record.states[1].tumour[0].max() < 1e-100
    assert record.states[-1].body.max() < 1e-300
    assert record.states[-1].ledger.died[0] == pytest.approx(3e5, rel=1e-10)

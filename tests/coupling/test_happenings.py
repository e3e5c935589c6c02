"""Switches, jumps and extinction in tumour and organs: closed forms, and the model run alone."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.ledger import residual
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.scenario import Scenario
from cartflow.pbpk.flows.observables import in_body
from cartflow.study.study import Study

# Killing that begins on day 1 (or when a parameter says), and a species that dies out.
SWITCHED = """
title = "killing begins, and the tumour dies out"
compartment_volume = "1 mL"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
extinct_below = "{below}"
[parameters]
killing = "0 1/day"
growth = "0.5 1/day"
begin = "1 day"
[reactions.growth]
produces = {{ tumour = 1 }}
rate = "growth*tumour"
[reactions.killing]
consumes = {{ tumour = 1 }}
rate = "killing*tumour"
[[switches]]
time = "begin"
parameters = {{ killing = "5 1/day" }}
"""
JUMPS = """
title = "cells that decay, halved on day 1, and three times as many on day 2"
[species.cart]
role = "phenotype"
{below}
[species.tired]
role = "product"
[parameters]
k = "0.3 1/day"
[reactions.tiring]
consumes = {{ cart = 1 }}
produces = {{ tired = 1 }}
rate = "k*cart"
[[jumps]]
time = "1 day"
multiply = {{ cart = 0.5 }}
[[jumps]]
time = "2 days"
multiply = {{ tired = 3 }}
"""
STUDY = """
title = "Any study"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[geometry]
{geometry}
[tumour]
host = "flank"
egress_rate = "0 1/day"
injection_region = "all"
plasma_flow = "0.01 mL/min/mL"
[kinetics]
models = ["{model}"]
[time]
end = "4 days"
every = "1 day"
"""
ORGANS = """
title = "Any study"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[organs.bone_marrow.kinetics]
models = ["{model}"]
[time]
end = "4 days"
every = "1 day"
"""
GEOMETRIES = {
    "ball": 'shape = "ball"\nradius = "1 mm"\ncells = 4',
    "rectangle": 'shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [2, 3]',
    "box": 'shape = "box"\nlengths = ["1 mm", "2 mm", "1 mm"]\ncells = [2, 3, 2]',
    "one": 'shape = "slab"\nlength = "1000 mm"\ncells = 1',
}


@pytest.fixture
def model(tmp_path):
    """Return a function that writes a model and gives its path."""

    def write(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return path

    return write


def study(path, geometry="ball", text=STUDY, **settings):
    text = text.format(geometry=GEOMETRIES.get(geometry, geometry), model=path)
    return Study.from_text(text, settings={k.replace("__", "."): v for k, v in settings.items()})


def balanced(record, system):
    """Check balance and sign at every saved time, and return the record."""
    assert record.outcome.status == "finished", record.outcome
    for state in record.states:
        body, tumour = in_body(system.network, state.body), system.in_tumour(state.tumour)
        gap = residual(state.ledger, body, tumour, np.zeros(len(body)))
        turnover = state.ledger.infused.sum() + state.ledger.born.sum()
        assert np.abs(gap).max() <= 1e-10 * turnover
        assert (
            min(state.body.min(), state.tumour.min(initial=0), state.residents.min(initial=0)) >= 0
        )
    return record


START = {"fields.tumour.initial": "100 cells/mm^3"}
# 100 exp(0.5) on day 1, and from then on exp(-4.5 t) of it, down to the threshold.
GONE = 1 + np.log(100 * np.exp(0.5) / 10) / 4.5


@pytest.mark.parametrize("geometry", ["ball", "rectangle", "box"])
def test_a_switch_and_extinction_come_to_the_day_in_tissue(model, geometry):
    of = study(model(SWITCHED.format(below="10 cell/mm^3")), geometry, **START)
    record = balanced(of.simulation.run(), of.simulation.coupled)
    [extinct] = record.extinct
    assert (extinct.species, extinct.place) == ("tumour", "tumour")
    assert extinct.time == pytest.approx(GONE, abs=5e-6)
    densities = [s.tumour[1].mean() for s in record.states]
    assert densities[1] == pytest.approx(100 * np.exp(0.5), rel=1e-6)
    assert densities[2:] == [0, 0, 0]


def test_the_reference_engine_has_the_same_day(model):
    of = study(
        model(SWITCHED.format(below="10 cell/mm^3")),
        **START,
        solver__engine="fipy",
        solver__tolerance=1e-5,
    )
    [extinct] = balanced(of.simulation.run(), of.simulation.coupled).extinct
    assert extinct.time == pytest.approx(GONE, abs=1e-3)


def test_a_threshold_in_cells_is_one_of_the_whole_tumour(model):
    # 10 cells in 4.2 mm3, not 10 cells/mL.
    of = study(model(SWITCHED.format(below="10 cell")), **START)
    [extinct] = of.simulation.run().extinct
    whole = 100 * np.exp(0.5) * of.geometry.volume
    assert extinct.time == pytest.approx(1 + np.log(whole / 10) / 4.5, abs=1e-6)


def test_the_result_says_what_died_out_and_what_it_went_by(model):
    of = study(model(SWITCHED.format(below="10 cell")), **START)
    tree = of.run().tree
    assert tree.attrs["extinct"].startswith("tumour in tumour at 1.")
    numbers = tree["parameters"].to_dataset()
    assert float(numbers["kinetics_extinction_tumour"]) == 10
    assert numbers["kinetics_extinction_tumour"].attrs["stated"] == "10 cell"
    assert float(numbers["kinetics_events_0_killing"]) == 5


def test_the_time_of_a_switch_may_be_a_parameter_of_the_study(model):
    of = study(
        model(SWITCHED.format(below="10 cell/mm^3")),
        **START,
        kinetics__parameters={"begin": "2 days"},
    )
    [extinct] = of.simulation.run().extinct
    exact = 2 + np.log(100 * np.exp(1.0) / 10) / 4.5
    assert extinct.time == pytest.approx(exact, abs=1e-6)


def test_the_published_elimination_is_that_of_the_model_alone():
    """Through the dose, the extinction of the tumour on day 50, and that of the cells."""
    of = study(
        "barros2021",
        "one",
        doses=[{"route": "intratumoural", "cells": "1.5e6 cells", "time": "42 days"}],
        fields__tumour__initial="2000 cells/mm^3",
        time__end="500 days",
        time__every="50 days",
    )
    record = balanced(of.simulation.run(), of.simulation.coupled)
    alone = load_model("barros2021")
    course = run(alone, alone.scenario("hdlm2_elimination"))
    ends = [piece.end for piece in course.pieces]
    assert [e.species for e in record.extinct] == ["tumour", "cart"]
    assert [e.time for e in record.extinct] == pytest.approx(ends[1:3], abs=1e-3)
    states = np.array([s.tumour[:, 0] for s in record.states])
    np.testing.assert_allclose(states, course.at(of.simulation.save_times), rtol=2e-4, atol=1e-9)


KILLING = """
title = "cells kill"
[species.cart]
role = "phenotype"
extinct_below = "{below}"
[species.tumour]
role = "resident"
extinct_below = "{below}"
[parameters]
killing = "0.2 mm^3/cell/day"
death = "0.3 1/day"
[reactions.killing]
consumes = {{ tumour = 1 }}
rate = "killing*cart*tumour"
[reactions.death]
consumes = {{ cart = 1 }}
rate = "death*cart"
"""


def test_the_day_of_extinction_does_not_depend_on_the_mesh(model):
    """Cells from one side of a slab: the last tumour cells are far from it, in few mesh cells."""
    path = model(KILLING.format(below="1e-3 cell/mm^3"))
    days, steps = [], []
    for cells in (25, 50, 100):
        layers = 'layers = { near = ["0 mm", "0.4 mm"], far = ["0.4 mm", "2 mm"] }'
        of = study(
            path,
            f'shape = "slab"\nlength = "2 mm"\ncells = {cells}\n{layers}',
            fields__cart={
                "initial": {"near": "400 cells/mm^3", "far": "0 cells/mm^3"},
                "diffusivity": "0.1 mm^2/day",
            },
            fields__tumour__initial="1e4 cells/mm^3",
            kinetics__parameters={"killing": "0.5 mm^3/cell/day"},
            time__end="40 days",
            time__every="10 days",
        )
        times = []
        simulation = of.simulation
        record = balanced(
            simulation.run(lambda t, dt, to=times: to.append((t, dt))), simulation.coupled
        )
        assert [e.species for e in record.extinct] == ["tumour", "cart"]
        days.append([e.time for e in record.extinct])
        steps.append(max(dt for t, dt in times if t <= days[-1][0]))
    gap = np.abs(np.diff(days, axis=0))
    # The mesh's own error, of second order, and far within the step.
    assert np.all(gap[1] < 0.35 * gap[0] + 1e-5)
    assert np.all(gap < 0.05 * min(steps))


def test_a_front_does_not_feel_a_threshold(model):
    """A tumour that spreads: far ahead every mesh cell is below any threshold."""
    text = """
title = "spreading"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
{below}
[parameters]
growth = "1 1/day"
capacity = "1e5 cell/mm^3"
[reactions.growth]
produces = {{ tumour = 1 }}
rate = "growth*tumour*(1 - tumour/capacity)"
"""
    places = []
    for name, below in (("with", 'extinct_below = "100 cell/mm^3"'), ("without", "")):
        of = study(
            model(text.format(below=below), name),
            'shape = "slab"\nlength = "20 mm"\ncells = 200\n'
            'layers = { left = ["0 mm", "1 mm"], right = ["1 mm", "20 mm"] }',
            fields__tumour={
                "initial": {"left": "1e5 cells/mm^3", "right": "0 cells/mm^3"},
                "diffusivity": "0.05 mm^2/day",
            },
            time__end="20 days",
            time__every="10 days",
        )
        record = of.simulation.run()
        assert record.extinct == ()
        places.append([s.tumour[1].sum() * 0.1 / 1e5 for s in record.states])
    assert places[0][1] > 3 + places[0][0]
    assert places[0] == pytest.approx(places[1], rel=1e-6)


@pytest.mark.parametrize("geometry", ["ball", "box"])
def test_jumps_multiply_the_whole_tumour_and_are_counted(model, geometry):
    of = study(model(JUMPS.format(below="")), geometry, fields__cart__initial="100 cells/mm^3")
    record = balanced(of.simulation.run(), of.simulation.coupled)
    volume = of.geometry.volume
    cart = 50 * np.exp(-0.3 * 2)
    tired_then = 100 * -np.expm1(-0.3) + 50 * np.exp(-0.3) * -np.expm1(-0.3)
    found = record.states[2].tumour.mean(axis=1)
    assert found == pytest.approx([cart, 3 * tired_then], rel=1e-6)
    ledger = record.states[-1].ledger
    assert ledger.died == pytest.approx([50 * np.exp(-0.3) * volume, 0], rel=1e-6)
    assert ledger.born == pytest.approx([0, 2 * tired_then * volume], rel=1e-6)


def test_a_jump_below_the_threshold_ends_a_species(model):
    below = 'extinct_below = "40 cell/mm^3"'
    of = study(model(JUMPS.format(below=below)), fields__cart__initial="100 cells/mm^3")
    record = balanced(of.simulation.run(), of.simulation.coupled)
    assert [str(e) for e in record.extinct] == ["cart in tumour at 1 day"]
    volume = of.geometry.volume
    assert record.states[-1].ledger.died[0] == pytest.approx(100 * np.exp(-0.3) * volume, rel=1e-6)


def test_cells_that_come_back_from_the_blood_are_there_again(model):
    """A species is extinct in one place; what enters it later lives."""
    path = model(KILLING.format(below="3 cell/mm^3"))
    of = study(
        path,
        doses=[{"cells": "1e7 cells", "time": "2 days"}],
        fields__cart__initial="3.5 cells/mm^3",
        kinetics__parameters={"death": "2 1/day"},
    )
    record = balanced(of.simulation.run(), of.simulation.coupled)
    assert record.extinct[0].time == pytest.approx(np.log(3.5 / 3) / 2, abs=1e-6)
    assert record.states[2].tumour[0].max() == 0
    assert record.states[3].tumour[0].min() > 0


def alone(path, end, **initial):
    found = load_model(path)
    densities = {name: parameter(text, "cell/mm^3") for name, text in initial.items()}
    return run(found, Scenario(name="s", end=parameter(f"{end} day", "day"), initial=densities))


def test_organs_have_switches_jumps_and_extinction(model):
    path = model(SWITCHED.format(below="10 cell"))
    initial = {"organs.bone_marrow.initial.tumour": "100 cells/mm^3"}
    of = study(path, text=ORGANS, **initial)
    assert isinstance(of.prepared, BodyAlone)
    record = balanced(of.prepared.run(), of.prepared)
    [extinct] = record.extinct
    volume = of.prepared.kinetics.volumes[0]
    exact = 1 + np.log(100 * np.exp(0.5) * volume / 10) / 4.5
    assert extinct.place == "bone_marrow_tissue"
    assert extinct.time == pytest.approx(exact, abs=1e-6)
    found = [s.residents[0, 0] / volume for s in record.states]
    assert found[1] == pytest.approx(100 * np.exp(0.5), rel=1e-6)
    assert found[-1] == 0
    # Each organ has its own time of the switch, if its parameters say so.
    settings = {"organs.bone_marrow.kinetics.parameters": {"begin": "2 days"}}
    late = study(path, text=ORGANS, **initial, **settings)
    [extinct] = late.prepared.run().extinct
    exact = 2 + np.log(100 * np.exp(1.0) * volume / 10) / 4.5
    assert extinct.time == pytest.approx(exact, abs=1e-6)


def test_jumps_in_an_organ_are_counted_as_in_the_tumour(model):
    path = model(JUMPS.format(below=""))
    of = study(
        path,
        text=ORGANS,
        **{"organs.bone_marrow.initial.tired": "10 cells/mm^3"},
        doses=[{"cells": "1e6 cells"}],
    )
    record = balanced(of.prepared.run(), of.prepared)
    before, after = record.states[1].ledger, record.states[2].ledger
    assert after.born[1] - before.born[1] > 2 * 10 * of.prepared.kinetics.volumes[0]
    assert record.states[-1].ledger.died[0] > 0


def test_tumour_and_organ_each_have_their_own(model):
    path = model(KILLING.format(below="5 cell/mm^3"))
    text = STUDY + ORGANS.partition("[organs")[1] + ORGANS.partition("[organs")[2]
    text = text[: text.rindex("[time]")]
    of = study(
        path,
        text=text,
        doses=[{"cells": "1e7 cells"}],
        fields__tumour__initial="1e3 cells/mm^3",
        organs__bone_marrow__initial__tumour="20 cells/mm^3",
        organs__bone_marrow__kinetics__parameters={"killing": "1e-3 mm^3/cell/day"},
    )
    record = balanced(of.simulation.run(), of.simulation.coupled)
    places = [(e.species, e.place) for e in record.extinct]
    assert ("tumour", "bone_marrow_tissue") in places
    assert record.states[-1].residents.max() == 0
    # The same marrow, without a tumour beside it that takes cells: nearly the same day.
    without = study(
        path,
        text=ORGANS,
        doses=[{"cells": "1e7 cells"}],
        organs__bone_marrow__initial__tumour="20 cells/mm^3",
        organs__bone_marrow__kinetics__parameters={"killing": "1e-3 mm^3/cell/day"},
    ).prepared.run()
    days = [
        next(e.time for e in extinct if e.species == "tumour" and e.place != "tumour")
        for extinct in (record.extinct, without.extinct)
    ]
    assert days[0] == pytest.approx(days[1], rel=1e-2)


def test_models_that_disagree_are_refused(model):
    first = model(SWITCHED.format(below="10 cell"), "first")
    text = SWITCHED.format(below="11 cell").replace("reactions.", "reactions.other_")
    second = model(text, "second")
    with pytest.raises(InputError, match="tumour: extinct_below '10 cell' in one network"):
        _ = study(first, **{"kinetics.models": [str(first), str(second)]}).kinetics


def test_solutes_stay_where_a_jump_opens_the_pores(model):
    path = model("""
title = "a matrix that opens"
[species.cart]
role = "phenotype"
[species.ecm]
role = "resident"
unit = "1"
initial = 1.0
[species.drug]
role = "solute"
unit = "ng/mm^3"
[[jumps]]
time = "1 day"
multiply = { ecm = 0.25, drug = 2 }
""")
    tissue = {"porosity": 0.2, "open_porosity": 0.6, "matrix": "ecm"}
    of = study(path, tissue=tissue, fields__drug__initial="3 ng/mm^3")
    record = of.simulation.run()
    amounts = [of.simulation.coupled.engine.problem.totals(s.tumour)[2] for s in record.states]
    assert amounts == pytest.approx([amounts[0], *[2 * amounts[0]] * 4], rel=1e-12)
    assert record.states[1].tumour[2] == pytest.approx(6 * 0.2 / 0.5)

"""How runs end: blow-up is stopped and named, and what was saved stays."""

import numpy as np
import pytest

from cartflow.study.study import Study

KINETICS = """
title = "Growth in proportion to the square of the density"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[parameters.g]
value = "1e-3 mm^3/cell/day"
source = "assumed"
standing = "assumed"
[reactions.explosion]
produces = { cart = 1 }
rate = "g*cart*cart"
"""
STUDY = """
title = "Blow-up"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[tumour]
host = "flank"
egress_rate = "0 1/day"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 3
[kinetics]
models = ["explosive.toml"]
[fields.cart]
initial = "1e3 cells/mm^3"
[time]
end = "3 day"
save = ["0.25 day", "0.5 day", "0.9 day", "2 day"]
[solver]
{solver}
"""


# Body and tumour step by step, so that an interrupt can come between any two.
IN_TURNS = 'engine = "fipy"\ntolerance = 1e-3'


@pytest.fixture
def explosive(tmp_path):
    (tmp_path / "explosive.toml").write_text(KINETICS, encoding="utf-8")

    def build(solver="tolerance = 1e-3"):
        text = STUDY.format(solver=solver)
        return Study.from_text(text, name="blow-up", folder=tmp_path)

    return build


def test_blow_up_stops_at_its_time_and_names_the_field(explosive):
    # u' = g u^2 from u0 ends at 1/(g u0) = 1 day; errors grow with u as it comes near.
    with np.errstate(all="ignore"):
        record = explosive().simulation.run()
    assert record.outcome.status == "stopped"
    assert record.outcome.message.startswith("cart: ")
    stopped = float(record.outcome.message.split("t = ")[1].split()[0])
    assert stopped == pytest.approx(1.0, abs=0.02)
    assert [s.time for s in record.states] == [0.0, 0.25, 0.5, 0.9]
    for state in record.states:
        exact = np.full(3, 1e3 / (1 - state.time))
        assert state.tumour[0] == pytest.approx(exact, rel=0.15 * state.time + 1e-12)
        assert np.isfinite(state.body).all()


def test_blow_up_stops_at_the_minimum_step(explosive, looked_at_often):
    steps = []

    def watch(time, step):
        steps.append(step)
        if len(steps) > 500:
            raise KeyboardInterrupt

    solver = 'tolerance = 2e-4\nminimum_step = "1e-7 day"'
    record = explosive(solver).simulation.run(watch)
    assert min(steps) >= 1e-7
    assert "cart: the step fell below 1e-07 day" in record.outcome.message


def test_fixed_steps_stop_too(explosive):
    solver = 'fixed_step = true\ninitial_step = "0.05 day"\nmaximum_step = "0.05 day"'
    result = explosive(solver).simulation.run()
    assert result.outcome.status == "stopped"
    assert "cart: it grows too fast for the step" in result.outcome.message
    assert [s.time for s in result.states][:4] == [0.0, 0.25, 0.5, 0.9]


def test_an_interrupt_keeps_what_was_saved_and_the_last_state(explosive):
    seen = []

    def watch(time, step):
        seen.append(time)
        if time > 0.3:
            raise KeyboardInterrupt("by SIGTERM")

    result = explosive(IN_TURNS).simulation.run(watch)
    assert result.outcome.status == "interrupted"
    assert result.outcome.message.startswith("by SIGTERM at t = 0.3")
    assert [s.time for s in result.states] == [0.0, 0.25, seen[-1]]
    # u' = g u^2 from u0 gives u0/(1 - g u0 t).
    assert result.states[-1].tumour[0] == pytest.approx(np.full(3, 1e3 / (1 - seen[-1])), rel=0.02)


def test_one_system_is_interrupted_after_a_step(explosive, looked_at_often):
    seen = []

    def watch(time, step):
        seen.append(time)
        if time > 0.3:
            raise KeyboardInterrupt

    study = explosive()
    assert study.simulation.one_system
    record = study.simulation.run(watch)
    assert record.outcome.message.startswith("by the user at t = 0.3")
    assert [s.time for s in record.states] == [0.0, 0.25, seen[-1]]
    last = record.states[-1].tumour[0]
    assert last == pytest.approx(np.full(3, 1e3 / (1 - seen[-1])), rel=0.02)


def test_an_interrupt_at_a_saved_time_keeps_it_once(explosive):
    def watch(time, step):
        if time >= 0.25:
            raise KeyboardInterrupt

    record = explosive(IN_TURNS).simulation.run(watch)
    assert "by the user at t = 0.25" in record.outcome.message
    assert [s.time for s in record.states] == [0.0, 0.25]


def test_an_interrupt_within_a_step_keeps_the_last_whole_one(explosive, monkeypatch):
    study = explosive(IN_TURNS)
    seen, steps = [], study.simulation.coupled.step

    def step(_, *given, **named):
        if seen and seen[-1] > 0.3:
            raise KeyboardInterrupt
        return steps(*given, **named)

    monkeypatch.setattr(type(study.simulation.coupled), "step", step)
    record = study.simulation.run(lambda time, _: seen.append(time))
    assert record.outcome.status == "interrupted"
    assert [s.time for s in record.states] == [0.0, 0.25, seen[-1]]


def test_a_stopped_run_still_gives_its_result(explosive):
    with np.errstate(all="ignore"):
        result = explosive().run()
    assert result.outcome.status == "stopped"
    assert result.tree["time"].values.tolist() == [0.0, 0.25, 0.5, 0.9]
    assert result.tree.attrs["outcome"].startswith("stopped: cart: ")


ATTRACTED = """
title = "cells and an attractant, no reactions"
[species.cart]
role = "phenotype"
[species.attractant]
role = "solute"
unit = "ng/mm^3"
"""
NO_REACTIONS = """
title = "no reactions at all"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[geometry]
{geometry}
[tumour]
host = "flank"
egress_rate = "0 1/day"
[kinetics]
models = ["attracted.toml"]
[fields.cart]
initial = "1 cells/mm^3"
diffusivity = "0.1 mm^2/day"
{cart}
[fields.attractant]
diffusivity = "1 mm^2/day"
initial = {{ core = "0 ng/mm^3", rim = "1 ng/mm^3" }}
[time]
end = "2 min"
[solver]
engine = "{engine}"
"""
DRIFT = """
[fields.cart.chemotaxis]
attractant = "attractant"
law = "linear"
sensitivity = "1e9 mm^5/ng/day"
"""
REMOVAL = """
[fields.cart.regions.all]
removal = "{} 1/day"
"""
PLACES = {
    "slab": 'shape = "slab"\nlength = "1 mm"\ncells = 20',
    "rectangle": 'shape = "box"\nlengths = ["2 mm", "1 mm"]\ncells = [6, 5]',
}


def without_reactions(folder, place, engine, cart):
    (folder / "attracted.toml").write_text(ATTRACTED, encoding="utf-8")
    text = NO_REACTIONS.format(geometry=PLACES[place], engine=engine, cart=cart)
    return Study.from_text(text, name="no reactions", folder=folder)


@pytest.mark.parametrize("engine", ["fast", "fipy"])
@pytest.mark.parametrize("place", PLACES)
def test_a_drift_that_is_too_fast_is_blamed_and_its_field_named(tmp_path, place, engine):
    of = without_reactions(tmp_path, place, engine, DRIFT)
    message = of.simulation.run().outcome.message
    assert message == (
        "cart: the step fell below 1e-10 day (its drift allows no longer step) at t = 0 day"
    )


@pytest.mark.parametrize("engine", ["fast", "fipy"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("rate", ["1e12", "1e308", "1.7e308"])
def test_a_removal_beyond_all_numbers_is_done_or_names_its_field(tmp_path, place, engine, rate):
    of = without_reactions(tmp_path, place, engine, REMOVAL.format(rate))
    record = of.simulation.run()
    if record.outcome.status == "finished":
        # Backward Euler's own answer: nothing is left, and all are counted.
        assert engine == "fipy"
        assert record.states[-1].tumour[0].max() < 1e-290
        died, infused = (getattr(record.states[-1].ledger, n) for n in ("died", "infused"))
        assert died == pytest.approx(infused, rel=1e-12)
    else:
        reasons = ("the step fell below 1e-10 day (", "its balance is lost: rates too large")
        assert record.outcome.message.startswith(tuple(f"cart: {each}" for each in reasons))
        # Stopped where nothing had happened yet, or with all that left counted.
        last = record.states[-1]
        assert last.tumour[0].max() + last.ledger.died == pytest.approx(1.0, rel=1e-12)

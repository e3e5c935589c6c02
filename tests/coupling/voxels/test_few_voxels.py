"""Body and a tumour of few voxels as one system, against the same in turns and against itself."""

from dataclasses import replace

import numpy as np
import pytest
from studies import GROWING, MOVING, in_tumour, study, two_doses

from cartflow.coupling.line.stepper import Going
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.voxels.stepper import VoxelStepper
from cartflow.study.study import Study

BOX = 'shape = "box"\nlengths = ["2 mm", "3 mm", "2 mm"]\ncells = [4, 5, 3]'
PHANTOM = 'shape = "phantom"\nvolume = "40 mm^3"\nspacing = "0.8 mm"'
GEOMETRIES = {"box": BOX, "phantom": PHANTOM}


def of(geometry=BOX, *parts, tolerance=1e-5, time='end = "3 days"\nsave = ["0.5 day"]', **changed):
    settings = {"solver.tolerance": tolerance, "solver.time_check": False}
    return Study.from_text(
        study(in_tumour(geometry, **changed), *parts, time=time), settings=settings
    )


def in_turns(simulation: Simulation) -> Simulation:
    other = replace(simulation)
    other.__dict__["together"] = False
    return other


def totals(record, simulation):
    """Return cells in every compartment and of every field, at each saved time."""
    volumes = simulation.coupled.volumes
    return [np.append(each.body.ravel(), each.tumour @ volumes) for each in record.states[1:]]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_both_ways_of_stepping_tell_the_same(geometry):
    simulation = of(GEOMETRIES[geometry], tolerance=1e-8).simulation
    assert simulation.together
    assert not simulation.one_system
    one, other = simulation.run(), in_turns(simulation).run()
    for a, b in zip(totals(one, simulation), totals(other, simulation), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-6 * a.max())
    ours, theirs = one.states[-1].ledger, other.states[-1].ledger
    for name in ("infused", "born", "died", "converted", "inflow", "egress"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6)


def test_its_error_falls_with_the_tolerance():
    exact = totals(of(PHANTOM, tolerance=1e-10).simulation.run(), of(PHANTOM).simulation)[-1]
    errors = []
    for tolerance in (1e-4, 1e-6):
        simulation = of(PHANTOM, tolerance=tolerance).simulation
        found = totals(simulation.run(), simulation)[-1]
        errors.append(np.abs(found - exact).max() / exact.max())
    assert errors[0] < 1e-4
    assert errors[1] < 1e-6


def test_steps_are_of_third_order():
    # The same steps for all, from a smooth start: cells that stand in the tumour at first.
    simulation = of(
        PHANTOM, fields=f'{MOVING}\ninitial = "500 cells/mm^3"\n{GROWING}', tolerance=0.1
    ).simulation
    state = simulation.coupled.start(simulation.initial, 0.0)

    def after(steps):
        days = 0.2 / steps
        control = replace(
            simulation.control, initial_step=days, maximum_step=days, minimum_step=1e-6
        )
        stepper, going = VoxelStepper(simulation.coupled, control), Going(days)
        floor = np.full(len(simulation.initial), 1e9)
        now = state
        for n in range(steps):
            now, going = stepper.advance(
                now, going._replace(step=days), (n + 1) * days, floor, None
            )
        assert (going.taken, going.refused) == (steps, 0)
        return now.tumour

    exact = after(320)
    errors = [np.abs(after(steps) - exact).max() for steps in (20, 40)]
    assert np.log2(errors[0] / errors[1]) >= 2.8, errors


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_no_cell_is_lost_and_none_is_below_zero(geometry):
    simulation = of(GEOMETRIES[geometry], tolerance=1e-3).simulation
    for state in simulation.run().states:
        ledger = state.ledger
        there = state.body.sum() + simulation.coupled.in_tumour(state.tumour).sum()
        came = float(ledger.infused.sum() + ledger.born.sum())
        assert abs(came - ledger.died.sum() - there) <= 1e-12 * came
        assert state.tumour.min() >= 0.0
        assert state.body.min() >= 0.0


def test_it_repeats_to_the_bit_and_goes_on_from_where_it_stood():
    simulation = of(PHANTOM).simulation
    whole, again = simulation.run(), simulation.run()
    np.testing.assert_array_equal(whole.states[-1].tumour, again.states[-1].tumour)

    def enough(time, step):
        raise KeyboardInterrupt

    part = simulation.run(watch=enough)
    assert part.outcome.status == "interrupted"
    assert 0 < part.reached.time < 3
    gone_on = simulation.run(since=part)
    np.testing.assert_array_equal(whole.states[-1].tumour, gone_on.states[-1].tumour)
    assert gone_on.accepted_steps == whole.accepted_steps


def test_doses_into_the_tumour_come_and_are_counted():
    settings = {"geometry": {"shape": "phantom", "volume": "40 mm^3", "spacing": "0.8 mm"}}
    simulation = Study.from_text(two_doses(end=3), settings=settings).simulation
    assert simulation.together
    record = simulation.run()
    assert record.outcome.status == "finished"
    np.testing.assert_allclose(record.states[-1].ledger.infused.sum(), 1.3e6, rtol=1e-12)


IN_TURNS = {
    "chemotaxis": {
        "kinetics.models": ["predator_prey", "chemokine"],
        "fields.cart.chemotaxis": {
            "attractant": "chemokine",
            "law": "linear",
            "sensitivity": "1e-3 mm^5/ng/day",
        },
        "fields.chemokine.diffusivity": "1 um^2/s",
    },
    "diffusivity of the density": {
        "fields.cart.density_dependence": {"reference": "1e4 cells/mm^3"}
    },
    "fast diffusion": {"fields.cart.diffusivity": "1 mm^2/day"},
    "kinetics in an organ": {"organs.bone_marrow.kinetics.models": ["predator_prey"]},
    "fixed steps": {"solver.fixed_step": True, "solver.initial_step": "1 h"},
}


@pytest.mark.parametrize("kind", IN_TURNS)
def test_what_is_stepped_in_turns(kind):
    assert not of(PHANTOM).with_settings(IN_TURNS[kind]).simulation.together

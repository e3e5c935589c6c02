"""What events do to a state at once: closed forms, what is taken out, every cell accounted."""

import numpy as np
import pytest
from programmes import MOUSE, PLACES, VOXELS, left

from cartflow.coupling.ledger import residual
from cartflow.pbpk.flows.observables import in_body
from cartflow.study.events.jumps import Addition, Jump
from cartflow.study.study import Study

RAYS = {"dose": "2 Gy", "alpha": "0.3 1/Gy", "beta": "0.03 1/Gy^2", "species": ["tumour"]}
# Marrow with leukaemia that CAR T cells meet, beside a tumour or alone.
MARROW = {
    "organs.bone_marrow.kinetics.models": ["predator_prey"],
    "organs.bone_marrow.initial.tumour": "2e4 cells/mm^3",
}
STEROIDS = {"fraction": 0.5, "species": ["cart"], "compartment": "venous"}
EVENTS = [
    {"time": "12 h", "remove": {"fraction": 1, "region": "core"}},
    {"time": "1 day", "every": "1 day", "irradiate": {**RAYS, "species": ["tumour", "cart"]}},
    {"time": "60 h", "remove": STEROIDS},
    {"time": "2 days", "add": {"species": "tumour", "amount": "1e4 cells"}},
]


@pytest.mark.parametrize("place", PLACES)
def test_fractions_of_radiation_leave_what_the_linear_quadratic_law_says(decaying, place):
    study = decaying(place, events=[{"time": "36 h", "every": "1 day", "irradiate": RAYS}])
    record = study.prepared.run()
    assert record.outcome.status == "finished", record.outcome
    given = np.array([0, 0, 1, 2, 3])  # fractions
    exact = np.exp(-0.5 * np.arange(5) - given * (0.3 * 2 + 0.03 * 2**2))
    np.testing.assert_allclose(left(study, record), exact, rtol=1e-8)


@pytest.mark.parametrize("settings", [{}, VOXELS, MARROW], ids=["line", "voxels", "organs"])
def test_every_cell_is_accounted_through_resection_rays_and_doses(settings):
    study = Study.from_text(MOUSE, settings={**settings, "events": EVENTS})
    record = study.prepared.run()
    assert record.outcome.status == "finished", record.outcome
    coupled, removed = study.simulation.coupled, []
    for state in record.states:
        inside = coupled.in_tumour(state.tumour)
        gap = residual(state.ledger, in_body(coupled.network, state.body), inside, 0.0)
        assert abs(gap.sum()) <= 1e-12 * (state.ledger.infused + state.ledger.born).sum()
        removed.append(float(state.ledger.removed.sum()))
    assert removed[0] == 0.0
    assert np.all(np.diff(removed)[:-1] > 0.0)
    row = coupled.engine.problem.network.index("tumour")
    assert record.states[-1].ledger.added[row] == pytest.approx(1e4, rel=1e-14)
    assert study.parameters()["events.1.irradiate.alpha"].value == 0.3


def test_a_body_alone_is_irradiated_where_kinetics_act():
    body = "\n".join(MOUSE.split("[geometry]")[0].splitlines()) + '\n[time]\nend = "2 days"\n'
    every = {"time": "1 day", "irradiate": {**RAYS, "species": ["tumour", "cart"]}}
    blood = {"time": "30 h", "remove": STEROIDS}
    study = Study.from_text(body, settings={**MARROW, "events": [every, blood]})
    result = study.run()
    balance = result.tree["balance"]
    turnover = float((balance["infused"] + balance["born"])[-1].sum())
    assert float(np.abs(balance["residual_total"]).max()) <= 1e-12 * turnover
    assert float(balance["removed"][-1].sum()) > 0
    assert float(result.tree["body"]["taken_tumour"][-1, 0]) > 0


def test_a_region_is_emptied_and_the_rest_left_to_the_bit():
    coupled = Study.from_text(MOUSE).simulation.coupled
    state = coupled.start(1.0 + np.arange(16.0).reshape(2, 8), 0.0)
    core = coupled.engine.problem.geometry.region("core")
    new = Jump(kept={"cart": 0.0, "tumour": 0.25}, region="core")(state, coupled)
    assert not new.tumour[0, core].any()
    np.testing.assert_array_equal(new.tumour[1, core], 0.25 * state.tumour[1, core])
    np.testing.assert_array_equal(new.tumour[:, ~core], state.tumour[:, ~core])
    gone = float(state.tumour[0, core] @ coupled.volumes[core])
    assert new.ledger.removed.sum() == pytest.approx(gone, rel=1e-14)
    assert new.ledger.taken[0] == pytest.approx(gone, rel=1e-14)
    assert not state.ledger.removed.any()


def test_solutes_stay_where_the_matrix_is_taken_and_a_bolus_is_whole():
    settings = {
        "kinetics.models": ["predator_prey", "matrix_degradation"],
        "fields.ecm.initial": 1.0,
        "fields.enzyme": {"initial": "3 ng/mm^3", "diffusivity": "1 um^2/s"},
        "tissue": {"porosity": 0.2, "open_porosity": 0.5, "matrix": "ecm"},
    }
    simulation = Study.from_text(MOUSE, settings=settings).simulation
    coupled, problem = simulation.coupled, simulation.coupled.engine.problem
    state, row = coupled.start(simulation.initial, 0.0), problem.network.index("enzyme")
    opened = Jump(kept={"ecm": 0.1}, region="core")(state, coupled)
    before, after = problem.totals(state.tumour)[row], problem.totals(opened.tumour)[row]
    assert after == pytest.approx(before, rel=1e-14)
    assert abs(opened.ledger.taken[row]) < 1e-14 * before
    for mean, value in ((False, 5.0), (True, 2.0)):
        bolus = Jump(addition=Addition(species="enzyme", value=value, mean=mean), region="rim")
        new = bolus(opened, coupled)
        gained = problem.totals(new.tumour)[row] - after
        assert new.ledger.added[row] == pytest.approx(gained, rel=1e-12)
        rim = problem.geometry.region("rim")
        exact = 5.0 if not mean else 2.0 * 0.2 * float(coupled.volumes[rim].sum())
        assert gained == pytest.approx(exact, rel=1e-12)


def test_companions_are_operated_on_too():
    settings = {"events": EVENTS[:2], "geometry.cells": 24, "solver.time_check": True}
    result = Study.from_text(MOUSE, settings=settings).run(mesh_check=True)
    assert result.tree.attrs["events"].startswith("1 of all removed in core at 0.5 day; 2 Gy on ")
    assert result.tree.attrs["time_error"] < 1e-3
    assert float(result.tree["errors"]["mesh_shift"].max()) < 0.1

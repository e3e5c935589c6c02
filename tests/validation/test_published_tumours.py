"""Publications' equations written a second time: known answers, another integrator, kept cells."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.validation.bodies.tumours import singh2020, tsai2022
from cartflow.validation.bodies.tumours.flows import Flows
from cartflow.validation.bodies.tumours.rows import (
    content_rows,
    delivered,
    delivery_rows,
    khot_entered,
    khot_rows,
    transfer_rows,
)

TISSUE = "tumour tissue"
HOURS = (1.0, 24.0, 72.0, 168.0)


def test_two_places_have_their_closed_form():
    flows = Flows()
    flows.flow("a", "b", 2.0, 4.0)
    t = np.array([0.5, 3.0])
    left = np.exp(-0.5 * t)
    np.testing.assert_allclose(flows.held({"a": 1.0}, t, "a"), left, rtol=1e-12)
    np.testing.assert_allclose(flows.entered({"a": 1.0}, t, "b"), 1 - left, rtol=1e-12)
    np.testing.assert_allclose(flows.area({"a": 1.0}, t, "a"), 2 * (1 - left), rtol=1e-12)


@pytest.mark.parametrize(
    ("model", "entry"),
    [
        (singh2020.model(), singh2020.ENTRY),
        *((tsai2022.model(), entry) for entry in tsai2022.ENTRIES.values()),
    ],
)
def test_another_integrator_agrees_and_no_cell_is_lost(model, entry):
    names = list(model.places)

    def derivative(_, cells):
        change = np.zeros(len(names))
        for source, target, rate in model.arcs:
            passed = rate * cells[model.places[source]]
            change[model.places[source]] -= passed
            change[model.places[target]] += passed
        return change

    start = np.zeros(len(names))
    for place, share in entry.items():
        start[model.places[place]] = share
    found = solve_ivp(
        derivative, (0, 24), start, method="LSODA", t_eval=[1.0, 24.0], rtol=1e-9, atol=1e-13
    )
    np.testing.assert_allclose(
        found.y[model.places[TISSUE]], model.held(entry, (1.0, 24.0), TISSUE), rtol=1e-5
    )
    everywhere = sum(model.held(entry, HOURS, name) for name in names)
    np.testing.assert_allclose(everywhere, 1.0, rtol=1e-9)


def test_what_the_xenograft_of_singh_gets():
    flows, entry = singh2020.model(), singh2020.ENTRY
    assert flows.entered(entry, (168.0,), TISSUE)[0] == pytest.approx(1.077e-3, rel=5e-4)
    held = 100 * flows.held(entry, HOURS, TISSUE)
    np.testing.assert_allclose(held, [0.0306, 0.0420, 0.0202, 0.0078], rtol=2e-3)


def test_what_the_liver_tumour_of_tsai_gets_by_each_route():
    flows, hours = tsai2022.model(), (1.0, 24.0, 168.0)
    by = {route: flows.entered(e, hours, TISSUE) for route, e in tsai2022.ENTRIES.items()}
    np.testing.assert_allclose(by["intravenous"], [0.0556, 0.200, 0.616], rtol=2e-3)
    np.testing.assert_allclose(by["portal_vein"][[0, 2]], [0.0643, 0.633], rtol=1e-3)
    np.testing.assert_allclose(by["tumour_artery"][[0, 2]], [0.222, 0.790], rtol=2e-3)
    held = 100 * flows.held(tsai2022.ENTRIES["intravenous"], hours, TISSUE)
    np.testing.assert_allclose(held, [4.25, 1.54, 0.378], rtol=3e-3)


def test_what_the_tumour_of_khot_gets_goes_with_its_vessels():
    hours = (24.0, 168.0, 336.0)
    fraction, drawn = khot_entered(hours, 0.07), khot_entered(hours)
    np.testing.assert_allclose(fraction, [6.21e-4, 1.62e-3, 2.24e-3], rtol=0.01)
    # J V_v / (Q + J V_v) of two tumours that the same blood reaches.
    ratio = (0.1 / 0.07) * (6 + 0.0189) / (6 + 0.027)
    np.testing.assert_allclose(drawn / fraction, ratio, rtol=1e-3)


def test_rows_hold_and_a_wrong_flow_would_not():
    found = delivered()
    for rows in (delivery_rows(found), content_rows(found), khot_rows(), transfer_rows()):
        assert all(row.holds for row in rows), [r for r in rows if not r.holds]
    # The default tumour is what the case would catch.
    wrong = [one._replace(package=one.default) for one in found]
    assert not any(row.holds for row in delivery_rows(wrong) if "artery" not in row.name)

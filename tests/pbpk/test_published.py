"""Published numbers of bodies and trafficking: every row within its tolerance."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.core.bibliography import keys
from cartflow.core.outcome import InputError
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, course, exact_area, given
from cartflow.pbpk.flows.network import organ_network
from cartflow.validation.bodies.delivery import (
    blood_volume_rows,
    brain_by_age,
    brain_rows,
    delivered,
    headline_rows,
    organ_ratio_rows,
    whole_model_ratio,
)
from cartflow.validation.bodies.khot_equations import Reading, curves
from cartflow.validation.bodies.pet_rows import (
    MEASURED,
    injected_dose,
    lung_mend,
    lung_retention,
    pet_rows,
    pet_table,
    rms_of_log10,
    with_lung,
    with_lung_retention,
)
from cartflow.validation.bodies.recirculation import (
    duct_recovery,
    recovery_rows,
    recovery_table,
    residence_rows,
    split_rows,
)
from cartflow.validation.bodies.tsai_rows import dose_table_rows, route_ratio_rows, route_ratios

KEYS = keys()
GROUPS = {
    "tsai, routes": route_ratio_rows,
    "tsai, doses": dose_table_rows,
    "ganusov, stays": residence_rows,
    "ganusov, split": split_rows,
    "ganusov, duct": recovery_rows,
    "brown, blood": blood_volume_rows,
    "brown, organs": organ_ratio_rows,
    "brown, headline": headline_rows,
    "brain": brain_rows,
    "lee": pet_rows,
}


@pytest.mark.parametrize("group", GROUPS)
def test_rows_hold(group):
    rows = GROUPS[group]()
    assert rows
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.holds, row
        assert row.reference in KEYS


def test_a_row_that_is_off_does_not_hold():
    row = brain_rows()[0]
    assert not row._replace(measured=row.expected + 1.01 * row.tolerance).holds
    assert not row._replace(measured=float("nan")).holds


def test_the_published_blood_ratio_is_a_matter_of_sampling():
    sampled, exact = route_ratios(sampled=True), route_ratios(sampled=False)
    assert exact["blood"] / sampled["blood"] == pytest.approx(1.78, abs=0.01)
    assert exact["pleura"] / sampled["pleura"] == pytest.approx(1.0, abs=1e-3)


def test_exact_areas_are_what_fine_samples_come_to():
    network = organ_network(load_body("mouse_28g"), load_trafficking("khot2019"))
    times = np.concatenate([[0.0], np.geomspace(1e-7, 0.2, 1500)])
    cells = course(network, given(network), times)
    fine = np.trapezoid(cells, times, axis=0)
    exact = exact_area(network, given(network), 0.2)
    kept = network.volumes() > 0
    np.testing.assert_allclose(fine[kept], exact[kept], rtol=1e-4)


def test_recovery_names_what_it_assumes_and_falls_with_the_ducts_share():
    table = recovery_table()
    assert min(row[-1] for row in table) < 0.55 < max(row[-1] for row in table)
    shares = [duct_recovery(2.0, 0.5, share) for share in (0.0, 0.25, 0.5, 1.0)]
    assert shares[0] == 0
    assert np.all(np.diff(shares) > 0)
    assert "assumed: entry" in recovery_rows()[0].note


def test_the_ratio_does_not_depend_on_the_host():
    """But for the flow that a tumour takes from a host: none to speak of if it is small."""

    def ratio(host, volume):
        mouse, man = (
            delivered(b, "khot2019", host, volume, 28.0) for b in ("mouse_28g", "human_male")
        )
        return mouse / man

    flank = ratio("flank", 0.65)
    assert flank == pytest.approx(whole_model_ratio("khot2019"), rel=1e-4)
    for host in ("brain", "liver", "lung", "bone_marrow"):
        assert ratio(host, 0.65) == pytest.approx(flank, rel=1e-3)


def test_the_other_model_stays_below_the_headline():
    assert 500 < whole_model_ratio("singh2020") < 1e3


def test_perfusion_limit_is_flow_over_blood_volume():
    """Just after mixing, brown2021 delivers q / V_blood per infused cell, day and mL."""
    body = load_body("human_male")
    early, late = (delivered("human_male", "brown2021", "flank", 1e-3, t) for t in (0.05, 0.1))
    flow = 0.21 * 1440 / (1 - body.haematocrit.value)  # per day
    assert (late - early) / 0.05 == pytest.approx(flow / 5300, rel=2e-2)


def test_young_brains_get_more():
    ratios = [row[3] for row in brain_by_age()]
    assert ratios == sorted(ratios, reverse=True)
    per_kg = {row[0]: row[4] for row in brain_by_age()}
    assert per_kg["child_5y"] == pytest.approx(1.3, abs=0.01)


def test_retention_mends_the_lung_at_an_hour_and_nothing_else():
    early = ("lung", 1 * HOUR)
    retention = lung_retention()
    assert retention == pytest.approx(2.28, abs=0.01)
    changed = with_lung_retention(load_trafficking("khot2019"), retention)
    assert injected_dose(changed, label_stays=False)[early] == pytest.approx(24.4, rel=1e-6)
    assert injected_dose(changed, label_stays=False)["liver", 1 * HOUR] > 22.9 + 2 * 5.6
    assert len(pet_table()) == len(MEASURED)


def test_no_other_numbers_of_the_lung_fit_pet_better():
    """The best of retention and loss, against its neighbours and against no loss at all."""
    model, best = load_trafficking("khot2019"), lung_mend()
    assert best == pytest.approx((7.86, 0.0476), rel=0.01)

    def misfit(retention, loss):
        return rms_of_log10(injected_dose(with_lung(model, retention, loss), label_stays=False))

    least = misfit(*best)
    assert least == pytest.approx(0.320, abs=0.001)
    for factors in ((0.9, 1.0), (1.1, 1.0), (1.0, 0.9), (1.0, 1.1), (1.0, 1e-3)):
        assert misfit(*np.multiply(best, factors)) > least


def test_a_label_that_stays_is_never_lost():
    """The label in the lung at 7 days is what the paper's equations have lost and still hold."""
    found = injected_dose(load_trafficking("khot2019"))
    without = injected_dose(load_trafficking("khot2019"), label_stays=False)
    exact = curves(Reading(), [168.0])
    lung = exact["lung"][0] * 0.2044
    assert found["lung", 7.0] == pytest.approx(exact["lost"][0] + lung, rel=2e-3)
    assert without["lung", 7.0] == pytest.approx(lung, rel=2e-3)
    assert found["liver", 7.0] == pytest.approx(without["liver", 7.0], rel=1e-9)


def test_no_retention_fits_the_last_day():
    with pytest.raises(InputError, match=r"no retention in the lung gives 3\.9 %"):
        lung_retention(("lung", 7.0))


def test_both_phases_of_blood_and_marrow_are_those_of_two_pools():
    """singh2021 in any body is two pools: blood as a whole, and marrow."""
    from scipy.linalg import expm

    two = np.array([[-1.71 - 0.219, 0.176], [1.71, -0.176]])
    for body in ("human_male", "mouse_28g"):
        network = organ_network(load_body(body), load_trafficking("singh2021"))
        vessels = [c.space == "vascular" for c in network.compartments]
        marrow = network.index("bone_marrow_tissue")
        for day in (0.01, 0.5, 5.0, 30.0):
            cells = course(network, given(network), np.array([day]))[0]
            exact = expm(two * day)[:, 0]
            np.testing.assert_allclose([cells[vessels].sum(), cells[marrow]], exact, rtol=1e-9)


def test_transfer_to_the_brain_is_one_rate_from_all_blood():
    """leon_triana2021: the tumour gains 0.2 per day of what the blood holds."""
    from cartflow.pbpk.tumour import TumourVessels

    tumour = TumourVessels(volume=1e4, host=("brain",))
    network = organ_network(
        load_body("human_male"), load_trafficking("leon_triana2021"), tumour=tumour
    )
    cells = course(network, given(network), np.array([3.0]))[0]
    assert cells[network.index("handed_over")] == pytest.approx(1 - np.exp(-0.6), rel=1e-9)


def test_lumped_tissues_keep_their_capture_in_a_whole_body():
    minimal = load_trafficking("tsai2022_pleural")
    assert minimal.capture_probability("heart") == minimal.capture_probability("rest")
    network = organ_network(load_body("mouse_28g"), minimal)
    assert "heart_tissue" in network.names
    with pytest.raises(InputError, match=r"has the organ .*, which body"):
        organ_network(load_body("mouse_tsai2022_pleural"), load_trafficking("khot2019"))
    with pytest.raises(InputError, match="'as_rest' needs a table"):
        replace(minimal, organs={"lung": minimal.organ("lung")})

"""What a trafficking model calls blood: its central pool, and where a concentration counts."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import given
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.observables import organ_table, venous_concentration
from cartflow.pbpk.trafficking import BloodTrafficking
from cartflow.validation.bodies.singh_equations import course
from cartflow.validation.organs.organ_equations import rate_matrix

PLASMA = 1717 * 0.55  # mm3 in the mouse


def test_singh_counts_in_its_own_pool():
    network = organ_network(load_body("mouse_28g"), load_trafficking("singh2020"))
    assert network.volumes()[network.index("venous")] == pytest.approx(PLASMA)
    first = venous_concentration(network, given(network))[0]
    assert first == pytest.approx(1 / PLASMA)
    table = organ_table(network)
    lung = table.volumes[table.organs.index("lung"), table.spaces.index("vascular")]
    assert lung == pytest.approx(29.45509, rel=1e-5)  # its plasma


def test_in_whole_blood_the_same_cells_are_fewer_per_volume():
    mouse, singh = load_body("mouse_28g"), load_trafficking("singh2020")
    whole = replace(singh, blood=replace(singh.blood, counted_in="whole_blood"))
    networks = [organ_network(mouse, model) for model in (singh, whole)]
    np.testing.assert_array_equal(networks[0].rates, networks[1].rates)
    own, blood = (venous_concentration(n, given(n))[0] for n in networks)
    assert blood / own == pytest.approx(1 - mouse.haematocrit.value)


def test_without_a_word_blood_is_counted_once():
    mouse, khot = load_body("mouse_28g"), load_trafficking("khot2019")
    assert khot.blood == BloodTrafficking()
    network = organ_network(mouse, khot)
    vessels = sum(c.volume for c in network.compartments if c.space == "vascular")
    assert vessels == pytest.approx(mouse.blood_volume.value)


@pytest.mark.parametrize("pool", ["outside_organs", "all_blood"])
def test_both_pools_are_the_equations_written_once_more(pool):
    from cartflow.pbpk.tumour import TumourVessels, host_organs

    tumour = TumourVessels(volume=50.0, host=host_organs("flank"))
    singh = load_trafficking("singh2020")
    model = replace(singh, blood=replace(singh.blood, pool=pool))
    for body in (load_body("mouse_28g"), load_body("human_male")):
        network = organ_network(body, model, tumour=tumour, lumped=True)
        exact = rate_matrix(body, model, tumour, network.names)
        np.testing.assert_allclose(network.rates, exact, rtol=1e-10, atol=1e-9)


def test_the_publications_equations_as_they_were_run_elsewhere():
    """Concentration and organs of an integration of the authors' equations, by other hands."""
    found = course([1 / 60, 0.1, 0.5, 1.0, 4.0, 24.0, 72.0, 168.0])
    known = [7.89, 0.0638, 0.201, 0.218, 0.0908, 0.0115, 0.00634, 0.00373]
    np.testing.assert_allclose(found["concentration"], known, rtol=3e-3)
    hour = {"lung": 17.2, "liver": 25.5, "spleen": 3.23, "lymph": 28.9, "blood": 0.206}
    for name, percent in hour.items():
        assert found[name][3] == pytest.approx(percent, rel=4e-3), name
    np.testing.assert_allclose(
        found["tumour"][[3, 5, 6, 7]], [0.0306, 0.042, 0.0202, 0.0078], rtol=0.04
    )

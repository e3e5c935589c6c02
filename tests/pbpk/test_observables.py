"""Cells by organ and space."""

import numpy as np
import pytest

from cartflow.pbpk.body import ORGANS
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.fed import entering_concentration
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.observables import in_body, organ_table, venous_concentration
from cartflow.pbpk.tumour import TumourVessels, host_organs


@pytest.fixture(params=[False, True], ids=["coupled", "lumped"])
def network(request):
    tumour = TumourVessels(volume=50.0, host=host_organs("flank"))
    mouse, khot = load_body("mouse_28g"), load_trafficking("khot2019")
    return organ_network(mouse, khot, tumour=tumour, lumped=request.param)


def test_table_holds_all_cells_but_those_that_left(network):
    state = np.arange(2.0 * len(network.names)).reshape(-1, 2) + 1
    table = organ_table(network)
    cells = table.cells(state)
    assert cells.shape == (2, len(table.organs), len(table.spaces))
    assert set(table.organs) == {"blood", "lymph", "tumour", *ORGANS}
    assert table.spaces == ("vascular", "tissue")
    left = state[network.index("lost")] + state[network.index("handed_over")]
    assert np.nansum(cells, axis=(1, 2)) == pytest.approx(state.sum(axis=0) - left)
    assert in_body(network, state) == pytest.approx(state.sum(axis=0) - left)


def test_blood_is_venous_and_arterial(network):
    state = np.zeros((len(network.names), 1))
    state[network.index("venous")], state[network.index("arterial")] = 3.0, 4.0
    table = organ_table(network)
    blood = table.organs.index("blood")
    assert table.cells(state)[0, blood, 0] == 7.0
    mouse = load_body("mouse_28g")
    pools = mouse.venous_volume.value + mouse.arterial_volume.value
    assert table.volumes[blood, 0] == pytest.approx(pools)
    assert venous_concentration(network, state) == pytest.approx(3.0 / mouse.venous_volume.value)


def test_spaces_that_do_not_exist_are_nan(network):
    table = organ_table(network)
    cells = table.cells(np.ones((len(network.names), 1)))[0]
    assert np.isnan(cells[table.organs.index("blood"), 1])
    assert np.isnan(cells[table.organs.index("lymph"), 0])
    tumour = cells[table.organs.index("tumour")]
    assert tumour[0] == 1.0
    assert np.isnan(tumour[1]) == ("tumour_tissue" not in network.names)
    assert (np.isnan(cells) == np.isnan(table.volumes)).all()


def test_states_one_after_the_other_are_counted_as_each_alone(network):
    states = np.random.default_rng(0).random((3, len(network.names), 2))
    for observable in (
        organ_table(network).cells,
        lambda state: in_body(network, state),
        lambda state: venous_concentration(network, state),
        lambda state: entering_concentration(network, state),
    ):
        assert np.array_equal(
            observable(states), [observable(state) for state in states], equal_nan=True
        )

"""Which models stand in tissue, and what is left of them there."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load, names
from cartflow.kinetics.locality import in_tissue

ALONE = {
    "approved_products",
    "brummer2022",
    "conte2025",
    "kareva_gevertz2023",
    "kimmel2021",
    "lymphodepletion",
    "owens2021",
    "stein2019",
}


@pytest.mark.parametrize("name", sorted(set(names()) - ALONE))
def test_a_local_model_stands_in_tissue(name):
    network = load(name)
    local = in_tissue(network)
    assert all(r.scope == "local" for r in local.reactions)
    if all(r.scope == "local" for r in network.reactions):
        assert local is network
    kept = [network.index(n) for n in local.species_names]
    state = np.random.default_rng(0).uniform(1, 10, len(network.species))
    rates = dict(zip(network.reaction_names, network.rates(state), strict=True))
    np.testing.assert_array_equal(
        local.rates(state[kept]), [rates[n] for n in local.reaction_names]
    )


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_model_of_the_whole_body_runs_alone(name):
    with pytest.raises(InputError, match="cannot stand in tissue; run the model by cartflow sim"):
        in_tissue(load(name))


def test_entry_from_the_periphery_is_left_to_trafficking():
    local = in_tissue(load("leon_triana2021_gbm"))
    assert local.species_names == ("cart", "tumour")
    assert "entry" not in local.reaction_names

"""A tumour's vessels: flow out of the host's, hand-over, and the lumped tumour."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.core import bibliography
from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.flows.streams import streams
from cartflow.pbpk.tumour import TumourVessels, host_organs

KEYS = bibliography.keys()


@pytest.fixture
def mouse():
    return load_body("mouse_28g")


@pytest.fixture
def khot():
    return load_trafficking("khot2019")


def flank(**changes):
    return TumourVessels(volume=100.0, host=host_organs("flank"), **changes)


def test_defaults_have_a_source():
    for value in flank().quantities().values():
        assert value.source in KEYS


def test_flow_per_volume():
    vessels = flank()
    # 0.21 mL/min/mL of plasma for 0.1 mL, in blood with haematocrit 0.45.
    assert vessels.blood_flow(0.45) / 1000 / 1440 == pytest.approx(0.021 / 0.55)
    assert vessels.lymph_flow() / 1000 / 1440 == pytest.approx(0.021 * 0.002)
    assert vessels.vascular_volume() == pytest.approx(7.0)
    assert vessels.interstitial_volume() == pytest.approx(55.0)


@pytest.mark.parametrize("host", ["flank", "brain", "lung", "liver", "bone_marrow"])
def test_flow_is_taken_from_the_host(mouse, khot, host):
    organs = host_organs(host)
    vessels = TumourVessels(volume=10.0, host=organs)
    before = {s.organ: s for s in streams(mouse, khot, None)}
    after = {s.organ: s for s in streams(mouse, khot, vessels)}
    tumour = after.pop("tumour")
    for name, stream in before.items():
        if name not in organs:
            assert after[name] == stream
    taken = sum(before[n].blood_flow - after[n].blood_flow for n in organs)
    assert taken == pytest.approx(tumour.blood_flow)
    assert tumour.blood_flow == pytest.approx(vessels.blood_flow(0.45))
    lymph = sum(before[n].lymph_flow - after[n].lymph_flow for n in organs)
    assert lymph == pytest.approx(tumour.lymph_flow)
    shares = [after[n].blood_flow / before[n].blood_flow for n in organs]
    assert shares == pytest.approx([shares[0]] * len(shares))
    assert (tumour.source, tumour.target) == (before[organs[0]].source, before[organs[0]].target)


def test_too_large_for_its_host(mouse, khot):
    large = TumourVessels(volume=2000.0, host=("brain",))
    with pytest.raises(
        InputError, match=r"needs 45.82 mL/h of blood.*\(brain\) has only 21.42 mL/h"
    ):
        organ_network(mouse, khot, tumour=large)
    drained = flank(lymph_fraction=parameter("0.5", "1"))
    with pytest.raises(InputError, match=r"mL/h of lymph, but its host \(skin, muscle\)"):
        organ_network(mouse, khot, tumour=drained)


def test_hosts_must_share_their_blood(mouse, khot):
    odd = TumourVessels(volume=1.0, host=("skin", "lung"))
    with pytest.raises(InputError, match="hosts skin, lung do not share"):
        organ_network(mouse, khot, tumour=odd)


def test_the_host_needs_tissue(mouse, khot):
    bare = {name: organ for name, organ in khot.organs.items() if name != "heart"}
    vessels = TumourVessels(volume=1.0, host=("heart",))
    with pytest.raises(
        InputError, match="host heart has no tissue in trafficking model 'khot2019'"
    ):
        organ_network(mouse, replace(khot, organs=bare), tumour=vessels)


def test_a_model_without_tumour_cannot_have_one(mouse, khot):
    with pytest.raises(InputError, match=r"'khot2019' has no table \[tumour\]"):
        organ_network(mouse, replace(khot, tumour=None), tumour=flank())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volume": 0.0}, r"tumour: volume 0 mm\^3 must be"),
        ({"volume": float("nan")}, "tumour: volume nan"),
        ({"host": ()}, "tumour: no host organ"),
        ({"host": ("skn",)}, "tumour: host: unknown name 'skn'.*did you mean 'skin'"),
        ({"host": ("skin", "skin")}, "names an organ twice"),
        ({"vascular_fraction": parameter("1.5", "1")}, "vascular_fraction: '1.5' must be between"),
        ({"retention": parameter("0", "1")}, "tumour.retention: '0' must be above 0"),
        ({"interstitial_fraction": parameter("0.95", "1")}, "more than 1 together"),
    ],
)
def test_bad_vessels(change, message):
    with pytest.raises(InputError, match=message):
        replace(flank(), **change)


def test_unknown_host():
    with pytest.raises(InputError, match=r"host: unknown organ 'flnk'.*did you mean 'flank'"):
        host_organs("flnk")


@pytest.mark.parametrize("model", ["khot2019", "singh2020"])
def test_what_is_handed_over_equals_what_the_lumped_tissue_takes_up(mouse, model):
    trafficking, vessels = load_trafficking(model), flank()
    coupled = organ_network(mouse, trafficking, tumour=vessels)
    lumped = organ_network(mouse, trafficking, tumour=vessels, lumped=True)
    assert coupled.egress_rate == lumped.egress_rate
    assert "tumour_tissue" not in coupled.names
    source = "tumour_vascular"
    given = coupled.rates[coupled.index("handed_over"), coupled.index(source)]
    taken = lumped.rates[lumped.index("tumour_tissue"), lumped.index(source)]
    assert given == taken
    way_back = lumped.rates[lumped.index("lymph"), lumped.index("tumour_tissue")]
    assert way_back == lumped.egress_rate


def test_egress_is_lymph_over_interstitium(mouse, khot):
    # 0.002 x 0.21 mL/min/mL / 0.55, whatever the volume.
    expected = 0.002 * 0.21 * 1440 / 0.55
    assert organ_network(mouse, khot, tumour=flank()).egress_rate == pytest.approx(expected)
    slow = flank(retention=parameter("4", "1"))
    assert organ_network(mouse, khot, tumour=slow).egress_rate == pytest.approx(expected / 4)
    assert organ_network(mouse, khot).egress_rate == 0.0


def test_lymph_factor_holds_for_the_tumour_too(mouse):
    singh = load_trafficking("singh2020")
    expected = 0.1 * 0.002 * 0.21 * 1440 / 0.55
    assert organ_network(mouse, singh, tumour=flank()).egress_rate == pytest.approx(expected)


def test_a_coupled_tumour_conserves_cells_step_by_step(mouse, khot):
    """What is handed over in a step, given back to the lymph in the next, is never lost."""
    network = organ_network(mouse, khot, tumour=flank())
    stepper = NetworkStepper(network=network)
    cells = np.zeros((len(network.names), 1))
    cells[network.index("venous")] = 1e6
    tissue, door = 0.0, network.index("handed_over")
    for _ in range(200):
        supply = np.zeros_like(cells)
        supply[network.index("lymph")] = network.egress_rate * tissue
        cells = stepper.step(cells, 0.01, supply)
        tissue += float(cells[door, 0]) - supply.sum() * 0.01
        cells[door] = 0.0
    assert cells.sum() + tissue == pytest.approx(1e6, rel=1e-12)
    assert tissue > 0


def test_delivery_per_infused_cell_in_mice_and_men(khot):
    """At equal perfusion and capture, early delivery per mL goes with one over the blood volume.

    Brown et al. 2021 state up to 10 000-fold; the ratio of blood volumes alone is 3087.
    """
    rates = []
    for name, host in (("mouse_28g", "flank"), ("human_male", "flank")):
        body = load_body(name)
        tumour = TumourVessels(volume=100.0, host=host_organs(host))
        network = organ_network(body, khot, tumour=tumour)
        mixed = 1 / body.blood_volume.value  # one cell, spread over the blood
        capture = network.rates[network.index("handed_over"), network.index("tumour_vascular")]
        rates.append(mixed * capture * tumour.vascular_volume())
    assert 2.7e3 < rates[0] / rates[1] < 3.4e3

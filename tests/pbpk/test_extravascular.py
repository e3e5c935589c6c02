"""Which volume of an organ its lymph empties, and in which volume its cells are counted."""

from dataclasses import replace

import pytest

from cartflow.core.outcome import InputError
from cartflow.pbpk.body import ORGANS
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.tumour import TumourVessels, host_organs
from cartflow.pbpk.variation.ranges import Setting

# Lung less its vessels over its interstitium, by hand: (0.2044073 - 0.0535547) / 0.0384286 mL in
# the mouse, (1000 - 100) / 300 mL in Shah and Betts's man, which the other human bodies follow.
RATIOS = {"mouse_28g": 3.9255, "rat_250g": 3.9255, "human_male": 3.0, "child_5y": 3.0}


def exit_rate(network, organ):
    return -network.rates[network.index(f"{organ}_tissue"), network.index(f"{organ}_tissue")]


@pytest.mark.parametrize("body", RATIOS)
def test_the_ratio_is_each_bodys_own(body):
    khot = load_trafficking("khot2019")
    inner = replace(khot, extravascular_volume="interstitium")
    loss = khot.organ("lung").elimination_rate.value
    slow, fast = (
        exit_rate(organ_network(load_body(body), m), "lung") - loss for m in (khot, inner)
    )
    assert fast / slow == pytest.approx(RATIOS[body], abs=1e-4)


def test_lymph_empties_the_organ_less_its_vessels():
    body, model = load_body("mouse_28g"), load_trafficking("khot2019")
    network = organ_network(body, model)
    for name, organ in body.organs.items():
        if name == "lung":
            continue
        given = model.organ(name).retention
        retention = 1.0 if given is None else given.value
        emptied = organ.volume.value - organ.vascular_volume.value
        expected = organ.lymph_flow.value / (emptied * retention)
        assert exit_rate(network, name) == pytest.approx(expected, rel=1e-12), name


@pytest.mark.parametrize("model", ["singh2020", "tsai2022_pleural"])
def test_by_the_authors_choice_it_is_the_interstitium(model):
    trafficking = load_trafficking(model)
    assert trafficking.extravascular_volume == "interstitium"
    for organ in trafficking.made_for.organs.values():
        assert trafficking.extravascular(organ) == organ.interstitial_volume.value


def test_cells_are_counted_in_the_interstitium_whatever_the_model(kinetics_none):
    """The same cells are the same density, and kill as fast, under every trafficking model."""
    body = load_body("mouse_28g")
    for model in ("khot2019", "singh2020"):
        network = organ_network(body, load_trafficking(model))
        sites = tuple(Site(compartment=f"{name}_tissue") for name in ORGANS)
        found = OrganKinetics(organs=network, network=kinetics_none, sites=sites).volumes
        for name, volume in zip(ORGANS, found, strict=True):
            assert volume == body.organs[name].interstitial_volume.value


@pytest.fixture
def kinetics_none():
    from cartflow.kinetics.files.load import load

    found = load("none")
    return getattr(found, "network", found)


def test_the_volume_used_is_recorded():
    man = load_body("human_male")
    found = organ_network(man, load_trafficking("khot2019")).parameters
    lung = found["network.lung.extravascular_volume"]
    expected = man.organs["lung"].volume.value - man.organs["lung"].vascular_volume.value
    assert (lung.value, lung.standing) == (pytest.approx(expected), "derived")
    assert lung.note == "the organ less its vessels"
    plain = organ_network(man, load_trafficking("singh2020")).parameters
    assert not [name for name in plain if name.endswith("extravascular_volume")]


def test_more_blood_leaves_the_tissue_as_it_is():
    body, model = load_body("mouse_28g"), load_trafficking("khot2019")
    tumour = TumourVessels(volume=65.0, host=host_organs("flank"))
    setting = Setting(body=body, trafficking=model, tumour=tumour, rule=ScalingRule())
    more = setting.varied({"body.blood_volume": 1.2 * body.blood_volume.value}).body
    for name, organ in body.organs.items():
        assert model.extravascular(more.organs[name]) == pytest.approx(model.extravascular(organ))


def test_a_wrong_volume_is_told_what_there_is(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('like = "khot2019"\nextravascular_volume = "tissue"\n')
    known = "Input should be 'interstitium' or 'tissue_less_vessels'"
    with pytest.raises(InputError, match=f"extravascular_volume: {known}") as error:
        load_trafficking(path)
    assert str(error.value).startswith(str(path))

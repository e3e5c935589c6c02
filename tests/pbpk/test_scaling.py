"""Rules that carry rates to another body, and what each keeps."""

import pytest

from cartflow.core.outcome import InputError
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.scaling import SCALINGS, ScalingRule, elimination_rate, organ_rate
from cartflow.pbpk.tumour import TumourVessels

KHOT = load_trafficking("khot2019")
MAN = load_body("human_male")
WEIGHTS = 73 / 0.028


def rate(rule, organ="kidney"):
    return organ_rate(MAN, KHOT, rule, organ).value


def test_vascular_volume_keeps_the_rate():
    published = KHOT.organ("kidney").transmigration_rate.value
    assert rate("vascular_volume") == published == rate("published_rate")


def test_perfusion_keeps_the_rate_per_flow_and_volume():
    published = KHOT.organ("kidney").transmigration_rate.value

    def perfusion(body):
        kidney = body.organs["kidney"]
        return kidney.blood_flow.value / kidney.volume.value

    expected = published * perfusion(MAN) / perfusion(KHOT.made_for)
    assert rate("perfusion") == pytest.approx(expected)


def test_allometric_goes_with_a_power_of_body_weight():
    published = KHOT.organ("kidney").transmigration_rate.value
    assert rate("allometric") == pytest.approx(published * WEIGHTS**-0.25)
    other = ScalingRule(name="allometric", exponent=-0.1)
    assert rate(other) == pytest.approx(published * WEIGHTS**-0.1)


def test_losses_scale_only_where_asked():
    loss = KHOT.organ("lung").elimination_rate
    assert elimination_rate(loss, MAN, KHOT, "allometric") == loss
    rule = ScalingRule(elimination_exponent=-0.25)
    scaled = elimination_rate(loss, MAN, KHOT, rule)
    assert scaled.value == pytest.approx(loss.value * WEIGHTS**-0.25)
    network = organ_network(MAN, KHOT, scaling=rule)
    lost = network.rates[network.index("lost"), network.index("lung_tissue")]
    assert lost == pytest.approx(scaled.value)
    assert network.parameters["network.lung.elimination_rate"].value == scaled.value


@pytest.mark.parametrize("name", SCALINGS)
@pytest.mark.parametrize("host", [("skin", "muscle"), ("brain",)])
def test_every_rule_makes_a_network_and_changes_nothing_at_home(name, host):
    tumour = TumourVessels(volume=10.0, host=host)
    assert organ_network(MAN, KHOT, scaling=name, tumour=tumour).scaling == name
    mouse = KHOT.made_for
    for organ in mouse.organs:
        published = KHOT.organ(organ).transmigration_rate
        assert organ_rate(mouse, KHOT, name, organ).value == pytest.approx(published.value)


def test_unknown_rule():
    with pytest.raises(InputError, match=r"scaling: unknown name 'alometric'.*'allometric'"):
        ScalingRule(name="alometric")

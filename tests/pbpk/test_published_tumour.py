"""Tumours as published: per volume, with portal blood, in their own body and in others."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.streams import streams
from cartflow.pbpk.flows.tumour_like import published_tumour, published_vessels, tumour_vessels
from cartflow.pbpk.published_tumour import PublishedTumour
from cartflow.pbpk.tumour import TumourVessels
from cartflow.pbpk.variation.factors import delivery_of, factors
from cartflow.validation.organs.organ_equations import rate_matrix

OWN = ("khot2019", "leon_triana2021", "singh2020", "tsai2022_liver")
NONE = ("brown2021", "ganusov2014", "singh2021", "singh2021_effector", "tsai2022_pleural")
ML_PER_HOUR = 24_000.0


def number(text, like="1"):
    return parameter(text, like)


def network(model, like="published", body=None, volume=None):
    trafficking = load_trafficking(model)
    own = published_tumour(trafficking)
    volume = volume or own.volume.value
    tumour = tumour_vessels(trafficking, volume, own.host, like)
    body = trafficking.made_for if body is None else load_body(body)
    return organ_network(body, trafficking, tumour=tumour, lumped=True)


def test_flow_is_of_plasma_and_vessels_of_blood_whatever_carries_cells():
    blood, plasma = (published_vessels(load_trafficking(m)) for m in ("khot2019", "singh2020"))
    # 6 mL/h of blood with haematocrit 0.45 through 0.45 mL; 6 mL/h of plasma through 0.05 mL.
    assert blood["plasma_flow"].value == pytest.approx(24 * 6 * 0.55 / 0.45)
    assert plasma["plasma_flow"].value == pytest.approx(24 * 6 / 0.05)
    assert blood["vascular_fraction"].value == pytest.approx(0.1)
    assert plasma["vascular_fraction"].value == pytest.approx(0.113 / 0.55)
    # Lymph of 0.0012 mL/h is that of the body's rule with the model's own tenth.
    assert plasma["lymph_fraction"].value * 0.1 * 6 == pytest.approx(0.0012)
    assert {p.source for p in plasma.values()} == {"singh2020"}


@pytest.mark.parametrize("model", ["khot2019", "singh2020", "tsai2022_liver"])
@pytest.mark.parametrize("scaling", ["capture_per_pass", "vascular_volume", "allometric"])
def test_in_its_own_body_it_has_the_published_rate_flow_and_volumes(model, scaling):
    trafficking = load_trafficking(model)
    own, body = published_tumour(trafficking), trafficking.made_for
    tumour = tumour_vessels(trafficking, own.volume.value, own.host, "published")
    found = organ_network(body, trafficking, tumour=tumour, lumped=True, scaling=scaling)
    vessels, tissue = found.index("tumour_vascular"), found.index("tumour_tissue")
    rate = trafficking.tumour.transmigration_rate.value
    assert found.rates[tissue, vessels] == pytest.approx(rate, rel=1e-12)
    assert found.volumes()[vessels] == pytest.approx(own.vascular_volume.value, rel=1e-9)
    assert found.volumes()[tissue] == pytest.approx(own.interstitial_volume.value, rel=1e-9)
    stream = streams(body, trafficking, tumour)[-1]
    entering = stream.blood_flow + stream.portal_flow
    assert entering == pytest.approx(own.blood_flow.value, rel=1e-9)
    assert stream.lymph_flow == pytest.approx(own.lymph_flow.value, rel=1e-9)
    drained = own.lymph_flow.value / own.interstitial_volume.value / own.retention.value
    assert found.egress_rate == pytest.approx(drained, rel=1e-9)


@pytest.mark.parametrize("model", NONE)
def test_a_model_without_one_is_refused_by_name(model):
    text = rf"tumour.like: trafficking model '{model}' .* 'published' is for: {', '.join(OWN)}$"
    with pytest.raises(InputError, match=text):
        published_vessels(load_trafficking(model))


def test_nothing_returns_from_the_tumour_of_leon_triana():
    found = network("leon_triana2021", volume=1e3)
    assert found.egress_rate == 0.0
    assert found.rates[found.index("lymph"), found.index("tumour_tissue")] == 0.0
    assert set(published_vessels(load_trafficking("leon_triana2021"))) == {"egress_rate"}


@pytest.mark.parametrize("body", ["mouse_28g", "human_male"])
def test_more_tumour_is_more_of_the_same(body):
    trafficking = load_trafficking("khot2019")
    small, large = (
        delivery_of(load_body(body), trafficking, volume=v, like="published") for v in (1.0, 450.0)
    )
    assert large.delivery == pytest.approx(small.delivery, rel=1e-3)
    assert large.perfusion == pytest.approx(small.perfusion, rel=1e-12)


def test_in_man_it_keeps_plasma_flow_and_capture():
    ratios = {like: factors("mouse_28g", "human_male", "singh2020", like=like) for like in LIKE}
    for found in ratios.values():
        assert found.capture == pytest.approx(1.0, rel=2e-3)
        assert found.perfusion == pytest.approx((1 - 2300 / 5300) / 0.55)
    # Ten times the flow in both bodies leaves their ratio.
    assert ratios["published"].ratio == pytest.approx(ratios["default"].ratio, rel=0.01)


LIKE = ("default", "published")


def test_the_order_of_two_models_turns_round_with_their_own_tumours():
    mouse = load_body("mouse_28g")
    khot, singh = (
        {like: delivery_of(mouse, load_trafficking(m), like=like).delivery for like in LIKE}
        for m in ("khot2019", "singh2020")
    )
    assert singh["published"] / singh["default"] == pytest.approx(9.5, abs=0.1)
    assert khot["default"] / khot["published"] == pytest.approx(1.72, abs=0.01)


class TestPortalBlood:
    """A tumour in the liver that the portal vein feeds too."""

    def tumour(self, share="0.8", volume=10.0, host="liver", **changes):
        return TumourVessels(
            volume=volume, host=(host,), portal_share=number(share), node="draining_node", **changes
        )

    @pytest.mark.parametrize("model", ["khot2019", "singh2020"])
    @pytest.mark.parametrize("share", ["0", "0.3", "1"])
    def test_the_network_equals_equations_written_once_more(self, model, share):
        body, trafficking, tumour = (
            load_body("mouse_28g"),
            load_trafficking(model),
            self.tumour(share),
        )
        found = organ_network(body, trafficking, tumour=tumour, lumped=True)
        wanted = rate_matrix(body, trafficking, tumour, found.names)
        np.testing.assert_allclose(found.rates, wanted, rtol=1e-12, atol=1e-9)

    def test_blood_that_enters_vessels_leaves_them(self):
        """With all cells at one density, fluid of all compartments but tissues is at rest."""
        body, trafficking = load_body("mouse_28g"), load_trafficking("khot2019")
        bare = {n: replace(o, elimination_rate=None) for n, o in trafficking.organs.items()}
        found = streams(body, replace(trafficking, organs=bare), self.tumour())
        tumour, by = found[-1], {stream.organ: stream for stream in found}
        assert tumour.passed_on + tumour.lymph_flow == pytest.approx(
            tumour.blood_flow + tumour.portal_flow
        )
        given = sum(by[name].to_tumour for name in ("gut", "spleen"))
        assert given == pytest.approx(tumour.portal_flow, rel=1e-12)
        artery = sum(s.blood_flow for s in found if s.source == "arterial")
        assert artery + tumour.portal_flow == pytest.approx(
            body.systemic_flow() + tumour.portal_flow, rel=1e-12
        )

    def test_a_tumour_too_large_for_the_artery_fits_with_portal_blood(self):
        body, trafficking = load_body("mouse_28g"), load_trafficking("tsai2022_liver")
        large = TumourVessels(volume=900.0, host=("liver",))
        with pytest.raises(InputError, match=r"needs 20.62 mL/h of blood, but its host \(liver\)"):
            organ_network(body, trafficking, tumour=large)
        fed = replace(large, portal_share=number("0.85"))
        assert "tumour_vascular" in organ_network(body, trafficking, tumour=fed).names

    def test_more_than_the_portal_vein_has(self):
        huge = self.tumour("1", volume=8000.0, lymph_fraction=number("0.001"))
        with pytest.raises(InputError, match=r"needs 183.3 mL/h of portal blood, but .* only 163"):
            organ_network(load_body("mouse_28g"), load_trafficking("khot2019"), tumour=huge)

    def test_only_in_the_liver_and_at_most_all(self):
        with pytest.raises(InputError, match="portal_share: only a tumour in the liver has one"):
            self.tumour(host="brain")
        with pytest.raises(InputError, match=r"portal_share: '1.2' is not in 0..1"):
            self.tumour("1.2")


def test_a_dose_by_the_portal_vein_goes_with_its_blood():
    found = network("tsai2022_liver")
    shares = found.routes["portal_vein"]
    assert shares["tumour_vascular"] == pytest.approx(16 / (137 - 0.1508 + 14.88 - 0.01636))
    assert sum(shares.values()) == pytest.approx(1.0, rel=1e-12)
    assert found.routes["hepatic_artery"]["tumour_vascular"] == pytest.approx(2 / 18.7, rel=1e-6)
    assert found.routes["tumour_artery"] == {"tumour_vascular": 1.0}
    default = network("tsai2022_liver", "default")
    assert default.routes["portal_vein"] == {"liver_vascular": 1.0}


def test_routes_there_are_without_a_tumour_or_a_portal_vein():
    mouse = load_body("mouse_28g")
    assert "tumour_artery" not in organ_network(mouse, load_trafficking("khot2019")).routes
    assert "portal_vein" not in organ_network(mouse, load_trafficking("singh2021")).routes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volume": None}, "blood_flow needs volume"),
        ({"blood_flow": None}, "lymph_flow needs blood_flow"),
        ({"egress_rate": number("0 1/day", "1/day")}, "give retention or egress_rate, not both"),
        ({"portal_flow": number("7 mL/h", "mL/h")}, "portal_flow '7 mL/h' is more than the blood"),
        ({"host": "livr"}, "tumour.published.host: unknown name 'livr'.*did you mean 'liver'"),
        ({"host": "flank", "portal_flow": number("1 mL/h", "mL/h")}, "for the host 'liver'"),
        ({"volume": number("0 mL", "mL")}, "volume: '0 mL' must be"),
    ],
)
def test_bad_tumours(change, message):
    own = PublishedTumour(
        host="liver",
        volume=number("0.1 mL", "mL"),
        blood_flow=number("6 mL/h", "mL/h"),
        lymph_flow=number("0.1 mL/h", "mL/h"),
        retention=number("2"),
    )
    with pytest.raises(InputError, match=message):
        replace(own, **change)


def test_a_users_model_may_have_its_own(tmp_path):
    path = tmp_path / "mine.toml"
    text = """
like = "singh2020"
name = "mine"
[tumour.published]
volume = { value = "0.1 mL", source = "assumed", standing = "assumed" }
"""
    path.write_text(text)
    found = published_vessels(load_trafficking(path))
    assert found["plasma_flow"].value == pytest.approx(24 * 6 / 0.1)
    path.write_text(text.replace("volume", "volum"))
    with pytest.raises(InputError, match=r"unknown key 'tumour.published.volum'.*'volume'"):
        load_trafficking(path)

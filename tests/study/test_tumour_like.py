"""A study's tumour like the published one: what it takes, what it says, what is refused."""

import numpy as np
import pytest
import xarray as xr

from cartflow.analyses.compare import compare, table_lines
from cartflow.analyses.delivery import delivery
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.summary import summary_lines
from cartflow.study.numbers import StudyNumbers, study_setting
from cartflow.study.study import Study

STUDY = """
title = "A published tumour"
body.name = "mouse_28g"
trafficking.name = "singh2020"
doses = [{ cells = "1e6 cells" }]
tumour = { host = "flank", like = "published" }
geometry = { shape = "ball", radius = "2.2854 mm", cells = 3 }
kinetics.models = ["none"]
fields.cart.diffusivity = "1e3 mm^2/day"
time.end = "7 days"
"""
LIVER = {"trafficking.name": "tsai2022_liver", "tumour.host": "liver"}
MINIMAL = {**LIVER, "body.name": "mouse_tsai2022_liver", "geometry.radius": "3.6243 mm"}


def study(**settings):
    return Study.from_text(STUDY, settings={k.replace("__", "."): v for k, v in settings.items()})


def entered(settings):
    result = Study.from_text(STUDY, settings=settings).run().require_finished()
    assert result.summary()["relative_residual"] < 1e-10
    return result.summary()["reached_tumour"] / 1e6


@pytest.mark.parametrize(
    ("settings", "expected", "tolerance"),
    [
        ({}, 1.077e-3, 0.05),
        (MINIMAL, 0.616, 0.01),
        ({**MINIMAL, "time.end": "1 hour"}, 0.0556, 0.01),
        ({**MINIMAL, "doses.0.route": "portal_vein"}, 0.633, 0.01),
        ({**MINIMAL, "doses.0.route": "tumour_artery"}, 0.790, 0.01),
        ({"trafficking.name": "leon_triana2021", "tumour.host": "brain"}, 1 - np.exp(-1.4), 1e-4),
    ],
)
def test_a_run_delivers_what_the_publications_equations_do(settings, expected, tolerance):
    assert entered(settings) == pytest.approx(expected, rel=tolerance)


def test_the_default_is_another_tumour_and_says_so():
    default = Study.from_text(STUDY, settings={"tumour.like": "default"})
    assert default.vessels() == Study.from_text(STUDY.replace(', like = "published"', "")).vessels()
    assert default.vessels_in_words() == (
        "default, shah2012; not those published with singh2020, tumour.like = 'published'"
    )
    other = Study.from_text(
        STUDY, settings={"tumour.like": "default", "trafficking.name": "brown2021"}
    )
    assert other.vessels_in_words() == "default, shah2012"


def test_a_number_of_the_study_stands_before_the_published_one():
    own = Study.from_text(STUDY, settings={"tumour.plasma_flow": "0.21 mL/min/mL"})
    vessels = own.vessels()
    assert vessels.plasma_flow.source == "study"
    assert vessels.vascular_fraction.source == "singh2020"
    assert "plasma_flow" not in vessels.published
    assert own.vessels_in_words() == (
        "published with singh2020: 0.05 mL, flank; the study's own: plasma_flow"
    )
    flows = [
        s.organs.parameters["network.tumour.transmigration_rate"].value
        * s.vessels().plasma_flow.value
        for s in (own, Study.from_text(STUDY))
    ]
    # The chance of capture is kept, so that the rate goes with the flow.
    assert flows[1] / flows[0] == pytest.approx((120 / 12.6) ** 2)


def test_retention_or_egress_rate_of_the_study_stand_alone():
    slow = Study.from_text(STUDY, settings={"tumour.egress_rate": "0.01 1/day"})
    assert slow.organs.egress_rate == pytest.approx(0.01)
    assert slow.vessels().retention.source == "assumed"  # not the published one, and without effect
    held = {"trafficking.name": "leon_triana2021", "tumour.host": "brain", "tumour.retention": 2.0}
    with pytest.raises(InputError, match=r"tumour.like: retention leave.* nothing of what"):
        Study.from_text(STUDY, settings=held).vessels()


def test_the_result_and_its_summary_say_whose_vessels(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    result = Study.from_file(file, {"time.end": "1 hour"}).run()
    text = result.tree.attrs["tumour_vessels"]
    assert text == "published with singh2020: 0.05 mL, flank"
    assert f"vessels       {text}" in summary_lines(result.tree)
    numbers = result.tree["parameters"]
    assert numbers["tumour_plasma_flow"].attrs["source"] == "singh2020"
    assert "6 mL/h in 0.05 mL" in numbers["tumour_plasma_flow"].attrs["note"]
    assert numbers["tumour_egress_rate"].attrs["source"] == "singh2020"
    assert not [n for n in numbers.data_vars if "published_tumour" in str(n)]


def test_another_size_is_told():
    text = Study.from_text(STUDY, settings={"geometry.radius": "5 mm"}).vessels_in_words()
    assert text == "published with singh2020: 0.05 mL, flank, here 0.524 mL with the same per mL"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tumour.like": "publishd"}, "tumour.like: .*'publishd'.*did you mean 'published'"),
        ({"trafficking.name": "brown2021"}, "tumour.like: trafficking model 'brown2021' .* is for"),
        ({"trafficking.name": "tsai2022_pleural"}, "'tsai2022_pleural' was published without"),
        ({"tumour.host": "brain"}, "without the brain's barrier.*barrier_breakdown = 1"),
        ({"trafficking.name": "tsai2022_liver"}, "takes portal blood, so not in 'flank' but in"),
        ({"tumour.portal_share": 0}, "portal_share: only a tumour in the liver has one"),
        ({"geometry.radius": "6.5 mm"}, r"needs 138 mL/h of plasma, but its host \(skin, muscle\)"),
    ],
)
def test_what_is_refused_in_one_line(settings, message):
    with pytest.raises(InputError, match=message) as error:
        _ = Study.from_text(STUDY, settings=settings).simulation
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("study: ")


def test_elsewhere_it_is_the_same_tissue():
    without = {"trafficking.name": "tsai2022_liver", "tumour.portal_share": 0}
    vessels = Study.from_text(STUDY, settings=without).vessels()
    assert vessels.portal_share is None
    assert vessels.plasma_flow.source == "tsai2022"
    gut = Study.from_text(STUDY, settings={"tumour.host": "gut"})
    assert gut.vessels_in_words() == "published with singh2020: 0.05 mL, flank, here in gut"
    open_wall = {"tumour.host": "brain", "tumour.barrier_breakdown": 1}
    rate = Study.from_text(STUDY, settings=open_wall).organs.parameters
    assert rate["network.tumour.transmigration_rate"].value == pytest.approx(10.35 * 24)


def test_compare_says_that_it_is_the_same_per_ml_in_every_body(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    found = compare(file, ["mouse_28g", "human_male"], settings={"time.end": "1 day"})
    assert isinstance(found, xr.Dataset)
    assert found.attrs["tumour_vessels"] == "published with singh2020: 0.05 mL, flank"
    line = next(line for line in table_lines(found) if line.startswith("tumour published"))
    assert line.endswith("flow, vessels and lymph per mL are the same in every body")
    lines = table_lines(compare(file, ["mouse_28g"], settings={"tumour.like": "default"}))
    assert not [line for line in lines if line.startswith("tumour ")]


def test_sensitivity_varies_the_published_numbers_as_the_studys_own(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(STUDY)
    numbers = StudyNumbers(study=Study.from_file(file))
    flow = numbers.numbers["tumour.plasma_flow"].value
    varied = numbers.varied({"tumour.plasma_flow": 2 * flow})
    assert varied.vessels().plasma_flow.value == pytest.approx(2 * flow)
    rate = "trafficking.tumour.blood_flow"
    changed = numbers.varied({rate: 2 * numbers.numbers[rate].value})
    # What the capture is formed with is one number, what the tumour has another.
    assert changed.vessels().plasma_flow.value == pytest.approx(flow)
    setting = study_setting(numbers.study)
    same = delivery(setting.varied({rate: 2 * setting.numbers()[rate].value}), "intravenous", 7.0)
    assert delivery(study_setting(changed), "intravenous", 7.0) == pytest.approx(same, rel=1e-9)


def test_show_prints_the_published_tumour(capsys):
    assert main(["show", "trafficking", "singh2020"]) == 0
    out = capsys.readouterr().out
    assert "published tumour      0.05 mL in flank: plasma_flow 120 mL/h per mL" in out
    assert "interstitial_volume  0.04435" in out

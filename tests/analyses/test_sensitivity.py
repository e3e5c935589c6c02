"""Sensitivity of delivery: known dependences, closed bodies, and indices that add up."""

import numpy as np
import pytest

from cartflow.analyses.delivery import delivery
from cartflow.analyses.sensitivity import order, sensitivity, sensitivity_lines
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.pbpk.variation.ranges import ranges
from cartflow.study.numbers import StudyNumbers, study_setting
from cartflow.study.study import Study

pytest.importorskip("SALib")
STUDY = """
title = "A flank tumour"
[body]
name = "mouse_28g"
[trafficking]
name = "{model}"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 3
[tumour]
host = "{host}"
{tumour}
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "1 mm^2/day"
[time]
end = "2 days"
"""
FLOW = """plasma_flow = { value = "0.2 mL/min/mL", source = "assumed", standing = "assumed",
 range = ["0.1 mL/min/mL", "0.4 mL/min/mL"] }"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(model="khot2019", host="flank", tumour=FLOW.replace("\n", "")))
    return path


def test_delivery_is_that_of_the_run(path):
    study = Study.from_file(path, {"solver.maximum_step": "1 hour"})
    ran = study.run().summary()
    volume = study.geometry.volume / 1000
    expected = ran["reached_tumour"] / ran["infused"] / volume
    assert delivery(study_setting(study), "intravenous", 2.0) == pytest.approx(expected, rel=2e-3)


def test_delivery_goes_with_capture_and_flow(path):
    setting = study_setting(Study.from_file(path))
    central = delivery(setting, "intravenous", 2.0)
    rate = setting.numbers()["trafficking.tumour.transmigration_rate"].value
    more = setting.varied({"trafficking.tumour.transmigration_rate": 2 * rate})
    assert delivery(more, "intravenous", 2.0) == pytest.approx(2 * central, rel=5e-3)


def test_bodies_stay_closed_when_they_vary(path):
    setting = study_setting(Study.from_file(path))
    body = setting.body
    for name, key in (
        ("body.cardiac_output", "cardiac_output"),
        ("body.blood_volume", "blood_volume"),
    ):
        for factor in (0.5, 2.0):
            value = getattr(body, key).value * factor
            varied = setting.varied({name: value}).body
            assert getattr(varied, key).value == pytest.approx(value)
            assert varied.systemic_flow() == pytest.approx(varied.cardiac_output.value, rel=1e-6)


@pytest.mark.lowest
def test_numbers_with_a_range_are_those_that_vary(path):
    dataset = sensitivity(path, samples=8)
    assert list(dataset["parameter"].values) == ["body.cardiac_output", "tumour.plasma_flow"]
    low, high = (float(dataset[f"at_{end}"][1]) for end in ("low", "high"))
    assert high / low == pytest.approx(4.0, rel=0.02)
    assert float(dataset["high"][0] / dataset["low"][0]) == pytest.approx(1128 / 480)


def test_one_number_that_rules_has_an_index_near_one(path):
    dataset = sensitivity(path, samples=64)
    flow = dataset.sel(parameter="tumour.plasma_flow")
    assert float(flow["total_order"]) == pytest.approx(1.0, abs=0.1)
    assert float(dataset["total_order"].sum()) == pytest.approx(1.0, abs=0.15)
    assert sensitivity_lines(dataset)[2].startswith("tumour.plasma_flow")


GROWING = """
title = "A tumour that grows"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1 cells"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 3
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey"]
[kinetics.parameters]
killing_rate = "1e-9 1/day"
proliferation_rate = "1e-9 1/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.cart]
diffusivity = "1 mm^2/day"
[time]
end = "2 days"
every = "0.02 day"
"""


def test_runs_give_the_same_as_the_network_where_nothing_reacts(path):
    only = ["tumour.plasma_flow", "trafficking.lung.", "body."]
    found = [
        sensitivity(path, of=of, samples=0, spread=2.0, only=only) for of in ("entered", "delivery")
    ]
    for name in ("low", "high", "at_low", "at_high"):
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-5)
    assert found[0].central == pytest.approx(found[1].central, rel=1e-5)
    assert "first_order" not in found[0]
    assert list(order(found[0])) == list(order(found[1]))


def test_numbers_of_doses_kinetics_and_motility_vary_by_runs(tmp_path):
    path = tmp_path / "growing.toml"
    path.write_text(GROWING)
    numbers = StudyNumbers(study=Study.from_file(path)).numbers
    assert {"doses.0.cells", "fields.cart.diffusivity", "kinetics.growth_rate"} <= set(numbers)
    assert not [n for n in numbers if n.startswith(("geometry", "time", "kinetics.parameters"))]
    dataset = sensitivity(path, of="tumour", spread=2.0, only=["kinetics.growth_rate", "doses"])
    at = dataset.sel(parameter="kinetics.growth_rate")
    for end in ("low", "high"):
        # The mean of logistic growth from 2e4 towards 1e5 cells/mm3 over two days.
        rate, share = float(at[end]), 0.2
        mean = np.log(share * np.exp(2 * rate) + 1 - share) / (2 * rate) * 1e5
        assert float(at[f"at_{end}"]) == pytest.approx(mean * 4 / 3 * np.pi, rel=1e-4)
    dose = dataset.sel(parameter="doses.0.cells")
    assert float(dose["at_high"]) == pytest.approx(dataset.central, rel=1e-6)
    lines = sensitivity_lines(dataset)
    assert lines[0].startswith("tumour cells, mean over time")
    assert lines[2].split()[:4] == ["kinetics.growth_rate", "0.0366", "0.1464", "1/day"]


@pytest.mark.parametrize("of", ["cells", "depth", "blood"])
def test_other_outcomes_of_runs(path, of):
    dataset = sensitivity(path, of=of, spread=2.0, only=["doses."])
    ratio = float(dataset["at_high"][0] / dataset["at_low"][0])
    assert ratio == pytest.approx(1.0 if of == "depth" else 4.0, rel=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"of": "tumor"}, "--of: unknown name 'tumor'.*did you mean 'tumour'"),
        ({"of": "tumour"}, "tumour is 0, so there is nothing to compare with"),
        ({"only": ["doses"]}, "no number begins with 'doses'"),
    ],
)
def test_what_cannot_be_asked(path, words, message):
    with pytest.raises(InputError, match=message):
        sensitivity(path, **words)


def test_a_value_that_is_no_study_is_named(path):
    study = StudyNumbers(study=Study.from_file(path))
    with pytest.raises(InputError, match="unknown name 'tumour\\.plasma'"):
        study.varied({"tumour.plasma": 1.0})


def test_spread_gives_a_range_to_the_rest():
    numbers = {
        "a": parameter("4 1/h", "1/day"),
        "b.interstitial_fraction": parameter("0.55", "1"),
        "c": parameter("0 1/h", "1/day"),
    }
    found = ranges(numbers, 2.0)
    assert found["a"] == pytest.approx((48.0, 192.0))
    assert found["b.interstitial_fraction"] == pytest.approx((0.275, 0.7))
    assert "c" not in found
    with pytest.raises(InputError, match="no number carries a range"):
        ranges(numbers)
    with pytest.raises(InputError, match="--spread: 1 must be above 1"):
        ranges(numbers, 1.0)


@pytest.mark.lowest
def test_command(path, capsys):
    out = path.parent / "s.nc"
    words = ["sensitivity", str(path), "--samples", "8", "--out", str(out)]
    assert main(words) == 0
    assert "tumour.plasma_flow" in capsys.readouterr().out
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert main([*words, "--force", "--samples", "9"]) == 2
    assert "must be a power of 2" in capsys.readouterr().err
    assert main([*words, "--force", "--set", "doses.0.route=intratumoural"]) == 2
    assert "does not depend on the body" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('["1", "2"]', "range 1 to 2 does not hold the value 0.5"),
        ('["1"]', "must be a list of the lowest and the highest"),
        ('["0.1 mm", "2"]', "has the dimension length"),
    ],
)
def test_bad_ranges(given, message):
    import tomllib

    text = f'x = {{ value = "0.5", source = "assumed", standing = "assumed", range = {given} }}'
    with pytest.raises(InputError, match=message):
        parameter(tomllib.loads(text)["x"], "1")


def test_ranges_are_scaled_with_the_value():
    given = {"value": "2", "source": "s", "standing": "assumed", "range": ["1", "4"]}
    assert parameter(given, "1").times(10.0, "1", "").bounds == (10.0, 40.0)
    assert np.isfinite(parameter(given, "1").value)

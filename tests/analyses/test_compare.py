"""The comparison between bodies: numbers against exact ones, files, and errors."""

import json

import numpy as np
import pytest
import xarray as xr

from cartflow.analyses.compare import compare, table_lines
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import exact_area, given
from cartflow.pbpk.flows.network import organ_network
from cartflow.validation.bodies.delivery import delivered

BODIES = ["mouse_28g", "human_male", "child_5y"]
STUDY = """
title = "A flank tumour"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "2.5 mm"
cells = 4
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "1e3 mm^2/day"
[time]
end = "2 days"
every = "1 day"
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "study.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def dataset(path):
    return compare(path, BODIES)


def test_delivery_is_that_of_the_lumped_network(dataset):
    volume = 4 / 3 * np.pi * 2.5**3
    for name in BODIES:
        exact = delivered(name, "khot2019", "flank", volume, 2.0)
        assert float(dataset["delivery"].sel(body=name)) == pytest.approx(exact, rel=2e-3)


def test_a_dose_of_equal_delivery_delivers_the_same(dataset):
    reached = dataset["equivalent_dose"] * dataset["delivery"]
    np.testing.assert_allclose(reached, reached[0], rtol=1e-12)
    assert float(dataset["equivalent_dose"].sel(body="mouse_28g")) == pytest.approx(1e6)


def test_area_in_blood_is_the_exact_integral(dataset):
    for name in BODIES:
        body = load_body(name)
        network = organ_network(body, load_trafficking("khot2019"))
        area = exact_area(network, given(network), 2.0)[network.index("venous")]
        exact = 1e6 * area / body.venous_volume.value
        assert float(dataset["blood_auc"].sel(body=name)) == pytest.approx(exact, rel=0.01)
        most = float(dataset["blood_maximum"].sel(body=name))
        assert most == pytest.approx(1e6 / body.venous_volume.value)


def test_every_variable_has_a_unit_and_cells_are_kept(dataset):
    for name, item in dataset.variables.items():
        assert "long_name" in item.attrs, name
        if name not in ("body", "assumed"):
            assert "units" in item.attrs, name
    assert (dataset["relative_residual"] < 1e-10).all()
    assert list(dataset["body"].values) == BODIES


def test_dose_rules_scale_the_dose(path):
    weights = {"mouse_28g": 0.028, "human_male": 73.0}
    for rule, power in (("per_kg", 1.0), ("allometric", 0.75)):
        dataset = compare(path, ["human_male"], dose=rule, settings={"time.end": "1 hour"})
        expected = 1e6 * (weights["human_male"] / weights["mouse_28g"]) ** power
        assert float(dataset["infused"][0]) == pytest.approx(expected)
        assert dataset.attrs["dose_rule"] == rule
        assert dataset.attrs["reference_body"] == "mouse_28g"


def test_dataset_says_what_was_changed_and_assumed(path):
    dataset = compare(path, ["mouse_28g"], settings={"time.end": "1 hour"})
    assert json.loads(dataset.attrs["settings"]) == {"time.end": "1 hour"}
    expected = "body: venous_volume, arterial_volume, 5 numbers of bone_marrow; tumour: retention"
    assert dataset["assumed"].item() == expected


def test_table_has_a_line_a_body(dataset):
    lines = table_lines(dataset)
    assert [line.split()[0] for line in lines[2:5]] == BODIES
    assert lines[5].endswith("x human_male")
    assert lines[-1].startswith("assumed, child_5y: body: vascular_volume of 13 parts")


def test_command_writes_dataset_and_figure(path, capsys):
    out = path.parent / "both.nc"
    words = ["compare", str(path), "--bodies", "mouse_28g,child_5y", "--out", str(out)]
    assert main([*words, "--set", "time.end=2 hours", "--set", "time.every=1 hour"]) == 0
    assert "mouse_28g gets" in capsys.readouterr().out
    with xr.open_dataset(out, decode_timedelta=False) as written:
        assert dict(written.sizes)["body"] == 2
        assert written["delivery"].attrs["units"] == "mL-1"
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("bodies", "dose", "message"),
    [
        (["mouse_28"], "number", "body: unknown name 'mouse_28'.*did you mean 'mouse_28g'"),
        (["mouse_28g"], "per_gram", "--dose: unknown name 'per_gram'.*per_kg"),
        (["mouse_28g", "mouse_28g"], "number", "must name different bodies"),
        ([], "number", "must name different bodies"),
    ],
)
def test_errors_before_anything_runs(path, bodies, dose, message):
    with pytest.raises(InputError, match=message):
        compare(path, bodies, dose=dose)


def test_a_body_that_cannot_hold_the_tumour_is_named(tmp_path):
    text = STUDY.replace("2.5 mm", "15 mm").replace("mouse_28g", "human_male")
    (tmp_path / "large.toml").write_text(text)
    with pytest.raises(InputError, match=r"in the body 'mouse_28g': .*tumour: it needs"):
        compare(tmp_path / "large.toml", ["human_male", "mouse_28g"])

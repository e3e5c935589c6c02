"""Kinetics models alone: settings, the file, its units and sources, the picture, the command."""

import re

import cf_units
import numpy as np
import pytest
import xarray as xr

from cartflow.alone.simulate import simulate
from cartflow.cli import main
from cartflow.core.bibliography import keys
from cartflow.core.dataset import read
from cartflow.core.outcome import InputError, RunStopped
from cartflow.kinetics.files.load import load_model, names

MODEL = """
title = "decay"
compartment_volume = "1 mL"
[species.cart]
role = "phenotype"
[species.tired]
role = "product"
[parameters]
k = "1 1/day"
m = "0.5 1/day"
[reactions.tiring]
consumes = { cart = 1 }
produces = { tired = 1 }
rate = "k*cart"
[reactions.death]
consumes = { tired = 1 }
rate = "m*tired"
[scenarios.s]
title = "one dose"
end = "4 days"
initial = { cart = "1000 cell" }
[[scenarios.s.doses]]
species = "cart"
amount = "2000 cell"
time = "1 day"
[[scenarios.s.jumps]]
time = "2 day"
multiply = { cart = 0.5 }
[scenarios.infusion]
end = "3 days"
[[scenarios.infusion.doses]]
species = "cart"
amount = "1000 cell"
duration = "2 day"
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "decay.toml").write_text(MODEL)
    return tmp_path / "decay.toml"


def test_a_course_through_dose_and_jump(path):
    species = simulate(path).tree["species"].to_dataset()
    late = species["cart_total"].sel(time=4.0)
    expected = (1000 * np.exp(-2) + 2000 * np.exp(-1)) * 0.5 * np.exp(-2)
    assert float(late) == pytest.approx(expected, rel=1e-8)
    np.testing.assert_allclose(species["cart_total"], 1000 * species["cart"], rtol=1e-12)


def test_an_infusion_is_supplied_over_its_time(path):
    species = simulate(path, "infusion").tree["species"].to_dataset()
    expected = 500 * (1 - np.exp(-2)) * np.exp(-1)
    assert float(species["cart_total"].sel(time=3.0)) == pytest.approx(expected, rel=1e-8)


def test_the_balance_closes_and_says_what_happened(path):
    balance = simulate(path).tree["balance"].to_dataset()
    assert float(balance["relative_residual"].max()) <= 1e-10
    assert float(balance["infused"].isel(time=-1).sum()) == pytest.approx(3.0, rel=1e-12)
    assert not balance["born"].any()
    np.testing.assert_allclose(balance["converted"].sum("phenotype"), 0, atol=1e-12)
    # The jump halves the cells: what is lost has died.
    lost = (1000 * np.exp(-2) + 2000 * np.exp(-1)) * 0.5 / 1000
    cart = balance["died"].sel(phenotype="cart").isel(time=-1)
    assert float(cart) == pytest.approx(lost, rel=1e-8)


@pytest.mark.parametrize("name", sorted(n for n in names() if load_model(n).scenarios))
def test_the_balance_of_every_shipped_model_closes(name):
    tree = simulate(name).tree
    if "balance" in tree.children:
        assert float(tree["balance"].to_dataset()["relative_residual"].max()) <= 1e-10


def test_settings_change_what_they_name(path):
    found = simulate(
        path,
        settings={
            "k": "2 1/day",
            "initial.tired": "500 cell",
            "end": "0.5 day",
            "doses.0.time": "0 day",
            "doses.0.amount": "1 cell/mm^3",
        },
    )
    species = found.tree["species"].to_dataset()
    assert float(species["time"][-1]) == 0.5
    assert float(species["cart_total"][-1]) == pytest.approx(2000 * np.exp(-1), rel=1e-8)
    assert float(species["tired_total"][0]) == pytest.approx(500, rel=1e-12)
    assert "initial.tired" in found.tree.attrs["settings"]


def test_a_published_parameter_in_its_published_unit_or_per_volume():
    ways = ("6.96e9 cell", "13.92 cell/mm^3")
    ends = [
        simulate("kimmel2021", settings={"cart_capacity": v, "end": "5 day"}).tree["species/cart"][
            -1
        ]
        for v in ways
    ]
    assert float(ends[0]) == pytest.approx(float(ends[1]), rel=1e-9)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"q": "1"}, r"--set q: unknown key; allowed: .*initial\.cart"),
        ({"k": "1 mm"}, r"--set k: .*dimension length"),
        (
            {"end": "-1 day"},
            "--set end: end: -1 days must be greater than 0 and at most",
        ),
        ({"initial.cat": "1 cell"}, r"--set initial\.cat: unknown key; .*'initial\.cart'"),
        ({"doses.3.amount": "1 cell"}, r"--set doses\.3\.amount: write doses\.N\.amount"),
    ],
)
def test_wrong_settings(path, settings, message):
    with pytest.raises(InputError, match=message):
        simulate(path, settings=settings)


def test_no_scenario_and_no_end():
    with pytest.raises(InputError, match="'chemokine': has no scenario"):
        simulate("chemokine")
    found = simulate("chemokine", settings={"end": "1 day", "initial.tumour": "1e4 cell/mm^3"})
    assert "balance" not in found.tree.children


def test_growth_out_of_bounds_stops(path):
    path.write_text(
        MODEL.replace('"k*cart"', '"k*cart*cart/one"')
        .replace("consumes = { cart = 1 }\nproduces = { tired = 1 }", "produces = { cart = 1 }")
        .replace('k = "1', 'one = "1 cell/mm^3"\nk = "1')
    )
    with pytest.raises(RunStopped, match="decay: "):
        simulate(path)


@pytest.mark.lowest
def test_the_file_names_units_and_sources(tmp_path):
    out = tmp_path / "h.nc"
    simulate("hardiansyah2019", "upn3").write(out)
    tree = read(out)
    assert tree.attrs["Conventions"] == "CF-1.11"
    assert tree.attrs["scenario"] == "upn3"
    assert "hardiansyah2019" in tree.attrs["reference_keys"]
    assert "do not agree with the equations" in tree.attrs["flags"]
    for group in tree.children.values():
        for name, item in group.to_dataset().variables.items():
            if item.dtype.kind == "f":
                assert not cf_units.Unit(item.attrs["units"]).is_unknown(), name
                assert item.attrs["long_name"]
    for name, item in tree["parameters"].to_dataset().data_vars.items():
        assert item.attrs["source"] in keys(), name
        assert item.attrs["standing"], name
    stated = tree["parameters"].to_dataset()["kinetics_killing_constant"]
    assert stated.attrs["stated"] == "2.21e-9 1/cell/day"


def test_random_runs_are_kept_and_reproducible():
    one, two = (simulate("kimmel2021", runs=50, seed=4).tree["stochastic"] for _ in range(2))
    xr.testing.assert_identical(one.to_dataset(), two.to_dataset())
    assert one["tumour"].dims == ("run", "random_time")
    assert re.search(r"died out in 0\.\d+ of the runs, closed form 0\.7", one.attrs["summary"])
    with pytest.raises(InputError, match="stochastic: got 0; it must be a whole number from 1"):
        simulate("kimmel2021", runs=0)


@pytest.mark.lowest
def test_the_command_runs_writes_and_draws(path, tmp_path, capsys):
    out = tmp_path / "o.nc"
    arguments = ["simulate", str(path), "--scenario", "s", "--set", "k=2/day", "--out", str(out)]
    assert main([*arguments, "--stochastic", "20"]) == 0
    text = capsys.readouterr().out
    assert "model         decay: decay" in text
    assert "cart          highest" in text
    assert "stochastic    exact, 20 runs, seed 1; died out: " in text
    assert f"written       {out}" in text
    assert main(["plot", str(out)]) == 0
    assert (tmp_path / "o.png").read_bytes().startswith(b"\x89PNG")
    assert main(arguments) == 2
    assert "exists already; give --force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0


def test_the_command_names_what_is_wrong(capsys):
    assert main(["simulate", "kimmel2021", "--scenario", "slo"]) == 2
    assert "unknown name 'slo'; allowed: fast, median, slow" in capsys.readouterr().err
    assert main(["simulate", "kimel2021"]) == 2
    assert "did you mean 'kimmel2021'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["yiu2012", "mueller_schoell2021"])
def test_pictures_of_signals_and_of_many_species(name, tmp_path):
    out = tmp_path / "o.nc"
    simulate(name, settings={"end": "2 day"}).write(out)
    assert main(["plot", str(out)]) == 0


def test_show_prints_scenarios_checks_and_flags(capsys):
    assert main(["show", "kinetics", "owens2021"]) == 0
    text = capsys.readouterr().out
    assert "scenarios (cartflow simulate NAME --scenario S)" in text
    assert "effectors at rest without tumour" in text
    assert "flag: Patients 3 and 4: the paper's text" in text
    assert "(of the whole body)" in text

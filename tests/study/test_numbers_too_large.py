"""A number that nothing has: one clear line and no warning of NumPy, or a run that says where."""

import warnings

import pytest
from studies import half_a_day

from cartflow import InputError, RunStopped, Study, run_cohort, sweep
from cartflow.cli import main

STUDY = half_a_day()
# Above what a dose, a tissue and a run can hold.
REFUSED = {
    "doses.0.cells": ("1e300 cells", "doses.0.cells: '1e300 cells' must be at most 1e.18 cell"),
    "doses.0.maximum": ("1e19 cells", "doses.0.maximum: '1e19 cells' must be at most 1e.18"),
    "fields.tumour.initial": (
        "1e300 cells/mm^3",
        "fields.tumour.initial: got 1e.300 cell/mm.3",
    ),
    "fields.cart.diffusivity": (
        "1e30 mm^2/day",
        "fields.cart.diffusivity: got 1e.30 mm.2/day; at most 1e.07 are possible",
    ),
    "time.end": ("1e308 days", "time.end: '1e308 days' must be at most 100000 day"),
}
# Where no bound is known the run stops where it began, and says the field.
STOPPED = {
    "kinetics.parameters.growth_rate": "1e308 1/day",
}


@pytest.mark.parametrize("key", REFUSED)
def test_what_no_study_can_ask_for_is_bad_input(key, folder, capsys):
    value, message = REFUSED[key]
    study = Study.from_file("study.toml")
    with pytest.raises(InputError, match=f"study.toml: {message}"):
        _ = study.with_settings({key: value}).prepared
    assert main(["run", "study.toml", "--set", f"{key}={value}", "--out", "o.nc"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert not (folder / "o.nc").exists()


def test_a_dose_per_weight_is_bounded_by_what_it_comes_to(folder):
    study = Study.from_file("study.toml", {"doses.0.cells": "1e20 cells/kg"})
    with pytest.raises(InputError, match=r"doses\.0\.cells: got 2\.8e\+18 cells; at most 1e\+18"):
        _ = study.prepared


def test_a_density_in_an_organ_is_bounded_too(folder):
    organs = {"kinetics": {"models": ["predator_prey"]}, "initial": {"tumour": "1e20 cells/mm^3"}}
    study = Study.from_file("study.toml", {"organs": {"bone_marrow": organs}})
    with pytest.raises(InputError, match=r"initial\.tumour: got 1e\+20 cell/mm\^3; at most 1e\+15"):
        _ = study.prepared


@pytest.mark.parametrize("key", STOPPED)
def test_a_run_of_numbers_too_large_stops_with_time_and_field(key, folder, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study = Study.from_file("study.toml").with_settings({key: STOPPED[key]})
        outcome = study.run().outcome
        assert outcome.status == "stopped"
        assert outcome.message.endswith("at t = 0 day")
        assert outcome.message.partition(":")[0] in study.kinetics.species_names
        name = key.replace("parameters.", "")
        with pytest.raises(RunStopped, match=r"no member finished; the first: stopped: \w+: the"):
            run_cohort(Study.from_file("study.toml"), {name: [STOPPED[key]]})
        with pytest.raises(RunStopped, match=r"no member finished; the first: stopped: \w+: the"):
            sweep("study.toml", over=[f"{key}={STOPPED[key]}"])
    assert main(["run", "study.toml", "--set", f"{key}={STOPPED[key]}", "--out", "o.nc"]) == 1
    assert (folder / "o.nc").exists()
    assert "Warning" not in capsys.readouterr().err

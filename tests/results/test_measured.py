"""A run beside measured organs: the network's own numbers, and what cannot be compared."""

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.pbpk.measured.by_model import MODELS, misfit
from cartflow.pbpk.measured.table import load_measured, measured_names
from cartflow.results.measured import beside, in_words
from cartflow.study.study import Study

STUDY = """
title = "Activated T cells in a mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "{model}"
[[doses]]
cells = "2e7 cells"
[time]
end = "14 days"
save = ["1 h", "1 day", "3 days", "7 days"]
"""
OWN = """
name = "own"
title = "Own"
species = "mouse"
cells = "T cells"
reference = "khot2019"
standing = "measured"
unit = "%"
[tissues.lung]
hours = [1]
percent = [10]
"""


@pytest.fixture(scope="module")
def result():
    return Study.from_text(STUDY.format(model="khot2019")).run()


@pytest.mark.parametrize("name", ["khot2019", "lee2020"])
def test_a_run_is_as_far_off_as_its_model(result, name):
    measured = load_measured(name)
    found = beside(result.tree, measured)
    rms, numbers = misfit("khot2019", measured)
    assert found.attrs["rms"] == pytest.approx(rms, rel=1e-8)
    assert found.attrs["numbers"] == numbers
    assert not found.attrs["unsaved"]


def test_percent_per_gram_is_cells_over_the_organ(result):
    found = beside(result.tree, load_measured("khot2019"))
    cells = result.tree["body/cells"].sel(organ="spleen").isel(time=2).sum()
    grams = float(result.tree["parameters/body_spleen_volume"]) / 1000
    own = (found["value"] == "spleen") & (found["hour"] == 24)
    assert float(found["modelled"].where(own).max()) == pytest.approx(
        100 * float(cells) / 2e7 / grams
    )
    assert found.attrs["missing"] == ["tumour"]
    assert "blood" in found["tissue"].values


def test_hours_that_were_not_saved_are_left_out(result):
    found = beside(result.tree, load_measured("c3h_lymphocytes1979"))
    assert np.isnan(found.attrs["rms"])
    assert in_words(found) == [
        "measured      c3h_lymphocytes1979: no number of an organ can be compared",
        "left out      what was measured at 0.5 h: not saved (time.save)",
    ]


def test_what_is_no_single_dose_is_refused():
    settings = {"doses.0.split": [0.5, 0.5], "doses.0.interval": "1 day"}
    tree = Study.from_text(STUDY.format(model="khot2019")).with_settings(settings).run().tree
    with pytest.raises(InputError, match="more than one time"):
        beside(tree, load_measured("khot2019"))
    alone = simulate("predator_prey", settings={"end": "1 day"}).tree
    with pytest.raises(InputError, match="no run of a study"):
        beside(alone, load_measured("khot2019"))


def test_every_table_has_a_model_that_applies():
    for name in measured_names():
        assert misfit("khot2019", load_measured(name))[1] > 0, name
    assert np.isnan(misfit("tsai2022_pleural", load_measured("rat_duct_lymphocytes1973"))[0])
    assert set(load_measured("khot2019").fitted) < set(MODELS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"mouse"', '"dog"', "species"),
        ("percent = [10]", "percent = [10, 2]", "got 2 numbers for 1 hours"),
        ("percent = [10]", "percent = [-1]", "percent"),
        ("percent = [10]", "percent = [nan]", "percent"),
        ("[tissues.lung]", "[tissues.lungs]", "unknown organ 'lungs'.*lung"),
        ("hours = [1]\npercent = [10]", "hours = [2, 1]\npercent = [1, 1]", "must rise"),
        ('unit = "%"', 'unit = "g"', "unit"),
    ],
)
def test_bad_tables_name_what_is_bad(tmp_path, old, new, said):
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(InputError, match=f"own.toml.*{said}"):
        load_measured(path)


def test_commands(result, tmp_path, capsys):
    path, own = tmp_path / "run.nc", tmp_path / "own.toml"
    result.write(path)
    own.write_text(OWN)
    assert main(["plot", str(path), "--measured", str(own)]) == 0
    assert (tmp_path / "run_own.png").stat().st_size > 10_000
    assert "own: rms of log10" in capsys.readouterr().out
    assert main(["check", str(own)]) == 0
    assert "own.toml: measured table, right: Own" in capsys.readouterr().out
    assert main(["show", "measured"]) == 0
    assert main(["show", "measured", "khot2019"]) == 0
    assert "khot2019          mouse_28g               0.28" in capsys.readouterr().out
    assert main(["plot", str(path), "--measured", "khot"]) == 2
    assert "did you mean 'khot2019'" in capsys.readouterr().err

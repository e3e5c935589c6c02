"""A tumour by itself whose only species is a resident: nothing is infused, and it grows."""

import numpy as np
import pytest

from cartflow import InputError, Study
from cartflow.cli import main

MODEL = """
title = "Tumour cells that grow logistically"
species.tumour = { role = "resident", unit = "cell/mm^3", long_name = "tumour cells" }
parameters.growth_rate = { value = "1 1/day", source = "assumed", standing = "assumed" }
parameters.capacity = { value = "1e5 cell/mm^3", source = "assumed", standing = "assumed" }
reactions.division = { produces = { tumour = 1 }, rate = "growth_rate*tumour" }
reactions.crowding = { consumes = { tumour = 1 }, rate = "growth_rate*tumour*tumour/capacity" }
"""
STUDY = """
title = "by itself"
tumour = {}
geometry = { shape = "ball", radius = "1 mm", cells = 6 }
kinetics.models = ["logistic.toml"]
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "5 days", every = "1 day" }
"""
FRONT = STUDY.replace('shape = "ball", radius = "1 mm", cells = 6', "GRID") + (
    'fields.tumour.diffusivity = "1 mm^2/day"\nsolver.tolerance = 1e-6\n'
)
CAPACITY, START, SPEED = 1e5, 30.0, 5.0 / np.sqrt(6.0)


@pytest.fixture
def folder(folder):
    (folder / "logistic.toml").write_text(MODEL)
    return folder


@pytest.mark.parametrize("shape", ["ball", "voxels"])
def test_it_grows_logistically(folder, shape):
    text = STUDY
    if shape == "voxels":
        box = 'shape = "box", lengths = ["1 mm", "1 mm", "1 mm"], cells = [3, 3, 3]'
        text = text.replace('shape = "ball", radius = "1 mm", cells = 6', box)
    result = Study.from_text(text, folder=folder).run()
    time = result.tree["time"].values
    exact = CAPACITY / (1.0 + 4.0 * np.exp(-time))
    found = result.tree["tumour/tumour"].values.reshape(time.size, -1)
    np.testing.assert_allclose(found, np.repeat(exact[:, None], found.shape[1], axis=1), rtol=2e-6)
    assert result.summary()["infused"] == 0.0
    assert result.summary()["residents_end"] == pytest.approx(
        exact[-1] * float(result.tree["tumour/cell_volume"].sum()), rel=2e-6
    )


def wave(x, day):
    """Return the front of Ablowitz and Zeppetella (1979), the closed form of Fisher and KPP."""
    return CAPACITY / (1.0 + np.exp((x - START - SPEED * day) / np.sqrt(6.0))) ** 2


def front_error(folder, cells):
    grid = f'shape = "box", lengths = ["80 mm", "1 mm"], cells = [{cells}, 1]'
    study = Study.from_text(FRONT.replace("GRID", grid), folder=folder)
    x = (np.arange(cells) + 0.5) * 80.0 / cells
    result = study.with_field("tumour", initial=wave(x, 0.0)).run(time_check=False)
    found = result.tree["tumour/tumour"].isel(time=-1).values.reshape(-1)
    return np.abs(found - wave(x, 5.0)).max() / CAPACITY


def test_it_spreads_as_fisher_and_kolmogorov_say(folder):
    coarse, fine = front_error(folder, 200), front_error(folder, 400)
    assert fine < 5e-4
    # Of second order, or better: on the coarse line its front is four cells wide.
    assert coarse / fine > 3.5


def test_a_dose_is_refused(folder):
    dose = 'doses = [{ cells = "1e6 cells", route = "intratumoural" }]'
    with pytest.raises(InputError, match="doses: no species of the kinetics has the role phenoty"):
        _ = Study.from_text(STUDY + dose, folder=folder).prepared


@pytest.mark.parametrize("shape", ["ball", "voxels"])
def test_commands_take_its_result(folder, shape, capsys):
    text = STUDY
    if shape == "voxels":
        box = 'shape = "box", lengths = ["1 mm", "1 mm"], cells = [3, 3]'
        text = text.replace('shape = "ball", radius = "1 mm", cells = 6', box)
    (folder / "study.toml").write_text(text)
    assert main(["run", "study.toml"]) == 0
    out = capsys.readouterr().out
    assert "nothing feeds it" in out
    assert "residents     tumour cells: " in out
    assert main(["plot", "study.nc"]) == 0
    assert main(["report", "study.nc"]) == 0
    assert main(["export", "study.nc", "--format", "csv"]) == 0
    assert "tumour cells" in (folder / "study.html").read_text()

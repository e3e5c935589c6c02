"""What grows faster than any step can follow stops a run, whatever takes the steps."""

from pathlib import Path

import pytest
from studies import BALL, in_tumour, study

from cartflow.study.study import Study

EXAMPLES = Path(__file__).parents[2] / "examples"
BOX = 'shape = "box"\nlengths = ["2 mm", "2 mm", "2 mm"]\ncells = [4, 4, 4]'
WIDE = 'shape = "box"\nlengths = ["2 mm", "2 mm"]\ncells = [4, 4]'
ORGAN = '[organs.bone_marrow.kinetics]\nmodels = ["predator_prey"]'
DENSE = '[fields.cart.density_dependence]\nreference = "1e4 cells/mm^3"'
PLACES = {
    "line": (BALL, ""),
    "few voxels": (BOX, ""),
    "line in turns": (BALL, DENSE),
    "voxels in turns": (BOX, DENSE),
    "beside organs": (WIDE, ORGAN),
}


def grown(place, rate, model="sahoo2020"):
    geometry, more = PLACES[place]
    key = '[kinetics.parameters.growth_rate]\nsource = "assumed"\nstanding = "assumed"'
    text = study(
        in_tumour(geometry, models=f'"{model}"'),
        f'{more}\n{key}\nvalue = "{rate:g} 1/day"',
        time='end = "1 day"',
    )
    return Study.from_text(text).run()


@pytest.mark.parametrize("rate", [1e12, 1e16, 1e18, 1e24, 1e30, 1e200])
@pytest.mark.parametrize("place", PLACES)
def test_it_stops_at_the_start_and_names_what_grows(place, rate):
    # An implicit step damps what grows by more than it can follow: cells would be gone.
    outcome = grown(place, rate).outcome
    assert outcome.status == "stopped"
    assert outcome.message.startswith("tumour: the step fell below 1e-10 day")
    assert outcome.message.endswith("at t = 0 day")


@pytest.mark.parametrize("place", ["line", "few voxels"])
def test_what_can_be_followed_is(place):
    # Logistic growth to the capacity of the model, 6.95e9 cells in 29112.1 mm3, and a dose of few.
    result = grown(place, 1e6)
    assert result.outcome.status == "finished"
    assert float(result.tree["tumour"]["tumour"][-1].max()) == pytest.approx(
        6.95e9 / 29112.1, rel=1e-3
    )


def test_a_tumour_whose_volume_follows_its_cells_stops_too():
    rate = {"value": "1e18 1/day", "source": "assumed", "standing": "assumed"}
    settings = {"kinetics.parameters.division_rate": rate, "time.end": "18.1 days"}
    result = Study.from_file(EXAMPLES / "growing_spheroid.toml", settings=settings).run()
    assert str(result.outcome).startswith("stopped: tumour: the step fell below 1e-10 day")

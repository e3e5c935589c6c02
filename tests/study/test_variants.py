"""Studies that differ in a number share the parts that are the same, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.coupling.line.plan import plan
from cartflow.coupling.tangents.changes import smooth
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

STUDY = """
title = "a ball in a mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "2.5 mm"
cells = 6
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "logarithmic"
half_saturation = "1e-4 ng/mm^3"
sensitivity = "0.02 mm^2/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.chemokine]
diffusivity = "100 um^2/s"
[time]
end = "1 day"
"""


def parts(study):
    """Return all numbers that a study's run is made of, in one array."""
    simulation = study.simulation
    coupled = simulation.coupled
    doses = [value for dose in coupled.doses for value in (dose.cells, dose.time, dose.end)]
    arrays = [*smooth(plan(coupled)), coupled.network.rates, simulation.initial, doses]
    return np.concatenate([np.ravel(each) for each in arrays])


@pytest.fixture(scope="module")
def base():
    study = Study.from_text(STUDY)
    study.simulation  # noqa: B018  what it has made may be shared
    return study


@pytest.mark.parametrize("part", ["kinetics.", "fields.", "tumour.", "trafficking.", "doses."])
def test_a_study_with_another_number_is_as_if_assembled_anew(base, part):
    numbers = StudyNumbers(study=base)
    names = [name for name in numbers.with_geometry if name.startswith(part)]
    varied = [
        numbers.varied({name: 1.1 * numbers.with_geometry[name].value}) for name in names[:12]
    ]
    for study in varied:
        anew = Study.from_text(study.text, folder=study.folder, settings=study.settings)
        anew = replace(anew, other_body=study.other_body, other_trafficking=study.other_trafficking)
        np.testing.assert_array_equal(parts(study), parts(anew))
    assert any(not np.array_equal(parts(study), parts(base)) for study in varied)


def test_what_is_the_same_is_not_made_anew(base):
    faster = base.with_settings({"fields.cart.diffusivity": "3 um^2/min"})
    assert faster.organs is base.organs
    assert faster.tumour_model is base.tumour_model
    leakier = base.with_settings({"tumour.plasma_flow": "0.4 mL/min/mL"})
    assert leakier.organs is not base.organs
    deadlier = base.with_settings({"kinetics.parameters.killing_rate": "1 1/day"})
    assert deadlier.tumour_model is not base.tumour_model

"""One type of arrays for every study, so that one compiled step serves them all.

numba compiles each loop once for each layout of each array that it is handed. Studies with no, one
and more entries of the body's matrix, the kinetics and the rims were eight compiled steps.
"""

import pytest
from numba import typeof
from studies import FAST, GROWING, in_tumour, study

from cartflow.coupling.line.plan import plan as on_a_line
from cartflow.coupling.voxels.plan import plan as on_voxels
from cartflow.study.study import Study

LINES = {
    "slab": 'shape = "slab"\nlength = "1 mm"\ncells = 8',
    "ball": 'shape = "ball"\nradius = "1 mm"\ncells = 8',
    "cylinder": 'shape = "cylinder"\nradius = "1 mm"\ncells = 8',
}
BOX = 'shape = "box"\nlengths = ["2 mm", "3 mm", "2 mm"]\ncells = [4, 5, 3]'
ENDS = """[fields.cart.boundaries.{}]
type = "fixed_value"
value = "0 cells/mm^3\"
"""
RIMS = {"slab": ("left", "right"), "ball": ("rim",), "cylinder": ("rim",)}


def coupled(geometry, fields=FAST, **changed):
    text = study(in_tumour(geometry, fields=fields, **changed), time='end = "1 day"')
    return Study.from_text(text).simulation.coupled


@pytest.mark.parametrize("shape", LINES)
def test_studies_on_a_line(shape):
    first = typeof(on_a_line(coupled(LINES["ball"], f"{FAST}\n{GROWING}")))
    ends = "".join(ENDS.format(rim) for rim in RIMS[shape])
    for fields, models in ((FAST, '"none"'), (f"{FAST}\n{ends}", '"none"'), (FAST, '"nagumo"')):
        assert typeof(on_a_line(coupled(LINES[shape], fields, models=models))) == first


@pytest.mark.parametrize("models", ['"none"', '"nagumo"'])
def test_studies_on_voxels(models):
    first = typeof(on_voxels(coupled(BOX, f"{FAST}\n{GROWING}")))
    assert typeof(on_voxels(coupled(BOX, models=models))) == first

"""Starts from an earlier result: the run goes on as if it had not been cut, or is refused."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

TUMOUR = """
title = "A spheroid"
[geometry]
shape = "ball"
radius = "0.5 mm"
cells = 8
[tumour]
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "2 um^2/min"
initial = "1e3 cells/mm^3"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.tumour]
initial = "2e4 cells/mm^3"
[tissue]
porosity = 0.3
[time]
end = "4 days"
every = "1 day"
[solver]
tolerance = 1e-8
time_check = false
"""
VOXELS = {"geometry": {"shape": "ellipsoid", "semi_axes": ["0.5 mm"] * 3, "spacing": "0.2 mm"}}
ORGAN = """
title = "Marrow"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[organs.bone_marrow.kinetics]
models = ["predator_prey"]
[organs.bone_marrow.initial]
tumour = "1e4 cells/mm^3"
[time]
end = "2 days"
every = "1 day"
"""


@pytest.fixture(scope="module", params=[{}, VOXELS], ids=["line", "voxels"])
def earlier(request, tmp_path_factory):
    """Return the folder of a result, the result, and the settings of its study."""
    folder = tmp_path_factory.mktemp("earlier")
    result = Study.from_text(TUMOUR, settings=request.param).run(mesh_check=False)
    result.write(folder / "whole.nc")
    return folder, result, request.param


def test_a_run_goes_on_from_a_saved_time(earlier):
    folder, whole, settings = earlier
    start = {"result": "whole.nc", "time": "48 h"}
    names = ("cart", "chemokine", "tumour")
    starts = {f"fields.{name}.initial": start for name in names}
    settings = {**settings, **starts, "time.end": "2 days"}
    result = Study.from_text(TUMOUR, folder=folder, settings=settings).run(mesh_check=False)
    for name in names:
        old, new = (tree["tumour"][name].isel(time=-1).values for tree in (whole.tree, result.tree))
        np.testing.assert_allclose(new, old, rtol=1e-6)


def test_another_mesh_time_name_or_unit_is_refused(earlier):
    folder, _, settings = earlier
    key = "fields.cart.initial"
    start = {"result": "whole.nc"}
    other = {"geometry.spacing": "0.1 mm"} if settings else {"geometry.radius": "0.6 mm"}
    for more, message in (
        ({key: start, **other}, "its mesh has"),
        ({key: {**start, "time": "36 h"}}, "time '36 h' was not saved; the nearest is"),
        ({key: {**start, "species": "car"}}, "unknown name 'car'; allowed: cart, chemokine"),
        ({key: {**start, "species": "chemokine"}}, "'chemokine' is in mm-3 ng, but cart in mm-3"),
    ):
        study = Study.from_text(TUMOUR, folder=folder, settings={**settings, **more})
        with pytest.raises(InputError, match=message.replace("mm-3 ng", "ng mm-3")):
            _ = study.prepared


def test_what_stood_in_an_organ_is_the_start_there(tmp_path):
    whole = Study.from_text(ORGAN).run()
    whole.write(tmp_path / "marrow.nc")
    key = "organs.bone_marrow.initial.tumour"
    start = {key: {"result": "marrow.nc", "time": "1 day"}, "time.end": "1 day"}
    study = Study.from_text(ORGAN, folder=tmp_path, settings=start)
    density = study.run().tree["body"]["density_tumour"]
    old = whole.tree["body"]["density_tumour"]
    assert float(density[0, 0]) == float(old[1, 0])
    assert float(density[-1, 0]) == pytest.approx(float(old[-1, 0]), rel=1e-8)
    assert study.parameters()[key].note == "from marrow.nc at 1 day"
    with pytest.raises(InputError, match="has no group 'tumour'"):
        _ = Study.from_text(
            TUMOUR, folder=tmp_path, settings={"fields.cart.initial": {"result": "marrow.nc"}}
        ).prepared

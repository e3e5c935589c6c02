"""A study on a mask with a coarse interior: it conserves, goes on, and says what it refuses."""

import nibabel
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

STUDY = """
title = "a ball with wide cells inside"
body.name = "mouse_28g"
trafficking.name = "khot2019"
geometry = {{ shape = "mask", file = "ball.nii.gz"{keys} }}
tumour = {{ host = "flank", feeding = "rim" }}
kinetics.models = ["predator_prey", "chemokine"]
time = {{ end = "2 days", every = "1 day" }}
solver = {{ tolerance = 1e-3, mesh_check = false }}
[[doses]]
route = "intravenous"
cells = "3e6 cells"
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "logarithmic"
sensitivity = "0.2 mm^2/day"
half_saturation = "1e-4 ng/mm^3"
maximal_speed = "0.1 um/min"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.rim]
type = "fixed_value"
value = "0 ng/mm^3"
"""
INTERIOR = ', interior = { below = "0.5 mm", factor = 2 }'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    x = (np.arange(-9, 9) + 0.5) * 0.25
    inside = x[:, None, None] ** 2 + x[:, None] ** 2 + x**2 <= 4.0
    folder = tmp_path_factory.mktemp("interior")
    image = nibabel.Nifti1Image(inside.astype(np.int16), np.diag([0.25] * 3 + [1.0]))
    nibabel.save(image, folder / "ball.nii.gz")
    return folder


def study(folder, keys, **settings):
    path = folder / "study.toml"
    path.write_text(STUDY.format(keys=keys), encoding="utf-8")
    return Study.from_file(path, settings=settings)


@pytest.fixture(scope="module")
def runs(folder):
    return [study(folder, keys).run() for keys in (INTERIOR, "")]


def totals(result, name):
    tumour = result.tree["tumour"].to_dataset().isel(time=-1)
    return float((tumour[name] * tumour["cell_volume"]).sum())


def test_cells_are_conserved_and_stay_positive(runs):
    balance = runs[0].tree["balance"].to_dataset().sum("phenotype")
    scale = balance["infused"] + balance["born"]
    assert float(np.abs(balance["residual"] / scale).max()) < 1e-12
    tumour = runs[0].tree["tumour"].to_dataset()
    for name in ("cart", "tumour", "chemokine"):
        assert float(tumour[name].min()) >= 0.0


def test_its_grid_holds_what_the_numbers_say(runs):
    summary = runs[0].summary()
    assert totals(runs[0], "cart") == pytest.approx(summary["in_tumour"], rel=1e-12)
    cells = runs[0].tree["tumour"].to_dataset()["mesh_cell"]
    assert int(cells.max()) + 1 < int((cells >= 0).sum())


@pytest.mark.parametrize(
    ("name", "within"), [("cart", 0.02), ("tumour", 1e-3), ("chemokine", 0.02)]
)
def test_it_ends_as_the_voxels_do(runs, name, within):
    assert totals(runs[0], name) == pytest.approx(totals(runs[1], name), rel=within)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (', interior = { below = "0.5 mm", factor = 3 }', r"interior.factor.*2, 4"),
        (', interior = { below = "0.5 s" }', r"interior.below"),
        (', interior = { below = "9 mm" }', r"interior.below: got 9 mm, below which no block"),
        (
            ', interior = { below = "0.5 mm", fine = ["necrotic"] }',
            r"label in interior.fine: unknown name 'necrotic'",
        ),
        (', partial_volume = true, interior = { below = "0.5 mm" }', r"interior: got .*beside"),
    ],
)
def test_interiors_that_are_refused(folder, keys, message):
    with pytest.raises(InputError, match=message) as refused:
        _ = study(folder, keys).geometry
    assert "\n" not in str(refused.value)


def test_the_reference_engine_is_refused(folder):
    with pytest.raises(InputError, match=r"the engine .fipy. has no mesh with cells of unlike"):
        study(folder, INTERIOR, **{"solver.engine": "fipy"}).run()

"""Cells on lattices and in shells at the start, counted and by their distances."""

import numpy as np
import pytest

from cartflow.cells.layout import Layout, lattice_points
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

MODEL = """
title = "cells that rest"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
"""
STUDY = """
title = "laid"
[tumour]
[geometry]
shape = "box"
lengths = ["0.4 mm", "0.4 mm", "0.4 mm"]
cells = [10, 10, 10]
[kinetics]
models = ["one.toml"]
[fields.cart]
as = "cells"
start = { number = 500, beyond = "120 um", within = "190 um" }
[fields.tumour]
as = "cells"
radius = "8 um"
start = { lattice = "close_packed", within = "100 um" }
[cells]
crowding = "spheres"
step = "1 min"
[time]
end = "1 min"
every = "1 min"
"""
BALL = 'shape = "ball"\nradius = "0.2 mm"\ncells = 8'
BOX = STUDY[STUDY.index("shape") : STUDY.index("[kinetics]")]


@pytest.fixture
def room(tmp_path):
    (tmp_path / "one.toml").write_text(MODEL)
    return tmp_path


def nearest(points):
    """Return the distance of each to its nearest, and how many are as near."""
    far = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(far, np.inf)
    least = far.min(axis=1)
    return least, (far < 1.001 * least[:, None]).sum(axis=1)


def test_a_close_packed_lattice_has_twelve_neighbours_and_its_density():
    points = lattice_points(Layout(lattice="close_packed", spacing=0.016, within=0.1))
    least, number = nearest(points)
    np.testing.assert_allclose(least, 0.016, rtol=1e-12)
    assert np.all(number[np.linalg.norm(points, axis=1) < 0.1 - 0.017] == 12)
    # Spheres fill pi / sqrt(18) of space; of a wide ball the surface leaves few more or fewer.
    many = lattice_points(Layout(lattice="close_packed", spacing=0.016, within=0.5))
    assert len(many) == pytest.approx(np.pi / np.sqrt(18.0) * (0.5 / 0.008) ** 3, rel=2e-3)


def test_rows_are_those_of_a_published_start():
    reach, radius = 0.150, 8.412710547954228e-3
    points = lattice_points(Layout(lattice="rows", spacing=2.0 * radius, within=reach))
    assert len(points) == 3963
    # The first two of the stored run of Luque et al. 2024, um.
    stored = [[-58.3662, -23.8093, -135.429], [-58.3662, -6.98392, -135.429]]
    np.testing.assert_allclose(1e3 * points[:2], stored, atol=1e-3)


@pytest.mark.parametrize(("geometry", "middle"), [(BOX, 0.2), (BALL, 0.0)])
def test_a_study_begins_where_its_cells_are_laid(room, geometry, middle):
    text = STUDY.replace(BOX, geometry + "\n")
    tree = Study.from_text(text, folder=room).run().tree
    cells = tree["cells"].to_dataset()
    first = slice(0, int(cells["row_size"][0]))
    place = np.stack([cells[axis][first] for axis in "xyz"], axis=1) - middle
    kinds = cells["species_of_kind"].values[cells["kind"][first]]
    layout = Layout(lattice="close_packed", spacing=0.016, within=0.1)
    np.testing.assert_allclose(place[kinds == "tumour"], lattice_points(layout), atol=1e-12)
    far = np.linalg.norm(place[kinds == "cart"], axis=1)
    assert far.size == 500
    # As many within as volumes have it, to 4 standard errors.
    share = (0.16**3 - 0.12**3) / (0.19**3 - 0.12**3)
    error = np.sqrt(500 * share * (1 - share))
    assert far.min() >= 0.12
    assert far.max() < 0.19
    assert abs((far < 0.16).sum() - 500 * share) < 4 * error
    counts = (tree["tumour/tumour"] * tree["tumour/cell_volume"]).isel(time=0).sum()
    assert float(counts) == pytest.approx(len(lattice_points(layout)))
    assert float(abs(tree["balance/residual"]).max()) == 0.0


def test_an_array_beside_a_layout_is_refused(room):
    with pytest.raises(InputError, match=r"initial has no effect beside fields\.tumour\.start"):
        Study.from_text(STUDY, folder=room).with_field("tumour", initial=np.zeros(1000))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('within = "100 um" }', 'number = 5 }', "give number, of cells anywhere, or lattice, and"),
        (', within = "100 um"', "", "key 'within' is missing, the radius of the ball"),
        ('radius = "8 um"\n', "radius = \"8 um\"\ninitial = \"5 cells/mm^3\"\n",
         "fields.tumour.initial: has no effect beside start"),
        ('within = "190 um"', 'within = "110 um"', "cart.start.beyond: must be below within"),
        ("number = 500", 'spacing = "5 um", number = 500', "start.spacing: only with lattice"),
        ('beyond = "120 um", within = "190 um"', 'beyond = "1 mm"', "there is hardly any tissue"),
        ('as = "cells"\nradius', 'radius', "fields.tumour.radius: only with as = 'cells'"),
        ("number = 500", "number = 500000000000", "start.number: 500000000000 cells are more than"),
        ('radius = "8 um"', 'radius = "0.1 um"', "start.spacing: a ball of 0.1 mm holds more than"),
        (BOX, 'shape = "slab"\nlength = "1 mm"\ncells = 5\n', "start: cells of a slab have no"),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_is_refused(room, old, new, message):
    assert old in STUDY
    with pytest.raises(InputError, match=message):
        Study.from_text(STUDY.replace(old, new), folder=room).run()

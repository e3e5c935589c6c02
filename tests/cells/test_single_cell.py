"""One cell that takes up a solute, and one that climbs to a point source, against series.

These are unit tests of the PerMedCoE observatory, of which programmes differ among themselves;
here the truth is the series of a point in a cube whose walls hold a value.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.study.study import Study

CLIMBS = 1e-3  # mm5/ng/day
EDGE, MESH, SPREAD = 0.3, 31, 2.88  # mm, mesh cells an edge, mm2/day: 2000 um2/min
NAMES = ("left", "right", "bottom", "top", "front", "back")
MODEL = """
title = "one cell"
[species.climber]
role = "phenotype"
[species.cell]
role = "resident"
[species.solute]
role = "solute"
unit = "ng/mm^3"
[parameters]
rate = { value = "1 ng/cell/day", source = "assumed", standing = "assumed" }
[reactions.exchange]
REACTION
rate = "rate*cell"
"""


def along(x, root):
    """Return a mode's exact profile: sinh(a) sinh(b) / (root sinh(a + b)), a + b = root EDGE.

    `a` and `b` are `root` times what lies to both sides; without what is too large.
    """
    low, high = min(x, EDGE / 2), max(x, EDGE / 2)
    a, b = root * low, root * (EDGE - high)
    profile = np.exp(root * (low - high)) * np.expm1(-2 * a) * np.expm1(-2 * b)
    return profile / (-2 * np.expm1(-2 * root * EDGE) * root)


def point(x, y, z):
    """Return the steady value of 1 ng/day at the middle of a cube with walls at 0.

    A double sine series in y and z, each mode exact along x.
    """
    waves = np.pi * np.arange(1, 120, 2) / EDGE
    signs = np.sin(waves * EDGE / 2)
    k, m = np.meshgrid(waves, waves, indexing="ij")
    root = np.sqrt(k**2 + m**2)
    across = np.outer(signs * np.sin(waves * y), signs * np.sin(waves * z))
    return 4 / EDGE**2 / SPREAD * float((across * along(x, root)).sum())


def study(folder, reaction, wall, days, more="", mesh=MESH, spread=SPREAD):
    (folder / "one.toml").write_text(MODEL.replace("REACTION", reaction))
    walls = "\n".join(f'{n} = {{ type = "fixed_value", value = "{wall} ng/mm^3" }}' for n in NAMES)
    text = f"""
title = "one cell"
[tumour]
[geometry]
shape = "box"
lengths = ["{EDGE} mm", "{EDGE} mm", "{EDGE} mm"]
cells = [{mesh}, {mesh}, {mesh}]
[kinetics]
models = ["one.toml"]
[fields.cell]
as = "cells"
[fields.climber]
as = "cells"
{more}
[fields.solute]
initial = "{wall} ng/mm^3"
diffusivity = "{spread} mm^2/day"
[fields.solute.boundaries]
{walls}
[cells]
step = "1 hour"
[time]
end = "{days} days"
"""
    found = Study.from_text(text, folder=folder)
    centres = found.geometry.centres
    middle = np.linalg.norm(centres - EDGE / 2, axis=1).argmin()
    volume = found.geometry.cell_volumes[0]
    one = np.arange(centres.shape[0]) == middle
    return found.with_field("cell", initial=one / volume), centres, volume


def test_a_cell_is_a_sink_of_a_solute(tmp_path):
    found, centres, _ = study(tmp_path, "consumes = { solute = 1 }", 20, 0.2)
    solute = found.run().tree["tumour/solute"][-1].values.transpose(2, 1, 0).reshape(-1)
    places = centres.reshape(-1, 3)
    # In the order of the tree, x slowest, as transposed.
    order = np.lexsort((places[:, 2], places[:, 1], places[:, 0]))
    rows = [r for r in order[:: 7 * 13] if abs(places[r, 0] - EDGE / 2) > 3 * EDGE / MESH]
    rank = np.empty(order.size, dtype=int)
    rank[order] = np.arange(order.size)
    taken = 20 - solute[rank[rows]]
    expected = [point(*places[r]) for r in rows]
    np.testing.assert_allclose(taken, expected, rtol=0.01, atol=1e-5)


CLIMBING = f"""
diffusivity = "1e-12 mm^2/day"
[fields.climber.chemotaxis]
attractant = "solute"
law = "linear"
sensitivity = "{CLIMBS} mm^5/ng/day"
"""


def climbed(found, centres, volume):
    """Return where a cell began and ended in 12 days, the latter also by the series."""
    begin = np.linalg.norm(centres - [0.05, 0.12, 0.16], axis=1).argmin()
    one = np.arange(centres.shape[0]) == begin
    tree = found.with_field("climber", initial=one / volume).run().tree
    assert float(tree["balance/residual"].max()) == 0.0
    cells = tree["cells"].to_dataset()
    path = np.stack([cells[a][cells["kind"] == 0] for a in "xyz"], axis=1)

    def climb(_, p):
        h = 1e-4
        ahead = [point(*(p + h * e)) - point(*(p - h * e)) for e in np.eye(3)]
        return CLIMBS * np.array(ahead) / (2 * h)

    truth = solve_ivp(climb, (0, 12), path[0], rtol=1e-6).y[:, -1]
    way = np.linalg.norm(truth - path[0])
    assert way > 5 * EDGE / MESH
    assert np.linalg.norm(truth - EDGE / 2) > 4 * EDGE / MESH
    return np.linalg.norm(path[-1] - truth) / way


def points(centres):
    """Return `point` at the middles of the mesh cells of a cube."""
    waves = np.pi * np.arange(1, 120, 2) / EDGE
    middles = np.unique(np.round(centres[:, 0], 9))
    sines = np.sin(np.outer(waves, middles))
    root = np.hypot(*np.meshgrid(waves, waves, indexing="ij"))
    signs = np.sin(waves * EDGE / 2)[:, None] * sines
    planes = {}
    for x in middles:
        planes[x] = 4 / EDGE**2 / SPREAD * signs.T @ along(x, root) @ signs
    rows = np.searchsorted(middles, centres - 1e-6)
    return np.array([planes[middles[i]][j, k] for i, j, k in rows])


def test_in_the_exact_field_a_cell_climbs_as_the_series_has_it(tmp_path):
    # Gradients of values at the middles of mesh cells, by differences, are good enough.
    still = "consumes = { solute = 1 }"
    found, centres, volume = study(tmp_path, still, 0, 12, CLIMBING, spread=1e-12)
    values = points(centres)
    somewhere = np.linalg.norm(centres - [0.06, 0.1, 0.2], axis=1).argmin()
    assert values[somewhere] == pytest.approx(point(*centres[somewhere]), rel=1e-9)
    found = found.with_field("cell", initial=0.0 * values).with_field("solute", initial=values)
    assert climbed(found, centres, volume) < 0.005


@pytest.mark.slow
def test_a_cell_climbs_to_a_point_source(tmp_path):
    # What is off is the field of a point in one mesh cell, and falls as the square of their width.
    off = [
        climbed(*study(tmp_path, "produces = { solute = 1 }", 0, 12, CLIMBING, mesh))
        for mesh in (MESH, 2 * MESH - 1)
    ]
    assert off[0] < 0.025
    assert off[1] < 0.01
    assert off[1] < off[0] / 2.5

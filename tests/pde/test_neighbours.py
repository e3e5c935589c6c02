"""Neighbours in a box are those that its mesh's faces tell, without these."""

import numpy as np
import pytest

from cartflow.geometries.shapes.box import box
from cartflow.pde.operators.links import neighbours, read_links


@pytest.mark.parametrize("cells", [(4, 5, 6), (1, 4, 2), (3, 7)])
def test_neighbours_in_a_box(cells):
    geometry = box([1.0] * len(cells), cells)
    ahead, behind = neighbours(geometry)
    assert {"mesh", "connectivity"}.isdisjoint(vars(geometry))
    links = read_links(geometry)
    np.testing.assert_array_equal(ahead, links.ahead, strict=True)
    np.testing.assert_array_equal(behind, links.behind, strict=True)

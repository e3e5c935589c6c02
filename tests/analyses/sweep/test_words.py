"""What a sweep says of its members: names and numbers stand apart."""

import numpy as np
import pytest
import xarray as xr

from cartflow.analyses.sweep.members import FINISHED
from cartflow.analyses.sweep.words import sweep_lines


@pytest.mark.parametrize("name", ["depth", "metastasis_amount_tumour_of_the_liver"])
def test_long_names_stand_apart_from_their_numbers(name):
    dataset = xr.Dataset(
        {
            name: ("x", [1.0, 2.0, 4.0], {"units": "mm"}),
            "infused": ("x", [1.0, 1.0, 1.0], {"units": "1"}),
            "status": ("x", np.array([FINISHED] * 3, dtype=object)),
        },
        attrs={"axes": "x"},
    )
    first, second = sweep_lines(dataset)[1:]
    assert first.split() == [name, *["1", "to", "4", "mm,", "median", "2"]]
    assert second.split() == ["infused", *["1", "to", "1,", "median", "1"]]
    assert first.index("1 to") == second.index("1 to")

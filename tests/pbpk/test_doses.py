"""Doses."""

import math

import pytest

from cartflow.core.outcome import InputError
from cartflow.pbpk.doses import Dose


def dose(**changes):
    values = {"route": "intravenous", "cells": 1e7, "phenotype": "effector"}
    return Dose(**{**values, **changes})


def test_a_bolus_has_no_rate():
    bolus = dose(time=2.0)
    assert bolus.bolus
    assert bolus.rate == 0.0
    assert bolus.end == 2.0


def test_an_infusion_gives_its_cells_over_its_duration():
    infusion = dose(time=1.0, duration=0.02)
    assert not infusion.bolus
    assert infusion.rate * infusion.duration == pytest.approx(1e7)
    assert infusion.end == pytest.approx(1.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"route": "intravenos"}, "unknown route 'intravenos'.*did you mean 'intravenous'"),
        ({"cells": 0.0}, "dose: cells 0 must be a finite number above 0"),
        ({"cells": math.nan}, "dose: cells nan"),
        ({"cells": math.inf}, "dose: cells inf"),
        ({"time": -1.0}, "dose: time -1 day"),
        ({"duration": math.nan}, "dose: duration nan day"),
        ({"phenotype": ""}, "dose: the phenotype is missing"),
    ],
)
def test_bad_doses(change, message):
    with pytest.raises(InputError, match=message):
        dose(**change)

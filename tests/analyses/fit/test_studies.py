"""A study of a tumour as what is fitted: its derivatives, and numbers it was simulated with."""

import numpy as np
import pytest
from studies import front_in_a_ball

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.run import fit
from cartflow.analyses.fit.sources.study import study_source
from cartflow.core.outcome import InputError

STUDY = front_in_a_ball()


@pytest.fixture
def path(folder):
    return folder / "study.toml"


def test_derivatives_are_those_of_differences_in_the_unit_given(path):
    source = study_source(path, {"solver.tolerance": 1e-5}, exact=True)
    rough = study_source(path, {"solver.tolerance": 1e-5}, exact=False)
    times = np.array([0.5, 1.0, 2.0])
    keys = source.keys()
    key = next(k for k in keys if k.endswith("diffusivity"))
    known = source.stated(key, "um^2/min")
    assert known.value * 1440e-6 == pytest.approx(source.stated(key, "").value)
    number = Number(key=key, unit="um^2/min", low=0.1 * known.value, high=10 * known.value)
    values = np.array([known.value])
    one, two = (s.runner({}, [number], times).run(values, True) for s in (source, rough))
    for name in ("in_tumour", "depth"):
        assert one.values[name] == pytest.approx(two.values[name], rel=1e-12)
        size = np.abs(two.slopes[name]).max()
        assert one.slopes[name] == pytest.approx(two.slopes[name], rel=1e-2, abs=1e-3 * size)


def test_a_number_is_found_again(path):
    source = study_source(path, {}, exact=True)
    keys = source.keys()
    key = next(k for k in keys if k.endswith("diffusivity"))
    times = np.array([0.5, 1.0, 2.0, 3.0])
    truth = source.runner({}, [], times).run(np.zeros(0), False).values["in_tumour"]
    stated = source.stated(key, "").value
    data = {
        "subject": ["a"] * 4,
        "time": times.tolist(),
        "time_unit": ["day"] * 4,
        "observable": ["in_tumour"] * 4,
        "value": truth.tolist(),
        "unit": ["cell"] * 4,
    }
    vary = {key: f"[{0.2 * stated!r}, {4 * stated!r}] mm^2/day"}
    found = fit(path, data, vary, errors={"in_tumour": "lognormal 0.1"}, starts=2, profile=False)
    assert found.estimates[key] == pytest.approx(stated, rel=1e-3)
    assert found.dataset.attrs["study"] == STUDY


def test_what_a_study_cannot_yet_be_is_refused(path):
    data = {
        "ID": [1, 1],
        "TIME [day]": [0, 1],
        "DV [cell]": ["", 5.0],
        "AMT [cell]": [1e6, ""],
        "EVID": [1, 0],
    }
    with pytest.raises(InputError, match="in a study they stand in its file"):
        fit(path, data, ["doses.0.cells=[1, 2] cell"], names={"DV": "in_tumour"})

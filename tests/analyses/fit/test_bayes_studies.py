"""The posterior of a number of a study, against integration over it."""

import numpy as np
import pytest
from studies import front_in_a_ball

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.bayes.run import fit_bayes
from cartflow.analyses.fit.sources.study import study_source

STUDY = front_in_a_ball()


@pytest.mark.slow
def test_a_number_of_a_study_has_the_posterior_of_its_integral(folder):
    path = folder / "study.toml"
    source = study_source(path, {}, exact=True)
    keys = source.keys()
    key = next(k for k in keys if k.endswith("diffusivity"))
    stated = source.stated(key, "").value
    times = np.array([0.5, 1.0, 2.0, 3.0])
    low, high = 0.2 * stated, 4.0 * stated
    number = Number(key=key, unit="mm^2/day", low=low, high=high)
    runner = source.runner({}, [number], times)

    def predicted(value):
        return runner.run(np.array([value]), False).values["in_tumour"]

    values = predicted(stated) * np.exp([0.05, -0.05, 0.08, 0.02])
    data = {
        "subject": ["a"] * 4,
        "time": times.tolist(),
        "time_unit": ["day"] * 4,
        "observable": ["in_tumour"] * 4,
        "value": values.tolist(),
        "unit": ["cell"] * 4,
    }
    vary = {key: f"[{low!r}, {high!r}] mm^2/day"}
    found = fit_bayes(
        path,
        data,
        vary,
        errors={"in_tumour": "lognormal 0.1"},
        chains=2,
        draws=150,
        warm_up=100,
        starts=2,
        threads=2,
    ).dataset
    grid = np.linspace(np.log(low), np.log(high), 121)
    loss = np.array(
        [0.5 * ((np.log(values / predicted(v)) / 0.1) ** 2).sum() for v in np.exp(grid)]
    )
    chance = np.exp(loss.min() - loss) / np.exp(loss.min() - loss).sum()
    mean = float(chance @ np.exp(grid))
    sd = float(chance @ (np.exp(grid) - mean) ** 2) ** 0.5
    size = float(found["effective_bulk"].values[0])
    assert abs(float(found["mean"].values[0]) - mean) < 4 * sd / size**0.5
    assert float(found["sd_of_samples"].values[0]) == pytest.approx(sd, rel=4 / (2 * size) ** 0.5)
    assert found.attrs["study"] == STUDY

"""Sizes of errors that differ between subjects: against the weighted mean, worked out apart."""

import numpy as np
import pytest
from populations import DECAY

from cartflow.analyses.fit.petab.writing import write_petab
from cartflow.analyses.fit.run import fit
from cartflow.core.outcome import InputError

VALUES = {"rough": [3.1, 6.4, 5.2, 7.7, 2.9, 5.8], "fine": [5.3, 5.1, 5.25, 5.2]}
BY_SUBJECT = {"each": ["sd of level"]}


@pytest.fixture
def model(tmp_path):
    (tmp_path / "decay.toml").write_text(DECAY)
    return tmp_path / "decay.toml"


def fitted(model, values=VALUES, kind="normal", **more):
    found = {k: [] for k in ("subject", "time [day]", "observable", "value", "unit")}
    for subject, row in values.items():
        for time, value in enumerate(row):
            one = (subject, 0.1 * (time + 1), "level", value, "1")
            for name, cell in zip(found, one, strict=True):
                found[name].append(cell)
    shared = {"starts": 3, "profile": False, "threads": 1}
    return fit(
        model,
        found,
        ["gain=linear:[0, 10]"],
        observables={"level": "gain"},
        errors={"level": kind},
        **shared,
        **more,
    )


def test_each_subject_has_the_size_that_its_residuals_show(model):
    found = fitted(model, **BY_SUBJECT)
    # The likeliest mean weighs each by 1/sd^2, and each sd is the root mean square about it.
    mean = 5.2
    for _ in range(200):
        wide = {s: np.mean((np.array(v) - mean) ** 2) for s, v in VALUES.items()}
        weights = {s: len(v) / wide[s] for s, v in VALUES.items()}
        mean = sum(w * np.mean(VALUES[s]) for s, w in weights.items()) / sum(weights.values())
    assert found.estimates["gain"] == pytest.approx(mean, rel=1e-6)
    for subject, square in wide.items():
        assert found.estimates[f"sd of level of {subject}"] == pytest.approx(square**0.5, rel=1e-5)
    told = "\n".join(found.summary_lines())
    for subject, square in wide.items():
        assert f"errors        level of {subject}: normal {square**0.5:.4g}" in told
    # Fewer are alike: the likelihood of one size for all is lower.
    alike = fitted(model).dataset.attrs["minus_two_log_likelihood"]
    own = found.dataset.attrs["minus_two_log_likelihood"]
    expected = sum(len(VALUES[s]) * (np.log(2 * np.pi * w) + 1) for s, w in wide.items())
    assert own == pytest.approx(expected, rel=1e-6)
    assert own < alike


def test_residuals_are_in_the_own_size(model):
    dataset = fitted(model, **BY_SUBJECT).dataset
    for subject in VALUES:
        own = dataset["residual"].values[dataset["subject"].values == subject]
        assert np.mean(own**2) == pytest.approx(1.0, rel=1e-5)


def test_what_cannot_differ_is_refused(model, tmp_path):
    with pytest.raises(InputError, match="fewer than two values"):
        fitted(model, {**VALUES, "once": [5.0]}, **BY_SUBJECT)
    with pytest.raises(InputError, match=r"--each: what varies: unknown name 'sd of levels'"):
        fitted(model, each=["sd of levels"])
    with pytest.raises(InputError, match=r"--each: what varies: unknown name 'sd of level'"):
        fitted(model, kind="normal 0.5", **BY_SUBJECT)
    with pytest.raises(InputError, match="it has a scale or offset that all share"):
        fitted(model, scale=["level"], **BY_SUBJECT)
    with pytest.raises(InputError, match="errors of each subject's own are not written"):
        write_petab(fitted(model, **BY_SUBJECT), tmp_path / "problem")

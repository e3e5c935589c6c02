"""Published models and bodies in the book: complete, in the right group, discrepancies told."""

import re

import numpy as np
import pytest

from cartflow.kinetics.files.checking import check_model
from cartflow.kinetics.files.load import load_model, names
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.text import checks_of, held, notes
from cartflow.validation.book.cases import CASES, chosen
from cartflow.validation.book.formula import formula_svg
from cartflow.validation.book.names import BODIES, LONGER_MODELS
from cartflow.validation.kinetics.courses import spans_decades
from cartflow.validation.kinetics.equations import equation_lines, visible


def run(name):
    (entry,) = chosen([name], "full")
    result = entry.run("quick")
    assert result.verdict == "passed"
    assert (result.name, result.title) == (name, entry.title)
    assert result.figure is not None
    for line in result.equation.splitlines():
        formula_svg(line)
    for key, item in result.dataset.variables.items():
        assert item.attrs.get("long_name"), key
    for axes in result.figure.axes:
        assert axes.get_xlabel() or axes.get_xticklabels()
    assert not re.search(r"\bnan\b", result.finding)
    return result


def test_every_model_with_check_values_is_in_the_book_by_their_standing():
    groups = {}
    for name in names():
        standings = {check.standing for check in load_model(name).checks}
        if standings:
            published = "published" in standings
            groups[f"kinetics:{name}"] = "validation" if published else "code verification"
    assert {e.name: e.group for e in CASES if e.name.startswith("kinetics:")} == groups


@pytest.mark.parametrize("name", ["stein2019", "leon_triana2021_gbm", "singh2020"])
def test_a_model_has_all_its_checks_with_their_own_tolerances(name):
    result = run(f"kinetics:{name}")
    expected = [(r.expected, r.tolerance, r.unit, r.reference) for r in check_model(name)]
    found = [(c.expected, c.tolerance, c.unit, c.reference) for c in result.checks]
    assert found == expected
    assert {c.kind for c in result.checks} == {"absolute"}
    model = load_model(name)
    for text in (*model.flags, *(c.note for c in model.checks)):
        assert text in result.finding
    assert set(model.network.species_names) <= set(result.dataset.data_vars)
    assert result.dataset["time"].values[-1] == model.scenario().end.value


def test_a_wrong_number_fails(monkeypatch):
    monkeypatch.setattr(
        "cartflow.validation.kinetics.case.load_model",
        lambda name: load_model(name).with_parameters({"contraction_rate": "0.2 1/day"}),
    )
    (entry,) = chosen(["kinetics:stein2019"], "quick")
    wrong = [c.name for c in entry.run("quick").checks if not c.passed]
    assert "half-life of the first phase (published)" in wrong


def test_long_equations_are_broken_and_keep_every_term():
    network = load_model("yiu2012").network
    lines = equation_lines(network).splitlines()
    assert max(map(visible, lines)) < 130
    text = "".join(lines)
    for name in network.parameters:
        assert name.replace("_", r"\_") in text


def test_longer_models_are_models_of_the_book():
    assert {f"kinetics:{name}" for name in LONGER_MODELS} <= {e.name for e in CASES}


def test_a_logarithmic_axis_where_decades_are_spanned():
    assert spans_decades(np.array([1.0, 200.0, 0.0]))
    assert not spans_decades(np.array([1.0, 50.0]))
    assert not spans_decades(np.array([-1.0, 1e-6, 1.0]))
    assert not spans_decades(np.zeros(3))


COUNTS = {
    "tsai": 47,
    "tumours": 29,
    "age": 3,
    "brown": 13,
    "khot": 11,
    "singh": 9,
    "biodistribution": 6,
}


@pytest.mark.parametrize("subject", COUNTS)
def test_a_body_case_holds(subject):
    assert len(run(f"bodies:{subject}").checks) == COUNTS[subject]


def test_what_khot_draws_and_measures_is_told_by_tissue():
    result = run("bodies:khot")
    found = {check.name: check.measured for check in result.checks}
    assert found["rms of log10, ten tissues, drawn"] < 0.03
    assert found["rms of log10, ten tissues, measured"] < 0.29
    assert found["rms of log10, tumour, drawn"] < 0.03
    assert list(result.dataset["tissue"].values[-2:]) == ["tumour", "blood"]
    assert result.dataset["measured"].shape == (12, 5)
    assert len(result.figure.axes) == 12


def test_every_model_with_organs_stands_beside_every_series():
    result = run("bodies:biodistribution")
    misfit = result.dataset["misfit"]
    assert misfit.sizes == {"model": 5, "series": 5}
    assert int(np.isnan(misfit).sum()) == 1  # lung and liver, by a model that lumps the liver
    for model in result.dataset["model"].values:
        assert model in result.finding


def test_a_model_read_otherwise_fails_where_its_publication_is_drawn(monkeypatch):
    from dataclasses import replace

    from cartflow.pbpk.files.load import load_trafficking

    monkeypatch.setattr(
        "cartflow.validation.bodies.khot_rows.load_trafficking",
        lambda name: replace(load_trafficking(name), extravascular_volume="interstitium"),
    )
    (entry,) = chosen(["bodies:khot"], "quick")
    failed = {check.name for check in entry.run("quick").checks if not check.passed}
    assert "rms of log10, ten tissues, drawn" in failed


def test_sampling_and_order_that_is_missed_are_told():
    assert "matter of sampling" in run("bodies:tsai").finding
    assert "singh2020 gives 724" in run("bodies:brown").finding


def test_the_range_of_recovery_is_told_as_what_it_is():
    assert "36 % to 99 %" in run("bodies:ganusov").finding


def test_what_pet_contradicts_is_stated():
    result = run("bodies:pet")
    assert result.checks[0].name.endswith("(misfit, stated: PET 24.4 +- 3.4)")
    assert "does not describe the measurement" in result.finding
    assert "no two numbers of the lung describe all five" in result.finding


def test_every_body_is_in_the_book():
    found = [e.name for e in CASES if e.name.startswith("bodies:")]
    assert found == [f"bodies:{name}" for name in BODIES]


def test_rows_become_checks_as_they_are():
    rows = [
        PublishedRow("a", 1.0, 2.0, 0.5, "h", "khot2019", "published", "why"),
        PublishedRow("b", 2.0, 2.0, 0.5, "h", "khot2019", "published", "why"),
    ]
    checks = checks_of(rows, lambda row: "fitted" if row.name == "b" else "")
    assert [c.passed for c in checks] == [False, True]
    assert [c.name for c in checks] == ["a", "b (fitted)"]
    assert (held(rows), notes(rows)) == ("1 of 2", "why.")

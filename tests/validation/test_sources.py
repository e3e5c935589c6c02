"""Every model beside its source's own equations: independent, complete, and noticed if changed."""

import ast
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from cartflow.kinetics.files.load import load_model
from cartflow.validation.book.cases import CASES, chosen
from cartflow.validation.book.names import source_models
from cartflow.validation.kinetics.followed import Course, followed

FOLDER = Path(__file__).parents[2] / "validation" / "sources"
# What a source's module may build on: arrays, SciPy, the common form, and files of data.
ALLOWED = {
    "numpy",
    "scipy",
    "cartflow.validation.kinetics.followed",
    "cartflow.validation.measurements.data",
}
STANDARD = {"__future__", "collections", "typing", "functools", "math", "itertools"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("model", source_models())
def test_a_source_knows_nothing_of_the_package(model):
    for name in imports(FOLDER / f"{model}.py"):
        assert name in ALLOWED or name.split(".")[0] in STANDARD | {"numpy", "scipy"}, name
    assert "toml" not in (FOLDER / f"{model}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", source_models())
def test_a_model_is_that_of_its_source(model):
    (entry,) = chosen([f"sources:{model}"], "quick")
    result = entry.run("quick")
    assert [c.name for c in result.checks if not c.passed] == []
    assert result.verdict == "passed"
    assert (result.name, result.title) == (f"sources:{model}", entry.title)
    assert {c.expected for c in result.checks} == {1e-3}
    assert import_module(f"cartflow.validation.sources.{model}").READ in result.method
    compared = set(result.dataset["species"].values.tolist())
    for name in set(load_model(model).network.species_names) - compared:
        assert name in result.finding
    assert result.figure is not None


def test_every_source_is_in_the_book():
    found = [e.name for e in CASES if e.name.startswith("sources:")]
    assert found == [f"sources:{name}" for name in source_models()]


def test_a_wrong_number_is_noticed(monkeypatch):
    def wrong(name, scenario, settings):
        return simulate(name, scenario, {**settings, "killing_constant": "1.905e-10 1/cell/day"})

    from cartflow.alone.simulate import simulate

    monkeypatch.setattr("cartflow.validation.kinetics.from_sources.simulate", wrong)
    (entry,) = chosen(["sources:hardiansyah2019"], "quick")
    wrong_ones = [c.name.partition(":")[0] for c in entry.run("quick").checks if not c.passed]
    assert "tumour" in wrong_ones


def test_followed_is_the_exact_solution_through_jumps_and_breaks():
    times = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0])

    def change(time, y):
        return [-y[0] + (1.0 if time >= 2.0 else 0.0)]

    found = followed(change, [1.0], times, jumps={0.0: [1.0], 1.0: [3.0]}, breaks=[2.0])[0]
    at_one = 2 * np.exp(-1) + 3
    at_two = at_one * np.exp(-1)
    exact = [
        2.0,
        2 * np.exp(-0.5),
        at_one,
        at_one * np.exp(-0.5),
        at_two,
        1 + (at_two - 1) * np.exp(-1),
    ]
    np.testing.assert_allclose(found, exact, rtol=1e-7)


def test_a_course_needs_five_times_and_an_amount_at_each():
    with pytest.raises(ValueError, match="published: 4 times; at least 5 are needed"):
        Course(scenario="published", times=np.arange(4.0), amounts={})
    with pytest.raises(ValueError, match=r"published: cart: shape \(5,\), times \(6,\)"):
        Course(scenario="published", times=np.arange(6.0), amounts={"cart": np.zeros(5)})


def test_typed_sets_of_kirouac_are_those_of_the_table():
    from cartflow.validation.measurements.data import ABSENT, found, rows
    from cartflow.validation.sources import kirouac2023

    path = found(kirouac2023._TABLE)
    if path is None:
        pytest.skip(ABSENT.format(kirouac2023._TABLE))
    table = dict(kirouac2023._sets(rows(path)))
    assert len(table) == 36
    for name, values in kirouac2023._TYPED.items():
        assert values == table[name]

"""Every number that ships has a unit UDUNITS reads, a source in the bibliography, a standing."""

from dataclasses import replace
from pathlib import Path

import cf_units
import pytest

from cartflow.core.bibliography import keys
from cartflow.core.parameters import STANDINGS
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.core.units.udunits import cf_unit
from cartflow.kinetics.files.load import load, names
from cartflow.pbpk.files.load import body_names, load_body, load_trafficking, trafficking_names
from cartflow.pbpk.record import body_parameters, trafficking_parameters
from cartflow.study.study import Study

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))


def require_known_numbers(parameters, *, allowed=()):
    assert parameters
    for name, p in parameters.items():
        assert p.source in {*keys(), *allowed}, name
        assert p.standing in STANDINGS, name
        assert p.unit == internal_unit(p.unit), name
        unit = cf_units.Unit(cf_unit(p.unit))
        assert not unit.is_unknown(), name
        if p.source == "assumed":
            assert p.standing == "assumed", name


@pytest.mark.parametrize("name", body_names())
def test_bodies(name):
    require_known_numbers(body_parameters(load_body(name)))


@pytest.mark.parametrize("name", trafficking_names())
def test_trafficking(name):
    require_known_numbers(trafficking_parameters(load_trafficking(name)))


@pytest.mark.parametrize("name", names())
def test_kinetics(name):
    network = load(name)
    if network.parameters:
        require_known_numbers(network.described_parameters())
    assert set(network.references) <= set(keys())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples(path):
    study = Study.from_file(path)
    require_known_numbers(study.parameters())
    assert set(study.references()) <= set(keys())
    assert set(study.table.references) <= set(study.references())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_what_an_example_uses_is_what_its_files_state(path):
    study = Study.from_file(path)
    used = study.parameters()
    of_body = {name: p for name, p in used.items() if name.startswith("body.")}
    if study.table.body is None:
        assert of_body == {}
    else:
        # No example uses a cavity, so that none is among its numbers.
        body = replace(load_body(study.table.body.name), cavities={})
        assert of_body == body_parameters(body)
    for name, p in study.stated.items():
        assert to_internal(p.stated, p.unit) == pytest.approx(p.value, rel=1e-15), name

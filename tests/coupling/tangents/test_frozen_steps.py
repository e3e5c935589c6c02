"""Derivatives of the steps as they were taken, against differences with the same steps."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from coupling.tangents.cases import NUMBERS, study
from coupling.tangents.frozen import (
    Frozen,
    Recorded,
    complex_differences,
    differences,
    everything,
    run,
)

from cartflow.analyses.derivatives.numbers import directions_of
from cartflow.coupling.ledger import residual
from cartflow.pbpk.flows.observables import in_body


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Return a function that runs one of the studies with its derivatives, once."""
    found = {}

    def case(name):
        if name not in found:
            of = study(name, tmp_path_factory.mktemp(name))
            plain = run(Recorded, of.simulation)
            directions = directions_of(of, NUMBERS[name][1])
            record = replace(of.simulation, directions=tuple(directions)).run()
            found[name] = SimpleNamespace(
                study=of, plain=plain, directions=directions, record=record
            )
        return found[name]

    return case


def parts(case, values):
    """Return the values of each field, of the body, and each account, one after the other."""
    species, cells = case.plain.state.tumour.shape
    cuts = cells * np.arange(1, species + 1)
    body = cuts[-1] + case.plain.state.body.size
    return np.split(values, [*cuts, *range(body, values.shape[1])], axis=1)


def worst(case, mine, true, beside):
    """Return the largest difference of any part, relative to the true one and what is `beside`."""
    found = []
    for a, b, c in zip(*(parts(case, each) for each in (mine, true, beside)), strict=True):
        size = np.abs(b).sum() + np.abs(c).sum()
        found.append(np.abs(a - b).sum() / size if size > 0 else np.abs(a - b).sum())
    return max(found)


@pytest.mark.parametrize("name", NUMBERS)
def test_steps_taken_again_are_those_of_the_run_to_the_bit(cases, name):
    case = cases(name)
    again = run(Frozen, case.study.simulation, case.plain.steps)
    for states in (case.record.states, again.states):
        np.testing.assert_array_equal(everything(states), everything(case.plain.states))
    assert case.record.accepted_steps == case.plain.going.taken


@pytest.mark.parametrize("name", ["ball", "slab"])
def test_complex_differences_agree(cases, name):
    case = cases(name)
    for q, direction in enumerate(case.directions):
        mine = everything([tangents[q] for tangents in case.record.tangents])
        true = complex_differences(case.study.simulation, case.plain.steps, direction)
        # A slope that is nothing beside its value is known to the rounding of the value.
        value = 1e-6 * everything(case.plain.states)
        assert worst(case, mine, true, value) < 1e-9, direction.name


@pytest.mark.parametrize(
    "name",
    [
        "cylinder",
        pytest.param("ball", marks=pytest.mark.slow),
        pytest.param("slab", marks=pytest.mark.slow),
    ],
)
def test_central_differences_of_real_runs_agree(cases, name):
    # To the number's logarithm; differences know them to rounding of the values over the share.
    case = cases(name)
    value = everything(case.plain.states)
    for q, direction in enumerate(case.directions):
        mine = everything([tangents[q] for tangents in case.record.tangents])
        errors = [
            worst(case, mine, differences(case.study, direction.name, case.plain.steps, h), value)
            for h in (1e-3, 1e-4)
        ]
        assert min(errors) < 1e-9, direction.name


def test_what_died_out_has_no_slope_but_counts(cases):
    case = cases("cylinder")
    assert [each.species for each in case.record.extinct] == ["tumour"]
    last = case.record.tangents[-1]
    assert all(not tangent.tumour[1].any() for tangent in last)
    assert last[NUMBERS["cylinder"][1].index("doses.0.cells")].ledger.died[0] > 0.0


@pytest.mark.parametrize("name", NUMBERS)
def test_slopes_of_the_balance_close(cases, name):
    case = cases(name)
    coupled, last = case.plain.coupled, case.record.states[-1]
    rows, none = coupled.products, np.zeros(len(coupled.products))
    for direction, slope in zip(case.directions, case.record.tangents[-1], strict=True):
        volumes = direction.slopes(lambda s: [s.coupled.volumes])[0]
        inside = slope.tumour[rows] @ coupled.volumes + last.tumour[rows] @ volumes
        gap = residual(slope.ledger, in_body(coupled.network, slope.body), inside, none)
        turnover = last.ledger.infused + np.abs(slope.ledger.infused) + np.abs(slope.ledger.died)
        assert np.abs(gap).max() < 1e-12 * turnover.sum(), direction.name

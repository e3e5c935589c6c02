"""The balance of cells over random studies, and what doses add."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartflow.core.outcome import InputError
from cartflow.coupling.ledger import Ledger, residual
from cartflow.pbpk.flows.observables import in_body
from cartflow.study.study import Study
from cartflow.validation.numerics.random_studies import CLIMB, OPEN, SOURCE

TEXT = """
title = "Any study"
[body]
name = "{body}"
[trafficking]
name = "{trafficking}"
{doses}
[tumour]
host = "flank"
{feeding}
injection_region = "all"
{geometry}
[kinetics]
models = [{models}]
[kinetics.parameters]
{parameters}
[fields.cart]
diffusivity = "{motility:.6g} mm^2/day"
initial = "{initial:.6g} cells/mm^3"
{fields}
[tissue]
porosity = 0.3
[time]
end = "{end} day"
save = ["1 min", "{middle} day"]
[solver]
tolerance = 1e-2
"""
GEOMETRIES = {
    "ball": '[geometry]\nshape = "ball"\nradius = "2 mm"\ncells = 6',
    "slab": '[geometry]\nshape = "slab"\nlength = "2 mm"\ncells = 6',
    "box": '[geometry]\nshape = "box"\nlengths = ["2 mm", "3 mm", "4 mm"]\ncells = [2, 3, 3]',
}
BOUNDARY = {"ball": "rim", "slab": "right", "box": "front"}


def dose(cells, time=0.0, duration=0.0, route="intravenous"):
    return (
        f'[[doses]]\nroute = "{route}"\ncells = "{cells:.9g} cells"\n'
        f'time = "{time!r} day"\nduration = "{duration!r} day"\n'
    )


BOLUS = dose(1e6)


def study(
    body="mouse_28g",
    trafficking="khot2019",
    doses=BOLUS,
    feeding="",
    shape="ball",
    models=("predator_prey",),
    parameters="",
    motility=0.01,
    initial=0.0,
    fields="",
    end=0.5,
    middle=0.2,
):
    return Study.from_text(
        TEXT.format(
            body=body,
            trafficking=trafficking,
            doses=doses,
            feeding=feeding,
            geometry=GEOMETRIES[shape],
            models=", ".join(f'"{m}"' for m in models),
            parameters=parameters,
            motility=motility,
            initial=initial,
            fields=fields.format(boundary=BOUNDARY[shape]),
            end=end,
            middle=middle,
        )
    )


def run_and_check(of):
    """Run a study; check the balance and the sign of everything at every saved time."""
    simulation = of.simulation
    record = simulation.run()
    assert record.outcome.status == "finished", record.outcome
    coupled, before = simulation.coupled, None
    for state in record.states:
        ledger = state.ledger
        body = in_body(coupled.network, state.body)
        # Nothing is kept where handed-over and lost cells are gathered.
        assert body.sum() == pytest.approx(state.body.sum(), rel=1e-13)
        gap = residual(ledger, body, coupled.in_tumour(state.tumour), np.zeros(len(body)))
        turnover = ledger.infused.sum() + ledger.born.sum()
        assert abs(gap.sum()) <= 1e-10 * turnover
        assert np.abs(gap).max() <= 1e-10 * turnover
        assert abs(ledger.converted.sum()) <= 1e-10 * turnover
        assert state.body.min() >= 0.0
        assert state.tumour.min() >= 0.0
        if before is not None:
            for name in ("infused", "born", "died", "inflow", "egress"):
                grown = getattr(ledger, name) - getattr(before, name)
                assert np.all(grown >= -1e-12 * turnover), name
        before = ledger
    return record


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    shape=st.sampled_from(list(GEOMETRIES)),
    trafficking=st.sampled_from(["khot2019", "singh2020"]),
    models=st.sampled_from(
        [
            ("none",),
            ("predator_prey",),
            ("predator_prey_exhaustion",),
            ("predator_prey", "chemokine"),
            ("sahoo2020",),
        ]
    ),
    motility=st.sampled_from([0.0, 1e-3, 0.1, 20.0]),
    initial=st.sampled_from([0.0, 300.0]),
    rim=st.booleans(),
    boundary=st.booleans(),
    source=st.booleans(),
    first=st.floats(1e3, 1e8),
    route=st.sampled_from(["intravenous", "intratumoural"]),
    time=st.floats(0.01, 0.25),
    duration=st.sampled_from([0.0, 0.02, 0.05]),
)
def test_every_cell_is_accounted_for(
    shape,
    trafficking,
    models,
    motility,
    initial,
    rim,
    boundary,
    source,
    first,
    route,
    time,
    duration,
):
    feeding = f'feeding = "rim"\nboundary = "{BOUNDARY[shape]}"' if rim else ""
    fields = (OPEN if boundary else "") + (SOURCE if source else "")
    fields += CLIMB if "chemokine" in models else ""
    run_and_check(
        study(
            trafficking=trafficking,
            doses=dose(first) + dose(2e6, time, duration, route),
            feeding=feeding,
            shape=shape,
            models=models,
            motility=motility,
            initial=initial,
            fields=fields,
            end=0.3,
            middle=0.15,
        )
    )


def test_fast_cells_in_three_dimensions_keep_the_balance():
    record = run_and_check(study(shape="box", motility=1e4, models=("none",), end=2.0))
    assert record.accepted_steps > 20


def test_a_bolus_in_the_middle_counts_from_its_time():
    of = study(doses=dose(1e6) + dose(5e5, 0.2), models=("none",))
    record = run_and_check(of)
    assert [s.time for s in record.states] == pytest.approx([0.0, 1 / 1440, 0.2, 0.5])
    infused = [float(s.ledger.infused[0]) for s in record.states]
    assert infused == [1e6, 1e6, 1.5e6, 1.5e6]
    coupled = of.simulation.coupled
    assert coupled.next_event(0.0) == 0.2
    assert coupled.next_event(0.2) == np.inf


def test_an_intratumoural_dose_lies_where_it_was_put():
    of = study(doses=dose(7e4, route="intratumoural"), motility=0.0, models=("none",))
    record = run_and_check(of)
    first = record.states[0]
    assert first.body.sum() == 0
    geometry = of.geometry
    assert first.tumour[0] == pytest.approx(np.full(6, 7e4 / geometry.volume))
    # Those that leave appear in the body, and no sooner.
    last = record.states[-1]
    assert last.ledger.egress[0] > 0
    assert last.body.sum() + last.ledger.died[0] == pytest.approx(
        last.ledger.egress[0] - last.ledger.inflow[0], rel=1e-10
    )


@pytest.mark.parametrize("route", ["intravenous", "intratumoural"])
def test_an_infusion_gives_its_cells_at_a_constant_rate(route):
    record = run_and_check(study(doses=dose(8e5, 0.1, 0.2, route), models=("none",)))
    infused = [float(s.ledger.infused[0]) for s in record.states]
    assert infused == pytest.approx([0.0, 0.0, 4e5, 8e5], rel=1e-13)


def test_cells_there_at_the_start_count_as_infused():
    of = study(doses="", initial=40.0, models=("none",))
    record = run_and_check(of)
    assert record.states[0].ledger.infused[0] == pytest.approx(40.0 * of.geometry.volume)


def test_what_comes_through_an_open_boundary_is_infused_and_what_leaves_died():
    shut = {"doses": "", "models": ("none",), "initial": 0.0, "motility": 0.1}
    record = run_and_check(study(fields=OPEN, **shut))
    ledger = record.states[-1].ledger
    # No more than the film lets in: area x 0.2 mm/day x 30 cells/mm3 over half a day.
    limit = 4 * np.pi * 4.0 * 0.2 * 30.0 * 0.5
    assert 0.5 * limit < ledger.infused[0] < limit
    left = run_and_check(study(fields=OPEN, **{**shut, "initial": 300.0}))
    assert left.states[-1].ledger.died[0] > 0.5 * limit


def test_ledgers_extrapolate_like_the_state():
    one, two = Ledger.empty(2), Ledger.empty(2)
    one.born += [1.0, 2.0]
    two.born += [2.0, 5.0]
    assert two.extrapolated(one, 1).born.tolist() == [3.0, 8.0]
    copy = two.copy()
    copy.born += 1
    assert two.born.tolist() == [2.0, 5.0]


def test_a_dose_of_an_unknown_phenotype_is_refused():
    of = study(doses=dose(1e5) + 'phenotype = "cat"\n')
    with pytest.raises(InputError, match=r"doses.0.phenotype: unknown name 'cat'.*'cart'"):
        _ = of.simulation

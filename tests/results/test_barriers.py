"""Three factors multiply to the exposure of the core, and the smallest is the barrier."""

import numpy as np
import pytest
from studies import BALL, DOSE, in_tumour, study

from cartflow.results.barriers import Barriers, barriers, in_words
from cartflow.results.endpoint import cell_days, endpoint_lines
from cartflow.study.study import Study

TIMES = np.array([0.0, 1.0, 3.0, 7.0])
INFUSED = np.array([0.0, 1e6, 1e6, 1e6])
ENTERED = np.array([0.0, 100.0, 150.0, 200.0])
INSIDE = np.array([0.0, 90.0, 300.0, 50.0])
CORE = np.array([0.0, 0.0, 12.0, 10.0])
SHARE = 0.125


def found(**changed):
    given = {"times": TIMES, "infused": INFUSED, "entered": ENTERED, "inside": INSIDE}
    return barriers(**(given | {"core": CORE, "core_share": SHARE} | changed))


def test_the_product_is_the_exposure_of_the_core():
    one, volume = found(), 40.0
    exposure = np.trapezoid(CORE, TIMES) / (SHARE * volume)
    product = one.entry * one.persistence * one.days * one.penetration
    assert INFUSED[-1] * product / volume == pytest.approx(exposure, rel=1e-14)
    assert one.days == 6.0
    assert one.entry == 2e-4


def test_the_core_is_reached_between_saved_times():
    # core - share * inside / 2 is -5.625, -6.75 and 6.875 on days 1, 3 and 7.
    assert found().time_to_core == pytest.approx(3.0 + 4.0 * 6.75 / 13.625, rel=1e-14)
    assert np.isnan(found(core=0.01 * CORE).time_to_core)
    assert found(core=SHARE * INSIDE).time_to_core == 1.0


@pytest.mark.parametrize(
    ("factors", "largest", "words"),
    [
        ((1e-4, 2.0, 0.5), "entry", "entry takes most"),
        ((0.5, 0.01, 0.5), "persistence", "the cells' short stay takes most"),
        ((0.5, 3.0, 0.01), "penetration", "the way to the core takes most"),
        ((1.0, 1.5, 1.0), "", "no barrier takes anything"),
    ],
)
def test_the_smallest_factor_is_the_barrier(factors, largest, words):
    one = Barriers(
        **dict(zip(("entry", "persistence", "penetration"), factors, strict=True)),
        time_to_core=2.0,
        days=7.0,
    )
    assert one.largest == largest
    assert in_words(one).endswith(words)


@pytest.mark.parametrize("changed", [{"infused": 0 * INFUSED}, {"entered": 0 * ENTERED}])
def test_without_cells_there_is_none(changed):
    assert np.isnan(found(**changed).penetration)
    assert in_words(found(**changed)) == ""


def test_an_even_spread_has_no_barrier_on_the_way():
    assert found(core=SHARE * INSIDE).penetration == pytest.approx(1.0, rel=1e-14)


def test_days_are_counted_from_the_start_of_an_infusion():
    """What begins at day 0 and lasts shows from day 1 on, the next saved time."""
    assert found(since=0.0).days == 7.0
    assert found(since=0.0).persistence == pytest.approx(found().persistence * 6 / 7, rel=1e-14)


@pytest.mark.parametrize("stayed", [None, True])
def test_what_saved_times_miss_is_not_told(stayed):
    """Cells that leave at 1/day stay for a day each, whichever times are saved."""
    for times, told in ((np.linspace(0.0, 20.0, 81), True), (np.linspace(0.0, 20.0, 5), False)):
        inside = np.exp(-times)
        found = barriers(
            times,
            np.full(times.size, 1e6),
            np.ones(times.size),
            inside,
            SHARE * inside,
            SHARE,
            None if stayed is None else 1.0 - inside,
        )
        if told:
            assert found.persistence * found.days == pytest.approx(1.0, rel=0.01)
        assert np.isfinite([found.persistence, found.penetration, found.time_to_core]).all() == told
        assert found.entry == 1e-6
        assert in_words(found).endswith("takes most" if told else "saved times lie too far apart")


STUDY = study(in_tumour(BALL), time='end = "1 day"\nevery = "6 h"')


def test_a_run_tells_them_of_its_own_fields():
    result = Study.from_text(STUDY).run()
    tumour, told = result.tree["tumour"].to_dataset(), result.tree["summary"].to_dataset()
    deep = tumour["depth"].values >= 0.5 * tumour["depth"].values.max()
    volumes = tumour["cell_volume"].values * deep
    cells = tumour["cart"].values @ volumes
    np.testing.assert_allclose(tumour["core_cells"], cells, rtol=1e-12)
    numbers = result.summary()
    entry = numbers["reached_tumour"] / numbers["infused"]
    assert float(told["entry"]) == pytest.approx(entry, rel=1e-14)
    infused = numbers["infused"] / tumour["cell_volume"].values.sum()
    names = ("entry", "persistence", "penetration", "days")
    product = infused * np.prod([float(told[name]) for name in names])
    exposure = np.trapezoid(cells, tumour["time"].values) / volumes.sum()
    assert product == pytest.approx(exposure, rel=1e-12)


def test_cells_put_into_the_tissue_leave_them_out():
    text = STUDY.replace(DOSE, f'{DOSE}\nroute = "intratumoural"')
    assert "entry" not in Study.from_text(text).run().tree["summary"].variables


def test_cells_that_come_through_the_rim_leave_them_out():
    rim = {"type": "fixed_value", "value": "1e3 cells/mm^3"}
    result = Study.from_text(STUDY, settings={"fields.cart.boundaries.rim": rim}).run()
    assert "entry" not in result.tree["summary"].variables


def test_blood_as_given_leaves_them_out(tmp_path):
    """What its vessels hand over is what counts as infused, so that all of it came in."""
    (tmp_path / "blood.csv").write_text("day,cart\n0,10\n2,10\n")
    body = '[body]\nname = "mouse_28g"\n[trafficking]\nname = "khot2019"\n'
    settings = {
        "tumour.plasma_flow": "0.01 mL/min/mL",
        "tumour.egress_rate": "0.5 1/day",
        "tumour.blood": {
            "course": "blood.csv",
            "time": "day",
            "value": {"cart": "cart"},
            "unit": "cells/uL",
            "capture": 0.01,
            "haematocrit": 0.45,
        },
    }
    alone = STUDY.replace(DOSE, "").replace(body, "").replace('host = "flank"\n', "")
    result = Study.from_text(alone, folder=tmp_path, settings=settings).run()
    assert float(result.tree["exchange"]["cumulative_inflow"][-1, 0]) > 0
    assert "entry" not in result.tree["summary"].variables


def test_cell_days_are_those_of_a_run_saved_often():
    """What has left over its rate is right however seldom is saved; a mean shows what was more."""
    inert = {"kinetics": {"models": ["none"]}}
    often, seldom = (
        Study.from_text(STUDY, settings={"time": {"end": "8 days", "every": every}, **inert}).run()
        for every in ("15 min", "8 days")
    )
    tree = often.tree
    inside = tree["balance/in_tumour"].values.sum(axis=1)
    exact = np.trapezoid(inside, tree["time"].values)
    for one in (often, seldom):
        assert cell_days(one.tree["exchange"].to_dataset())[-1] == pytest.approx(exact, rel=1e-3)
    told = {name: str(endpoint_lines(one.tree)) for name, one in (("o", often), ("s", seldom))}
    assert "too far apart" in told["s"]
    mean = float(told["s"].split("more between saved times, ")[1].split()[0])
    assert mean == pytest.approx(exact / 8, rel=1e-3)
    assert "more between" not in told["o"]
    assert "cell-days in 8 days" in told["o"]


def test_an_infusion_counts_from_its_start():
    text = STUDY.replace(DOSE, f'{DOSE}\nduration = "2 h"')
    assert float(Study.from_text(text).run().tree["summary"]["days"]) == 1.0


def test_where_not_all_leave_alike_cell_days_are_unknown():
    for settings in ({"tumour.egress_region": "rim"}, {"tumour.egress_rate": "0 1/day"}):
        exchange = Study.from_text(STUDY, settings=settings).run().tree["exchange"].to_dataset()
        assert cell_days(exchange) is None

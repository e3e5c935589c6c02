"""Several tumours that share a body: against one tumour, closed forms, and one stiff system."""

import numpy as np
import pytest
from scipy.linalg import expm
from studies import DOSE, GROWING, MOVING, study

from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.organs.run import integrate
from cartflow.results.result import load_result
from cartflow.results.several import several_time_error
from cartflow.results.time_error import numbers_with_error
from cartflow.study.study import Study

ROD = '[geometry]\nshape = "cylinder"\nradius = "1 mm"\nlength = "{} mm"\ncells = 6'
KINETICS = '[kinetics]\nmodels = ["predator_prey"]'
FED = 'host = "flank"\nfeeding = "both"\nrim_share = 0.3'
FIXED = '[solver]\nfixed_step = true\ninitial_step = "0.01 day"'
TWO_DAYS = 'end = "0.5 day"\nevery = "0.25 day"'


def rods(length, tumours, *parts, solver=FIXED, time=TWO_DAYS, kinetics=KINETICS, doses=DOSE):
    """Return a study of rods as long, with the tables of `tumours`."""
    inside = "\n".join([ROD.format(length), kinetics, MOVING, GROWING])
    text = study(inside, tumours, *parts, solver, time=time, doses=doses)
    return Study.from_text(text)


def of(result, name):
    return result.tree[f"tumours/{name}"].to_dataset()


def largest(one, other):
    """Return how far two arrays are apart, relative to the largest number."""
    return np.nanmax(np.abs(one - other)) / np.nanmax(np.abs(other))


@pytest.fixture(scope="module")
def pair():
    return rods(1, f"[tumours]\n{FED}\n[tumours.left]\n[tumours.right]").run()


def test_two_alike_are_one_of_twice_the_length(pair):
    one = rods(2, f"[tumour]\n{FED}").run()
    for name in ("left", "right"):
        for field in ("cart", "tumour"):
            assert largest(of(pair, name)[field].values, one.tree[f"tumour/{field}"].values) < 1e-11
    for field in ("infused", "born", "died", "in_body", "in_tumour"):
        whole = one.tree[f"balance/{field}"].values
        assert largest(pair.tree[f"balance/{field}"].values, whole) < 1e-11
    came = one.tree["exchange/cumulative_inflow"].values
    for name in ("left", "right"):
        half = pair.tree[f"tumours/{name}/exchange/cumulative_inflow"].values
        assert largest(2 * half, came) < 1e-11


def test_each_of_three_alike_is_as_the_others():
    names = ("a", "b", "c")
    found = rods(1, f"[tumours]\n{FED}\n" + "\n".join(f"[tumours.{n}]" for n in names)).run()
    for name in names[1:]:
        first = of(found, names[0])["cart"].values
        assert largest(of(found, name)["cart"].values, first) < 1e-13
    whole = rods(3, f"[tumour]\n{FED}").run()
    assert largest(of(found, "c")["cart"].values, whole.tree["tumour/cart"].values) < 1e-11


def test_one_with_a_name_is_one_without():
    name = rods(1, f"[tumours]\n{FED}\n[tumours.flank]", solver="").run()
    none = rods(1, f"[tumour]\n{FED}", solver="").run()
    assert "tumours" not in name.tree.children
    for group in ("body", "tumour", "exchange", "balance"):
        for each, values in none.tree[group].data_vars.items():
            assert np.array_equal(name.tree[group][each], values, equal_nan=True), each


def test_beside_one_that_nothing_reaches_it_is_as_alone():
    """In turns beside another, as one system of equations by itself."""
    exact, blind = "[solver]\ntolerance = {}", 'plasma_flow = "1e-12 mL/min/mL"'
    alone = rods(1, f"[tumour]\n{FED}", solver=exact.format(1e-10)).run()
    tumours = f"[tumours]\n{FED}\n[tumours.seen]\n[tumours.unseen]\n{blind}"
    beside = rods(1, tumours, solver=exact.format(1e-8)).run()
    for field in ("cart", "tumour"):
        there = alone.tree[f"tumour/{field}"].values
        assert largest(of(beside, "seen")[field].values, there) < 1e-7
    assert of(beside, "unseen")["amount_cart"].max() < 1e-7 * alone.tree["tumour/amount_cart"].max()


def test_the_error_in_time_is_as_it_is_told():
    tumours = f'[tumours]\n{FED}\n[tumours.left]\n[tumours.right]\nhost = "liver"'
    study = rods(1, tumours, solver="[solver]\ntolerance = 1e-5", time=TWO_DAYS)
    run = study.prepared
    record = run.run()
    told, of_what = several_time_error(record, run)
    fine = study.with_settings({"solver.tolerance": 1e-9, "solver.maximum_step": "0.01 day"})
    truth = fine.prepared.run()
    errors = {}
    for name, part in run.parts.items():
        pairs = (numbers_with_error(run.record_of(name, each), part) for each in (record, truth))
        found, there = pairs
        errors |= {(name, key): abs(found[key] / there[key] - 1) for key in there if there[key]}
    assert told / 3 < max(errors.values()) < 3 * told, of_what


UNLIKE = """[tumours]
host = "flank"
[tumours.left]
plasma_flow = "0.4 mL/min/mL"
[tumours.right]
host = "liver"
retention = 3
[tumours.right.geometry]
radius = "0.6 mm"
"""


def test_what_comes_is_as_the_flows_say():
    """The whole is one linear system where nothing reacts, solved by its matrix exponential."""
    two = Study.from_text(
        study(
            ROD.format(1),
            UNLIKE,
            '[kinetics]\nmodels = ["none"]',
            "[solver]\ntolerance = 1e-10",
            time='end = "6 h"\nevery = "3 h"',
        )
    )
    found = two.run()
    vessels = {name: one.vessels() for name, one in two.tumours.items()}
    lumped = organ_network(two.body, two.trafficking, tumours=vessels, lumped=True)
    start = 1e6 * lumped.entry("intravenous")
    for place, time in enumerate(found.tree["time"].values):
        expected = expm(lumped.rates * time) @ start
        for name in ("left", "right"):
            cells = of(found, name)["amount_cart"].values[place]
            truth = expected[lumped.index(f"tumour_{name}_tissue")]
            assert cells == pytest.approx(truth, rel=1e-8, abs=1e-6)
        inside = [lumped.index(f"tumour_{n}_tissue") for n in vessels]
        body = expected.sum() - expected[lumped.index("lost")] - expected[inside].sum()
        assert float(found.tree["balance/in_body"][place, 0]) == pytest.approx(body, rel=1e-8)


MARROW = """[organs.bone_marrow.kinetics]
models = ["predator_prey"]
[organs.bone_marrow.initial]
tumour = "1e4 cells/mm^3"
"""


@pytest.fixture(scope="module")
def unlike():
    """A rod in the liver, voxels in the flank, kinetics in marrow, doses into one, events."""
    return Study.from_text(
        study(
            ROD.format(1),
            KINETICS,
            f"{MOVING}\n{GROWING}",
            MARROW,
            '[tumours]\nhost = "flank"\n[tumours.left]\nown_node = true\n',
            '[tumours.left.geometry]\nshape = "box"\nlengths = ["1 mm", "1 mm", "1 mm"]',
            "cells = [3, 3, 3]",
            '[tumours.left.kinetics]\nmodels = ["predator_prey_exhaustion"]',
            '[tumours.right]\nhost = "liver"',
            '[tumours.right.fields.tumour]\ninitial = "1e5 cells/mm^3"',
            '[[events]]\ntime = "6 h"',
            'set = { "tumours.left.kinetics.parameters.killing_rate" = "2 1/day" }',
            'remove = { fraction = 0.5, tumour = "left", region = "core" }',
            '[[events]]\nwhen = "tumour in right < 3.13e5 cells"',
            'multiply = { "tumours.right.plasma_flow" = 2 }',
            "[solver]\ntolerance = 1e-4",
            doses=f'{DOSE}\n[[doses]]\ncells = "2e5 cells"\nroute = "intratumoural"\n'
            'tumour = "right"\ntime = "3 h"\nduration = "1 h"',
            time='end = "18 h"\nevery = "6 h"',
        )
    )


@pytest.fixture(scope="module")
def run_of_unlike(unlike):
    return unlike.run()


def test_the_balance_of_all(run_of_unlike):
    tree = run_of_unlike.tree
    assert run_of_unlike.outcome.status == "finished"
    assert run_of_unlike.summary()["relative_residual"] < 1e-12
    assert tree.attrs["events"].count(" at ") == 2
    assert float(tree["balance/removed"][-1].sum()) > 0
    inside = sum(of(run_of_unlike, n)["amount_cart"] for n in ("left", "right"))
    total = tree["balance/in_tumour"].sel(phenotype="cart")
    assert np.allclose(inside, total, rtol=1e-12)
    assert "exhausted" not in of(run_of_unlike, "right")


def test_resumed_to_the_bit(unlike, run_of_unlike, tmp_path):
    def press(time, _):
        if time > 0.4:
            raise KeyboardInterrupt

    part = unlike.run(press)
    assert part.outcome.status == "interrupted"
    part.write(tmp_path / "part.nc")
    again = unlike.run(since=load_result(tmp_path / "part.nc"))
    for node in run_of_unlike.tree.subtree:
        for name, values in node.data_vars.items():
            there = again.tree[node.path][name]
            assert np.array_equal(values, there, equal_nan=values.dtype.kind == "f"), name


def test_unlike_tumours_against_one_stiff_system():
    """Tumours that stay well mixed are compartments of one system, solved at once."""
    two = Study.from_text(
        study(
            ROD.format(1).replace("cells = 6", "cells = 2"),
            KINETICS,
            GROWING,
            UNLIKE,
            "[solver]\ntolerance = 1e-8",
            time='end = "1 day"\nevery = "0.5 day"',
        ),
        settings={"tumours.right.kinetics": {"parameters": {"killing_rate": "1 1/h"}}},
    )
    found = two.run()
    vessels = {name: one.vessels() for name, one in two.tumours.items()}
    lumped = organ_network(two.body, two.trafficking, tumours=vessels, lumped=True)
    sites = [
        Site(
            compartment=f"tumour_{name}_tissue",
            initial={"tumour": 2e4},
            volume=each.volume,
            parameters=dict(two.tumours[name].kinetics.parameters),
        )
        for name, each in vessels.items()
    ]
    kinetics = OrganKinetics(
        organs=lumped, network=two.tumours["left"].kinetics, sites=tuple(sites)
    )
    truth = integrate(kinetics, list(two.prepared.tumours.doses), np.array([0.0, 0.5, 1.0]), 1e-11)
    for name in vessels:
        for species in ("cart", "tumour"):
            row = kinetics.row(species, f"tumour_{name}_tissue")
            expected = np.asarray(truth.states)[0, -1, row]
            assert of(found, name)[f"amount_{species}"][-1] == pytest.approx(expected, rel=1e-6)


def test_two_runs_joined_are_one(tmp_path):
    """What stands in the body and in each tumour is taken over from an earlier result."""
    tumours = f'[tumours]\n{FED}\n[tumours.left]\n[tumours.right]\nhost = "liver"'
    exact = "[solver]\ntolerance = 1e-8"
    whole = rods(1, tumours, solver=exact)
    whole.run().write(tmp_path / "whole.nc")
    start = {"result": str(tmp_path / "whole.nc"), "time": "6 h"}
    fields = {
        f"tumours.{name}.fields.{field}.initial": {**start, "tumour": name}
        for name in ("left", "right")
        for field in ("cart", "tumour")
    }
    settings = {"doses": [], "body.initial": start, "time.end": "6 h", **fields}
    second = whole.with_settings(settings).run()
    for name in ("left", "right"):
        for field in ("cart", "tumour"):
            there = load_result(tmp_path / "whole.nc").tree[f"tumours/{name}/{field}"].values[-1]
            assert largest(of(second, name)[field].values[-1], there) < 1e-6

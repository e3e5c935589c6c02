"""Kinetics in organs within a run: against one stiff solution of body, organs and tumour."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cartflow.cli import main
from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.stepping import StepControl
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.ledger import Ledger, residual
from cartflow.kinetics.files.load import load
from cartflow.kinetics.runs.ode import integrate as well_mixed
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.observables import in_body
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.organs.passing import OrganPassage
from cartflow.pbpk.organs.run import integrate
from cartflow.results.summary import summary_lines
from cartflow.study.sites import organ_kinetics
from cartflow.study.study import Study

MARROW = """
title = "Marrow disease"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[organs.bone_marrow.kinetics]
models = ["predator_prey_exhaustion"]
parameters = { killing_rate = { value = "1.5 1/day", source = "assumed", standing = "assumed" } }
[organs.bone_marrow.initial]
tumour = "1e4 cells/mm^3"
[time]
end = "4 days"
every = "1 day"
"""
TUMOUR = """
[tumour]
host = "flank"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 4
[kinetics]
models = ["predator_prey_exhaustion"]
[fields.cart]
diffusivity = "0.01 mm^2/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
"""
KILLING = {"killing_rate": "1.5 1/day"}


def both(settings=None, text=MARROW + TUMOUR):
    return Study.from_text(text, settings=settings)


def reference(of, times, tolerance=1e-9):
    """Return body, marrow and a well-mixed tumour as one system, at `times`."""
    vessels = of.vessels()
    organs = organ_network(
        *(load_part(of, name) for name in ("body", "trafficking")), tumour=vessels, lumped=True
    )
    sites = (
        Site(compartment="bone_marrow_tissue", initial={"tumour": 1e4}, parameters=KILLING),
        Site(compartment="tumour_tissue", initial={"tumour": 2e4}, volume=vessels.volume),
    )
    kinetics = OrganKinetics(organs=organs, network=of.kinetics, sites=sites)
    doses = list(of.simulation.coupled.doses)
    return integrate(kinetics, doses, times, tolerance)


def load_part(of, name):
    from cartflow.pbpk.files.load import load_body, load_trafficking

    load_it = {"body": load_body, "trafficking": load_trafficking}[name]
    return load_it(getattr(of.table, name).name)


def compared(of, state, runs, last=-1):
    """Return marrow, tumour and blood of a state, relative to the reference's."""
    kinetics, volume = runs.kinetics, of.geometry.volume
    coupled = of.simulation.coupled
    marrow = kinetics.organs.index("bone_marrow_tissue")
    exact = {
        name: runs.states[0, last, kinetics.row(*where)]
        for name, where in {
            "cells in marrow": ("cart", "bone_marrow_tissue"),
            "exhausted in marrow": ("exhausted", "bone_marrow_tissue"),
            "disease": ("tumour", "bone_marrow_tissue"),
            "cells in tumour": ("cart", "tumour_tissue"),
            "tumour": ("tumour", "tumour_tissue"),
            "blood": ("cart", "venous"),
        }.items()
    }
    assert coupled.network.names.index("bone_marrow_tissue") == marrow
    names = coupled.engine.problem.network.species_names
    total = dict(zip(names, state.tumour.mean(axis=1) * volume, strict=True))
    found = {
        "cells in marrow": state.body[marrow, coupled.product_names.index("cart")],
        "exhausted in marrow": state.body[marrow, coupled.product_names.index("exhausted")],
        "disease": state.residents[0, coupled.organs.others.index("tumour")],
        "cells in tumour": total["cart"],
        "tumour": total["tumour"],
        "blood": state.body[coupled.network.index("venous"), 0],
    }
    return {name: abs(found[name] / exact[name] - 1.0) for name in exact}


def balanced(record, system):
    """Check the balance and the sign of everything at every saved time."""
    for state in record.states:
        gap = residual(
            state.ledger,
            in_body(system.network, state.body),
            system.in_tumour(state.tumour),
            np.zeros(len(system.product_names)),
        )
        turnover = state.ledger.infused.sum() + state.ledger.born.sum()
        assert np.abs(gap).max() <= 1e-10 * turnover
        assert state.body.min() >= 0
        assert state.residents.min() >= 0
        assert abs(state.ledger.converted.sum()) <= 1e-10 * turnover
    return record


def test_a_uniform_tumour_and_marrow_are_one_stiff_system():
    of = both({"solver.tolerance": 1e-8})
    record = balanced(of.simulation.run(), of.simulation.coupled)
    assert record.outcome.status == "finished"
    runs = reference(of, np.linspace(0, 4, 5))
    for name, error in compared(of, record.states[-1], runs).items():
        assert error < 1e-6, name
    last = record.states[-1].ledger
    coupled = of.simulation.coupled
    rows = [runs.kinetics.products.index(name) for name in coupled.product_names]
    np.testing.assert_allclose(last.born, runs.born()[0, -1][rows], rtol=1e-6)
    np.testing.assert_allclose(last.died, runs.died()[0, -1][rows], rtol=1e-6)
    np.testing.assert_allclose(last.converted, runs.converted()[0, -1][rows], rtol=1e-6)
    assert last.born[0] > 1e4


def test_the_coupling_is_of_second_order():
    of = both({"doses": [], "fields.cart.initial": "500 cells/mm^3"})
    runs = one_run_from_cells_in_the_tumour(of)
    errors = []
    for steps in (32, 64):
        control = StepControl(fixed=True, initial_step=1.0 / steps, maximum_step=1.0)
        record = replace(of.simulation, control=control, save_times=(0.0, 1.0)).run()
        errors.append(compared(of, record.states[-1], runs))
    for name in ("disease", "cells in marrow", "cells in tumour", "tumour"):
        assert np.log2(errors[0][name] / errors[1][name]) >= 1.9, (name, errors)


def one_run_from_cells_in_the_tumour(of):
    runs = reference(of, [0.0, 1.0])
    kinetics = runs.kinetics
    sites = tuple(
        replace(s, initial={**s.initial, "cart": 500.0}) if s.compartment[:2] == "tu" else s
        for s in kinetics.sites
    )
    return integrate(replace(kinetics, sites=sites), [], [0.0, 1.0], 1e-10)


def test_where_nothing_reacts_it_is_the_run_without():
    i, j = MARROW.index("models ="), MARROW.index("[time]")
    quiet = MARROW[:i] + 'models = ["none"]\n' + MARROW[j:]
    first = both(text=quiet + TUMOUR).run().tree
    i, j = MARROW.index("[organs"), MARROW.index("[time]")
    plain = Study.from_text(MARROW[:i] + MARROW[j:] + TUMOUR).run().tree
    one, other = (t["body/cells"].sel(phenotype="cart").fillna(0) for t in (first, plain))
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)


def test_the_body_alone_is_the_stiff_solution():
    of = Study.from_text(MARROW, settings={"solver.tolerance": 1e-8})
    alone = of.prepared
    assert isinstance(alone, BodyAlone)
    record = balanced(alone.run(), alone)
    runs = integrate(alone.kinetics, list(alone.doses), np.linspace(0, 4, 5), 1e-8)
    for number, state in enumerate(record.states):
        expected = runs.cells()[0, number, 0]
        inside = expected * [bool(c.organ) for c in alone.network.compartments]
        np.testing.assert_allclose(state.body[:, 0], inside, rtol=1e-6, atol=1e-3)
        np.testing.assert_allclose(state.ledger.died, runs.died()[0, number], rtol=1e-6, atol=1e-3)


def closed(volume=7.0):
    """Return a body in which the marrow is cut off from the blood."""
    names = ("venous", "marrow", "lost", "handed_over")
    compartments = tuple(
        Compartment(
            name=name,
            organ=name if volume_ else "",
            space="tissue" if volume_ else "",
            volume=volume_,
        )
        for name, volume_ in zip(names, (volume, volume, 0.0, 0.0), strict=True)
    )
    return OrganNetwork(compartments=compartments, rates=np.zeros((4, 4)), parameters={})


@pytest.mark.parametrize(
    ("model", "initial"),
    [
        ("liu2022", {"tumour": 2200.24, "cart_inactive": 16.46}),
        ("predator_prey_exhaustion", {"tumour": 1e4, "cart": 1e3}),
        ("effector_memory_exhausted", {"tumour": 1e4}),
    ],
)
def test_a_marrow_without_flow_is_the_well_mixed_model(model, initial):
    network = load(model)
    first = next(s.name for s in network.species if s.role == "phenotype")
    initial = {first: 1e3, **initial}
    kinetics = OrganKinetics(
        organs=closed(), network=network, sites=(Site(compartment="marrow", initial=initial),)
    )
    times = (0.0, 1.0, 3.0, 10.0)
    alone = BodyAlone(
        network=closed(), kinetics=kinetics, doses=(), save_times=times, tolerance=1e-11
    )
    record = balanced(alone.run(), alone)
    found = [alone.organs.densities(s.body, s.residents)[0] for s in record.states]
    expected = well_mixed(network, initial, np.array(times), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9)


def test_a_supply_that_changes_is_taken_as_it_changes():
    of = Study.from_text(MARROW)
    quiet = OrganKinetics(
        organs=of.organs, network=load("none"), sites=(Site(compartment="bone_marrow_tissue"),)
    )
    organs = ActingOrgans(
        network=of.organs, products=quiet.products, kinetics=quiet, tolerance=1e-10
    )
    cells, residents = organs.start()
    supply, final = np.zeros_like(cells), np.zeros_like(cells)
    supply[of.organs.draining], final[of.organs.draining] = 3e5, 1e5
    step = organs.step(cells, residents, 0.4, supply, final)
    exact = NetworkStepper(network=of.organs).step(cells, 0.4, supply, final)
    lost = of.organs.index("lost")
    assert step.lost == pytest.approx(exact[lost], rel=1e-8)
    exact[lost] = 0.0
    np.testing.assert_allclose(step.cells, exact, rtol=1e-8, atol=1e-6)
    assert step.cells.sum() + step.lost.sum() == pytest.approx(0.4 * 2e5, rel=1e-13)


def test_infusions_split_doses_and_cells_at_the_start_are_counted():
    of = Study.from_text(
        MARROW,
        settings={
            "doses": [
                {"cells": "1e6 cells", "duration": "0.5 day", "time": "0.25 day"},
                {"cells": "2e6 cells", "time": "1 day", "split": [0.5, 0.5], "interval": "1 day"},
            ],
            "organs.bone_marrow.initial.exhausted": "10 cells/mm^3",
        },
    )
    record = balanced(of.prepared.run(), of.prepared)
    infused = [s.ledger.infused[0] for s in record.states]
    np.testing.assert_allclose(infused, [0, 2e6, 3e6, 3e6, 3e6], rtol=1e-13)
    volume = of.prepared.kinetics.volumes[0]
    assert record.states[0].ledger.infused[1] == pytest.approx(10 * volume)


def test_the_result_holds_organs_balance_and_provenance(tmp_path, capsys):
    path = tmp_path / "marrow.toml"
    path.write_text(MARROW)
    out = tmp_path / "marrow.nc"
    assert main(["run", str(path), "--out", str(out)]) == 0
    assert "bone_marrow_tissue, tumour: 1e+04 cells/mm3 at the start" in capsys.readouterr().out
    tree = xr.open_datatree(out)
    assert set(tree.children) == {"body", "balance", "parameters"}
    density = tree["body/density_tumour"]
    assert density.dims == ("time", "site")
    assert density.attrs["units"] == "mm-3"
    # The cells of an organ's table are those of its densities.
    exhausted = tree["body/density_exhausted"][-1, 0] * tree["body/site_volume"][0]
    counted = tree["body/cells"].sel(organ="bone_marrow", phenotype="exhausted", space="tissue")
    assert float(exhausted) == pytest.approx(float(counted[-1]), rel=1e-12)
    rate = tree["parameters/organs_bone_marrow_kinetics_killing_rate"]
    assert (float(rate), rate.attrs["source"]) == (1.5, "assumed")
    assert tree["parameters/organs_bone_marrow_kinetics_growth_rate"].attrs["source"]
    assert float(tree["parameters/organs_bone_marrow_initial_tumour"]) == 1e4
    # As is the volume of the mouse's marrow that it is part of.
    assert tree["parameters/organs_bone_marrow_volume"].attrs["standing"] == "assumed"
    tree.close()
    figure = tmp_path / "marrow.png"
    assert main(["plot", str(out), "--out", str(figure)]) == 0
    assert figure.stat().st_size > 20_000
    assert main(["cite", str(path)]) == 0
    for command in (
        ["compare", str(path), "--bodies", "rat_250g", "--out", str(tmp_path / "c.nc")],
        ["sensitivity", str(path), "--out", str(tmp_path / "s.nc")],
        ["show", "geometry", str(path)],
    ):
        assert main(command) == 2
        assert "key 'tumour' is missing" in capsys.readouterr().err


def test_both_are_in_one_result(tmp_path):
    result = both().run()
    tree = result.tree
    assert {"tumour", "exchange", "body"} <= set(tree.children)
    assert result.summary()["relative_residual"] < 1e-10
    lines = "\n".join(summary_lines(tree))
    assert "entered it from the body" in lines
    assert "organs        bone_marrow_tissue, tumour" in lines
    result.write(tmp_path / "both.nc")
    figure = tmp_path / "both.png"
    assert main(["plot", str(tmp_path / "both.nc"), "--out", str(figure)]) == 0


def test_a_run_that_is_interrupted_keeps_its_last_state():
    # Infusions make steps end between the saved times.
    body = Study.from_text(MARROW, settings={"doses.0.duration": "36 h"}).prepared
    record = body.run(lambda time, _: None)
    whole = {s.time: s for s in record.states}

    def watch(time, step):
        if time == 1.5:
            raise KeyboardInterrupt

    record = body.run(watch)
    assert str(record.outcome) == "interrupted: by the user at t = 1.5 day"
    assert [s.time for s in record.states] == [0.0, 1.0, 1.5]
    assert record.states[1].body == pytest.approx(whole[1.0].body)
    last = record.states[-1]
    assert last.ledger.infused.sum() == pytest.approx(1e6, rel=1e-12)
    gap = residual(last.ledger, in_body(body.network, last.body), 0.0, 0.0).sum()
    assert abs(gap) <= 1e-10 * last.ledger.infused.sum()


def test_a_run_that_fails_says_so_and_keeps_what_it_has(monkeypatch):
    of = Study.from_text(MARROW)
    through = OrganPassage.through

    def fail(self, state, lengths, *given):
        # Any step after the first from one saved time to the next.
        found = through(self, state, lengths[:1], *given)
        return replace(found, failure=StepFailed("body", "too fast"))

    monkeypatch.setattr(OrganPassage, "through", fail)
    result = of.run()
    assert str(result.outcome) == "stopped: body: too fast at t = 1 day"
    assert result.tree.sizes["time"] == 2


INFUSED = MARROW.replace('cells = "1e6 cells"', 'cells = "1e6 cells"\nduration = "5 h"', 1).replace(
    'every = "1 day"', 'every = "2 h"'
)


def test_what_is_passed_in_one_run_is_what_is_kept_one_time_after_the_other():
    alone, kept = Study.from_text(INFUSED).prepared, []
    whole = alone.run()
    stepwise = alone.run(keep=lambda make: kept.append(make()))
    assert len(kept) >= len(whole.states) - 1
    for record in (stepwise, alone.run(since=kept[7]), alone.run(since=kept[30])):
        assert record.accepted_steps == whole.accepted_steps
        for one, other in zip(record.states, whole.states, strict=True):
            assert one.time == other.time
            for name in ("body", "residents", "carried"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
            for name in Ledger.__annotations__:
                mine, theirs = getattr(one.ledger, name), getattr(other.ledger, name)
                np.testing.assert_array_equal(mine, theirs)


def test_saved_times_add_only_the_steps_that_end_there():
    few = Study.from_text(INFUSED, settings={"time.every": "4 days"}).prepared.run()
    many = Study.from_text(INFUSED).prepared.run()
    # No step begins anew: two more end at most in each of the 48 times, one of them halved.
    assert few.accepted_steps < many.accepted_steps <= few.accepted_steps + 2 * 48
    last, other = few.states[-1], many.states[-1]
    np.testing.assert_allclose(other.residents, last.residents, rtol=1e-5)
    np.testing.assert_allclose(other.body, last.body, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("tolerance", [1e-5, 1e-7])
def test_many_saved_times_are_as_near_to_the_stiff_solution(tolerance):
    alone = Study.from_text(INFUSED, settings={"solver.tolerance": tolerance}).prepared
    exact = integrate(alone.kinetics, list(alone.doses), alone.save_times, 1e-11)
    states = alone.run().states
    marrow = alone.network.index("bone_marrow_tissue")
    for number in range(1, len(states)):
        expected = exact.cells()[0, number, 0, marrow]
        assert abs(states[number].body[marrow, 0] / expected - 1.0) < 100 * tolerance


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"organs.marow.kinetics.models": ["none"]}, "organs: unknown name 'marow'"),
        (
            {"organs": {"marow": {"kinetics": {"models": ["none"]}}}},
            "organs: unknown name 'marow'.*did you mean 'bone_marrow'",
        ),
        ({"organs": {"tumour": {"kinetics": {"models": ["none"]}}}}, r"stand in \[kinetics\]"),
        ({"organs.bone_marrow.space": "cavity"}, "organs.bone_marrow.space.*'cavity'"),
        (
            {"organs": {"venous": {"space": "tissue", "kinetics": {"models": ["none"]}}}},
            "organs.venous.space: has no effect",
        ),
        ({"trafficking.name": "ganusov2014"}, "space: 'tissue'; with this .* it has: vascular"),
        ({"organs.bone_marrow.initial.tumor": "1 cells/mm^3"}, "initial: unknown name 'tumor'"),
        ({"organs.bone_marrow.initial.tumour": "1 mm"}, "initial.tumour: '1 mm' has the dim"),
        ({"organs.bone_marrow.initial.tumour": "-1 cells/mm^3"}, "initial.tumour.*below 0"),
        ({"organs.bone_marrow.volume": "3 mm"}, "organs.bone_marrow.volume: '3 mm' has the dim"),
        ({"organs.bone_marrow.kinetics.parameters": {"kill": 1}}, "bone_marrow.kinetics.*'kill'"),
        ({"organs.bone_marrow.kinetics.models": ["il6_release"]}, "a solute, which blood"),
        ({"organs.bone_marrow.kinetics.models": ["kimmel2021"]}, "its rate holds for the whole"),
        ({"organs.bone_marrow.kinetics.models": ["stein2019"]}, "stein2019.*whole body"),
        ({"organs.bone_marrow.kinetics.models": ["predatorprey"]}, "did you mean 'predator_prey'"),
        ({"organs": {}, "tumour.host": "flank"}, r"key 'geometry' is missing; a tumour needs"),
        ({"organs": {}, "solver.tolerance": 1e-5}, "tolerance: has no effect in .*steps are exact"),
        ({"organs": {}, "doses.0.phenotype": "a b"}, "species.a b: 'a b' is not a name"),
        ({"kinetics.models": ["none"]}, "key 'tumour' is missing"),
        ({"fields.cart.initial": "1 cells/mm^3"}, "fields: has no effect in a study without"),
        ({"solver.tolerance": 5}, r"tolerance 5 is not within \(0, 0\.1\]"),
        ({"solver.engine": "fipy"}, "solver.engine: has no effect.*allowed: tolerance"),
        ({"doses.0.route": "intratumoural"}, "doses.0.route: 'intratumoural' is for a study with"),
        ({"doses.0.phenotype": "exhausted"}, "doses.0.phenotype: unknown name 'exhausted'"),
    ],
)
def test_what_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        _ = Study.from_text(MARROW, settings=settings).prepared


def test_what_travels_must_be_at_home_in_the_tumour():
    settings = {
        "organs": {"bone_marrow": {"kinetics": {"models": ["liu2022"]}}},
        "kinetics.models": ["predator_prey"],
    }
    with pytest.raises(InputError, match="'cart_inactive' travels and would enter the tumour"):
        _ = both(settings).prepared


def test_a_species_has_one_role_in_organs_and_tumour():
    of = both()
    roles = {"cart": "phenotype", "exhausted": "phenotype", "tumour": "resident"}
    other = replace(
        of.kinetics,
        species=tuple(replace(s, role=roles[s.name]) for s in of.kinetics.species),
    )
    with pytest.raises(InputError, match=r"'exhausted' is a product .* but a phenotype"):
        organ_kinetics(of.table.organs, of.organs, lambda _: of.kinetics, other)


def test_products_must_be_known():
    of = Study.from_text(MARROW)
    with pytest.raises(InputError, match="product 'exhausted' is not among"):
        ActingOrgans(network=of.organs, products=("cart",), kinetics=of.organ_kinetics)


@pytest.mark.parametrize(
    ("route", "organ"), [("hepatic_artery", "liver"), ("intrapleural", "pleura")]
)
def test_other_routes_work_without_a_tumour(route, organ):
    of = Study.from_text(MARROW, settings={"doses.0.route": route, "body.name": "human_male"})
    if organ == "pleura":
        of = Study.from_text(MARROW, settings={"doses.0.route": route})
    cells = of.run().tree["body/cells"].sel(organ=organ, phenotype="cart")
    assert float(cells[0].sum()) == 1e6


def test_the_reference_engine_gives_the_same():
    settings = {"solver.tolerance": 1e-5, "time.end": "1 day", "time.every": "1 day"}
    fast, fipy = (
        both({**settings, "solver.engine": engine}).run().require_finished().tree["body"]
        for engine in ("fast", "fipy")
    )
    for name in ("density_cart", "density_exhausted", "density_tumour"):
        np.testing.assert_allclose(fipy[name][-1], fast[name][-1], rtol=2e-4)


def test_what_only_the_tumour_knows_passes_through_organs():
    of = both(
        {
            "kinetics.models": ["liu2022"],
            "organs.bone_marrow.kinetics": {"models": ["predator_prey"]},
            "organs.spleen": {
                "kinetics": {"models": ["predator_prey"], "parameters": {"death_rate": "1 1/day"}},
                "space": "vascular",
                "volume": "20 mm^3",
            },
            "doses": [
                {"cells": "1e6 cells", "phenotype": name} for name in ("cart", "cart_inactive")
            ],
        }
    )
    record = balanced(of.simulation.run(), of.simulation.coupled)
    assert of.organ_kinetics.phenotypes == ("cart", "cart_inactive")
    assert of.simulation.coupled.product_names == ("cart", "cart_inactive")
    passive = record.states[-1].body[:, 1].sum() + record.states[-1].ledger.inflow[1]
    assert passive > 0
    # In the body nothing makes cells that only pass.
    alone = Study.from_text(
        MARROW,
        settings={
            "organs.bone_marrow.kinetics": {"models": ["liu2022"]},
            "organs.bone_marrow.initial": {},
            "doses.0.phenotype": "cart_inactive",
        },
    ).prepared
    last = balanced(alone.run(), alone).states[-1].ledger
    assert last.born.sum() == 0

"""Every benchmark runs in miniature and returns what its table needs; no seconds are asserted."""

import importlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)

from benchmarks import figure, kpp, machine, run, table  # noqa: E402
from benchmarks.curves import Curve, Point, fitted_order, ratios, relative_l2  # noqa: E402

TOLERANCES = (1e-2, 1e-3)


def curve(pairs, **more):
    points = tuple(Point(setting=f"{s}", error=e, seconds=s) for e, s in pairs)
    return Curve(solver="x", how="", points=points, **more)


def test_time_at_an_error_lies_between_runs():
    runs = curve([(1e-1, 1.0), (1e-3, 100.0), (2e-3, 500.0)])
    assert runs.seconds_at(1e-2)[0] == pytest.approx(10.0)
    assert runs.seconds_at(0.5)[0] == 1.0
    assert runs.seconds_at(1e-4) is None


def test_a_curve_is_continued_by_its_order():
    runs = curve([(1e-1, 1.0), (1e-2, 10.0)], order=1.0)
    assert runs.seconds_at(1e-4)[0] == pytest.approx(1000.0)
    assert "order 1" in runs.seconds_at(1e-4)[1]


def test_ratio_takes_the_fastest_peer():
    ours, slow, fast = (curve([(1e-5, seconds)]) for seconds in (1.0, 50.0, 20.0))
    assert ratios(ours, [slow, fast])["1e-03"] == 20.0
    assert ratios(ours, [])["1e-03"] is None


def test_orders_and_norms():
    assert fitted_order([0.4, 0.2, 0.1], [16.0, 4.0, 1.0]) == pytest.approx(2.0)
    wanted = np.array([[3.0, 4.0], [1.0, 0.0]])
    assert relative_l2(wanted + np.array([[0.0], [0.5]]), wanted) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_peer_scheme_is_first_order_and_its_limit_is_the_reference(dimensions):
    case = kpp.Kpp(dimensions=dimensions, cells=32, length=50.0, end=3.0)
    limit, doubt = case.limit(60)
    assert doubt < 1e-5
    errors = [
        relative_l2(case.backward_euler([dt] * round(case.end / dt)).ravel(), limit.ravel())
        for dt in (0.02, 0.01, 0.005)
    ]
    assert fitted_order((0.02, 0.01, 0.005), errors) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("name", ["kpp_2d", "kpp_3d"])
def test_fisher_kpp(name):
    module = importlib.import_module(f"benchmarks.{name}")
    found = module.run(cells=16, end=1.0, tolerances=TOLERANCES, peers=("fipy",))
    errors = [point["error"] for point in found["curves"][0]["points"]]
    assert errors[-1] < 1e-2
    assert set(found["ratios"]) == {"FiPy"}
    reported(name, found)


@pytest.mark.slow
def test_py_pde():
    if find_spec("pde") is None or "py-pde" not in machine.describe()["versions"]:
        pytest.skip("py-pde is not installed; it comes with cartflow[bench]")
    case = kpp.Kpp(dimensions=2, cells=16, end=1.0)
    limit, _ = case.limit(50)
    error = lambda state: relative_l2(case.part(state).ravel(), limit.ravel())  # noqa: E731
    runge_kutta, euler = kpp.py_pde_curves(case, error, tolerances=(1e-4,), shares=(0.5,))
    assert min(p.error for p in runge_kutta.points) < 1e-3
    assert all(np.isfinite(p.error) for p in euler.points)


def test_line_equation_takes_the_reference_engines_steps():
    from benchmarks import radial
    from benchmarks.line_equation import equivalent
    from cartflow.pde.reference.fipy_engine import FipyEngine

    stated, state = radial.problem(15)
    one, other = equivalent(stated), FipyEngine(stated)
    for dt in (0.01, 0.2, 0.5):
        rates = [engine.right_hand_side(state) for engine in (one, other)]
        scale = np.abs(rates[1]).max(axis=1, keepdims=True) + 1e-300
        assert np.max(np.abs(rates[0] - rates[1]) / scale) < 1e-12
        wanted, _ = other.step(state, dt)
        state, _ = one.step(state, dt)
        assert relative_l2(state + 1e-12, wanted + 1e-12) < 1e-11


def test_radial():
    from benchmarks import radial

    found = radial.run(shells=20, end=0.5, tolerances=TOLERANCES, steps=(0.1, 0.05, 0.025))
    assert {c["solver"] for c in found["curves"]} >= {"cartflow", "FipyEngine"}
    reported("radial", found)


def test_mask_3d():
    from benchmarks import mask_3d

    found = mask_3d.run(coarsen=8, end=0.5, tolerances=TOLERANCES, steps=(0.1, 0.05), coarser=2)
    if "skipped" in found:
        pytest.skip(found["skipped"])
    reported("mask_3d", found)


def test_mask_3d_says_why_it_is_left_out(monkeypatch, tmp_path):
    from benchmarks import mask_3d

    monkeypatch.setenv("CARTFLOW_DATA", str(tmp_path))
    found = mask_3d.run()
    assert "absent" in found["skipped"]
    reported("mask_3d", found)


def test_tissue_oxygen():
    from benchmarks import tissue_oxygen

    found = tissue_oxygen.run(
        cells=8, large=10, end=0.02, tolerances=TOLERANCES, explicit=(1e-2,), reference=1e-5
    )
    assert set(found["ratios"]) == {"explicit, box", "explicit, mask"}
    # Two methods have one limit.
    for curve in found["curves"]:
        assert curve["points"][-1]["error"] < 1e-3
    reported("tissue_oxygen", found)


def test_biofvm_is_left_out_where_it_is_not(monkeypatch):
    from benchmarks import biofvm

    monkeypatch.delenv("CARTFLOW_BIOFVM", raising=False)
    assert "CARTFLOW_BIOFVM names no folder" in biofvm.run()["skipped"]


def test_scaling():
    from benchmarks import scaling

    found = scaling.run(sizes=(8, 12), steps=2, mesh_limit=8, budget=np.inf)
    assert [row["cells"] for row in found["rows"]] == [512, 1728]
    assert found["rows"][0]["mesh"]["seconds"] > 0
    reported("scaling", found)


def test_bandwidth():
    from benchmarks import bandwidth

    found = bandwidth.run(cells=16, copied=1, repeats=2)
    assert {row["what"] for row in found["rows"]} >= {"copy", "stencil"}
    reported("bandwidth", found)


def test_streaming_stencil_equals_the_plain_one():
    from benchmarks import stencil

    shape = (5, 6, 16)
    u, one, two = (stencil.aligned(np.prod(shape)) for _ in range(3))
    u[:] = np.random.default_rng(0).random(u.size)
    stencil.plain(u.reshape(shape), one.reshape(shape), 0.4, 0.1)
    stencil.stream(u, two, np.array(shape), 0.4, 0.1)
    inner = (slice(1, -1),) * 3
    assert two.reshape(shape)[inner] == pytest.approx(one.reshape(shape)[inner], rel=1e-14)


def test_start():
    from benchmarks import start

    found = start.run(repeats=1)
    assert found["loaded"] == {"import cartflow": [], "cartflow --help": []}
    reported("start", found)


def test_mouse_flank():
    from benchmarks import mouse_flank

    found = mouse_flank.run(days=(0.02,), shares=3)
    assert found["rows"][0]["seconds"] > 0
    reported("mouse_flank", found)


def test_cohort(monkeypatch):
    monkeypatch.setenv("CARTFLOW_BESIDE", ROOT)
    case = importlib.import_module("benchmarks.cohort").run(
        members=3, looped=1, tolerances=(1e-2,), exact=1e-3
    )
    assert [row["build"] for row in case["rows"]] == ["this", "beside"]
    # The other build is this one, so that errors are equal.
    assert case["rows"][0]["error"] == case["rows"][1]["error"] < 1e-2
    assert case["finished"] == 3
    assert case["largest_residual"] < 1e-10
    assert table.markdown({"machine": machine.describe(), "cases": {"cohort": case}})


def test_human_brain(monkeypatch):
    case = importlib.import_module("benchmarks.human_brain")
    monkeypatch.setenv("CARTFLOW_BESIDE", ROOT)
    phantom = {"shape": "phantom", "volume": "40 mm^3", "spacing": "1 mm"}
    found = case.run(place=phantom, end=0.02, tolerances=(1e-2,), exact=1e-4)
    this, other = found["rows"]
    assert (this["build"], other["build"]) == ("this", "beside")
    # The other build is this one, so that errors are equal.
    assert 0 < this["largest_error"] == other["largest_error"] < 1e-2
    reported("human_brain", found)


def test_human_brain_says_why_it_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv("CARTFLOW_DATA", str(tmp_path))
    found = importlib.import_module("benchmarks.human_brain").run()
    assert "absent" in found["skipped"]
    reported("human_brain", found)


def test_a_failing_case_is_told_and_the_report_is_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "run_case", lambda name: {"title": "", "failed": "no luck"})
    out = tmp_path / "report.json"
    assert run.main(["start", "--json", str(out), "--markdown", str(tmp_path / "t.md")]) == 1
    assert json.loads(out.read_text())["cases"]["start"]["failed"] == "no luck"
    assert "no luck" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run.main(["strat"])


def test_tables_replace_only_what_stands_below_the_mark(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{run.MARK}\n\nold\n")
    run.write_tables(page, "new\n")
    assert page.read_text() == f"# Title\n\n{run.MARK}\n\nnew\n"


def test_figure(tmp_path):
    runs = curve([(1e-2, 1.0), (1e-3, 3.0)]).as_dict()
    case = {"title": "t", "end_time": "1 day", "curves": [runs]}
    figure.draw({"cases": {"kpp_2d": case, "start": {}}}, tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 0


def reported(name, found):
    report = json.loads(json.dumps({"machine": machine.describe(), "cases": {name: found}}))
    assert f"## {name}" in table.markdown(report)

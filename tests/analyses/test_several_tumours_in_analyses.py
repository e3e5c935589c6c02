"""What analyses make of a study of several tumours: a sweep has each, others refuse by name."""

import numpy as np
import pytest
from studies import DOSE, GROWING, MOVING, study

from cartflow.analyses.compare import compare
from cartflow.analyses.derivatives.run import run_with_derivatives
from cartflow.analyses.fit.sources.study import study_source
from cartflow.analyses.refinement.refine import refine
from cartflow.analyses.sensitivity import sensitivity
from cartflow.analyses.sweep.run import sweep
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.result import load_result
from cartflow.results.view.shown import each_tumour
from cartflow.study.study import Study

TEXT = study(
    '[tumours]\nhost = "flank"\n[tumours.left]\n[tumours.right]',
    '[tumours.right.geometry]\nradius = "0.5 mm"',
    '[geometry]\nshape = "ball"\nradius = "1 mm"\ncells = 4',
    '[kinetics]\nmodels = ["predator_prey"]',
    f"{MOVING}\n{GROWING}",
    "[solver]\ntolerance = 1e-3",
    time='end = "2 h"\nevery = "1 h"',
    doses=DOSE,
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


REFUSED = {
    "compare": lambda path: compare(path, ["mouse_28g", "human_male"]),
    "sensitivity": sensitivity,
    "derivatives": lambda path: run_with_derivatives(path, ["doses.0.cells"]),
    "refine": refine,
    "fit": lambda path: study_source(path, {}, True),
    "with_field": lambda path: Study.from_file(path).with_field("cart", initial=np.zeros(4)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_tumour_is_asked_for(name, path):
    with pytest.raises(InputError, match="this takes studies of one tumour, and there are left, "):
        REFUSED[name](path)


def test_a_sweep_keeps_what_each_comes_to(path):
    key = "tumours.left.plasma_flow"
    found = sweep(
        path,
        {key: ["0.2 mL/min/mL", "0.4 mL/min/mL"]},
        workers=1,
        courses=["left_in_tumour", "right_in_tumour"],
    )
    for place, flow in enumerate(("0.2 mL/min/mL", "0.4 mL/min/mL")):
        one = Study.from_file(path, {key: flow}).run().summary()
        for name in ("left", "right"):
            for what in ("reached_tumour", "in_tumour", "depth"):
                there = float(found[f"{name}_{what}"][place])
                assert there == pytest.approx(one[f"{name}.{what}"], rel=1e-12)
            course = found[f"course_{name}_in_tumour"][place, -1]
            assert float(course) == pytest.approx(one[f"{name}.in_tumour"], rel=1e-12)


def test_commands_know_them(path, tmp_path, capsys):
    out, folder = tmp_path / "two.nc", tmp_path / "tables"
    assert main(["run", str(path), "--out", str(out)]) == 0
    assert "tumour        left: " in capsys.readouterr().out
    assert main(["report", str(out)]) == 0
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert 'id="day0"' in page
    assert 'getElementById("day1")' in page
    assert main(["export", str(out), "--format", "csv", "--out", str(folder)]) == 2
    assert "--tumour: is missing" in capsys.readouterr().err
    options = ["--tumour", "right", "--out", str(folder)]
    assert main(["export", str(out), "--format", "csv", *options]) == 0
    assert main(["check", str(path)]) == 0
    assert main(["show", "study", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "right: in the host flank: ball of 0.5236 mm3" in printed
    result = load_result(out)
    assert list(result.tumours) == ["left", "right"]
    one = result.tumours["right"]
    assert one.summary()["in_tumour"] == result.summary()["right.in_tumour"]
    assert "tumour_plasma_flow" in one.tree["parameters"]
    panes = each_tumour(out)
    assert [pane.about()["file"] for pane in panes] == ["two.nc, left", "two.nc, right"]
    assert [field["name"] for field in panes[1].about()["fields"]] == [
        "CAR T cells",
        "tumour cells",
    ]

"""An unfinished run goes on from its file and ends, to the bit, as if it had never stopped."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.checkpoint.group import GROUP, machine_differs
from cartflow.results.result import load_result
from cartflow.study.study import Study

STUDY = """
title = "goes on"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [
    { cells = "1e6 cells" },
    { cells = "2e3 cells", route = "intratumoural", time = "5 h", duration = "4 h" },
    { cells = "1e5 cells", time = "20 h" },
]
geometry = { shape = "ball", radius = "1 mm", cells = 8 }
tumour = { host = "flank" }
kinetics.models = ["predator_prey", "chemokine"]
fields.cart.diffusivity = "2 um^2/min"
fields.cart.chemotaxis.attractant = "chemokine"
fields.cart.chemotaxis.law = "linear"
fields.cart.chemotaxis.sensitivity = "1e-3 mm^5/ng/day"
fields.chemokine.diffusivity = "10 um^2/s"
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "2 days", every = "8 h" }
"""
BOX = 'shape = "box", lengths = ["1 mm", "1 mm"], cells = [5, 5]'
ORGANS = '\norgans.spleen.kinetics.models = ["predator_prey"]\n'
KINDS = {
    "one system": STUDY,
    "organs with kinetics": STUDY + ORGANS,
    "voxels": STUDY.replace('shape = "ball", radius = "1 mm", cells = 8', BOX),
    "moving regions": STUDY.replace('shape = "ball", radius = "1 mm", cells = 8', BOX).replace(
        'host = "flank"', 'host = "flank", region = "lesion", egress_region = "lesion"'
    )
    + 'regions.lesion.where = "tumour > 2.1e4 cells/mm^3 or cart > 50 cells/mm^3"',
    "fipy": STUDY.replace('"2 days"', '"1 day"')
    + 'solver = { engine = "fipy", fixed_step = true, initial_step = "1 h", maximum_step = "1 h" }',
    "body alone": STUDY[: STUDY.index("geometry")].replace("intratumoural", "portal_vein")
    + ORGANS
    + STUDY[STUDY.rindex("time =") :],
}


def stopped_at(study, day):
    """Return the result of a run that is interrupted after its first step past `day`."""

    def press(time, _):
        if time > day:
            raise KeyboardInterrupt

    return study.run(press)


def differing(one, other):
    """Return what is not the same to the bit in two results."""
    assert set(one.groups) == set(other.groups)
    found = []
    for node in one.subtree:
        mine, theirs = (t[node.path].to_dataset(inherit=False) for t in (one, other))
        assert set(mine.variables) == set(theirs.variables)
        for name, values in mine.variables.items():
            if np.asarray(values.values).tolist() != np.asarray(theirs[name].values).tolist():
                same = np.array_equal(values.values, theirs[name].values, equal_nan=True)
                found += [] if same else [(node.path, name)]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("looked_at_often")
def test_to_the_bit(kind, tmp_path):
    study = Study.from_text(KINDS[kind])
    whole = study.run()
    assert whole.outcome.status == "finished"
    for share in (0.0, 0.15, 0.55):
        part = stopped_at(study, share * study.table.time.end.value)
        assert part.outcome.status == "interrupted"
        part.write(tmp_path / "part.nc")
        again = Study.from_text(KINDS[kind]).run(since=load_result(tmp_path / "part.nc"))
        assert differing(whole.tree, again.tree) == []
        for name in ("steps_accepted", "steps_rejected", "outcome", "extinct"):
            assert whole.tree.attrs[name] == again.tree.attrs[name]


def test_a_finished_result_holds_no_checkpoint():
    assert GROUP not in Study.from_text(KINDS["one system"]).run().tree.children


@pytest.mark.usefixtures("looked_at_often")
def test_a_run_goes_on_as_often_as_it_is_stopped():
    study = Study.from_text(KINDS["one system"])
    part = stopped_at(study, 0.0)
    for day in (0.2, 0.7, 1.5):
        stop = day

        def press(time, _, stop=stop):
            if time > stop:
                raise KeyboardInterrupt

        part = study.run(press, since=part)
    assert differing(study.run().tree, study.run(since=part).tree) == []


KILLED = """
import os, signal, sys
from cartflow import Study
study = Study.from_file(sys.argv[1])
left = int(sys.argv[3])
def keep(make):
    global left
    make().write(sys.argv[2])
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
study.run(keep=keep)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_run_goes_on_from_what_it_wrote(tmp_path):
    (tmp_path / "study.toml").write_text(KINDS["voxels"])
    arguments = [str(tmp_path / "study.toml"), str(tmp_path / "killed.nc"), "6"]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    part = load_result(tmp_path / "killed.nc")
    assert part.outcome.status == "running"
    study = Study.from_file(tmp_path / "study.toml")
    assert differing(study.run().tree, study.run(since=part).tree) == []


@pytest.fixture
def folder(folder):
    stopped_at(Study.from_file("study.toml"), 0.5).write(folder / "study.nc")
    return folder


def test_the_command(folder, capsys):
    assert main(["run", "study.toml"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["run", "study.toml", "--resume"]) == 0
    assert "outcome       finished at 2 day" in capsys.readouterr().out
    whole = Study.from_file("study.toml").run()
    found = load_result("study.nc").tree
    assert differing(whole.tree, found.drop_nodes("errors")) == []
    assert main(["run", "study.toml", "--resume"]) == 0
    assert capsys.readouterr().out == "finished      already, in study.nc\n"
    assert (
        main(["run", "study.toml", "--resume", "--out", "new.nc", "--set", "time.end=1 day"]) == 0
    )
    assert "new.nc is not there: the run begins anew" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("fields.cart.diffusivity=3 um^2/min", "fields, study"),
        ("doses.0.cells=2e6 cells", "doses, study"),
        ("time.end=3 days", "saved times, study"),
        ("geometry.cells=9", "egress, fields, geometry, start, study"),
        ("solver.tolerance=1e-4", "solver, study"),
        ("title=another", "study"),
    ],
)
def test_another_study_is_told_apart(folder, capsys, settings, said):
    before = (folder / "study.nc").read_bytes()
    assert main(["run", "study.toml", "--resume", "--set", settings]) == 2
    assert f"another study or version: not the same are {said}; run" in capsys.readouterr().err
    assert (folder / "study.nc").read_bytes() == before


def test_another_version_is_told_apart(folder, monkeypatch):
    monkeypatch.setattr(
        "cartflow.results.checkpoint.marks.installed_version", lambda name: f"other {name}"
    )
    with pytest.raises(InputError, match="not the same are version; run it as"):
        Study.from_file("study.toml").run(since=load_result("study.nc"))


def test_another_machine_is_noted(folder, monkeypatch):
    tree = load_result("study.nc").tree
    assert machine_differs(tree) == []
    monkeypatch.setattr("cartflow.results.checkpoint.group.platform.machine", lambda: "abacus")
    (line,) = machine_differs(tree)
    assert "gone on with abacus" in line


def test_a_run_that_stopped_for_bad_numbers_is_not_gone_on_with(folder):
    result = load_result("study.nc")
    result.tree.attrs["outcome"] = "stopped: cart: a value is not finite at t = 0.5 day"
    with pytest.raises(InputError, match="its run is 'stopped: cart"):
        Study.from_file("study.toml").run(since=result)


def spoilt_body(tree):
    tree[f"{GROUP}/body"].values[0, 0] = np.nan


def spoilt_memory(tree):
    tree[GROUP] = tree[GROUP].to_dataset().drop_vars("memory_going")


def spoilt_field(tree):
    tree["tumour/cart"].values[:] = np.nan


def spoilt_marks(tree):
    tree[GROUP].attrs["marks"] = "{"


def spoilt_extinct(tree):
    tree[GROUP].attrs["extinct"] = "[1]"


def spoilt_given(tree):
    tree[f"{GROUP}/memory_given"].values[0] = np.nan


def spoilt_ledger(tree):
    tree[GROUP] = tree[GROUP].to_dataset().drop_vars("ledger_born")


@pytest.mark.parametrize(
    "spoil",
    [
        spoilt_body,
        spoilt_memory,
        spoilt_field,
        spoilt_marks,
        spoilt_extinct,
        spoilt_given,
        spoilt_ledger,
    ],
)
def test_a_damaged_checkpoint_is_refused(folder, spoil):
    result = load_result("study.nc")
    spoil(result.tree)
    with pytest.raises(InputError, match="its checkpoint is damaged"):
        Study.from_file("study.toml").run(since=result)

"""How runs end: blown up, interrupted, finished; the file always holds what was saved."""

import netCDF4
import numpy as np
import pytest
import xarray as xr
from studies import short_study

from cartflow.cli import main
from cartflow.core.outcome import InputError, Outcome, RunStopped, StepFailed, nearest, suggest
from cartflow.coupling.simulation import Simulation
from cartflow.results.result import load_result
from cartflow.study.study import Study

STUDY = short_study(time='end = "6 h"\nsave = ["1 h", "2 h", "3 h", "4 h", "5 h"]')

# u' = k u^2 from u0 blows up at 1 / (k u0) = 4.5 h.
BLOWS_UP = """
title = "u' = k u^2"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
k = "1e-3 mm^3/cell/h"
[reactions.growth]
produces = { tumour = 1 }
rate = "k*tumour*tumour"
"""
INITIAL = 1.0 / (1e-3 * 4.5)


@pytest.fixture
def folder(folder):
    (folder / "blows_up.toml").write_text(BLOWS_UP)
    text = STUDY.replace("predator_prey", "blows_up.toml").replace("2e4", f"{INITIAL}")
    text += '[solver]\ntolerance = 1e-4\nminimum_step = "1e-6 day"\n'
    (folder / "bad.toml").write_text(text)
    return folder


def test_a_run_that_blows_up(folder, capsys):
    assert main(["run", "bad.toml"]) == 1
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert last.startswith("cartflow: stopped: tumour: ")
    assert "written       bad.nc" in out
    with xr.open_datatree("bad.nc") as tree:
        outcome = tree.attrs["outcome"]
        assert f"cartflow: {outcome}" == last
        stopped_at = float(outcome.split("at t = ")[1].removesuffix(" day")) * 24
        assert stopped_at == pytest.approx(4.5, rel=1e-2)
        np.testing.assert_allclose(tree["time"] * 24, [0, 1, 2, 3, 4], rtol=1e-12)
        exact = 1.0 / (1.0 / INITIAL - 1e-3 * np.arange(5.0))
        np.testing.assert_allclose(tree["tumour"]["tumour"].isel(r=5), exact, rtol=3e-2)
        assert np.isfinite(tree["body"]["blood_concentration"]).all()
        assert abs(tree["balance"]["residual_total"]).max() < 1e-4


def test_a_fixed_step_that_blows_up_names_time_and_field(folder):
    settings = {
        "solver.fixed_step": True,
        "solver.initial_step": "0.5 h",
        "time.end": "24 h",
        "time.save": [],
    }
    result = Study.from_file("bad.toml", settings).run()
    assert result.outcome.status == "stopped"
    with pytest.raises(
        RunStopped, match=r"^stopped: tumour: it grows too fast for the step at t = 0\.\d+ day$"
    ):
        result.require_finished()


@pytest.mark.usefixtures("looked_at_often")
@pytest.mark.parametrize("at", [0.0, 0.1])
def test_an_interrupted_run(folder, capsys, monkeypatch, at):
    run = Simulation.run

    def interrupted(self, watch=None, keep=None, since=None):
        def press(time, step):
            watch(time, step)
            if time > at:
                raise KeyboardInterrupt

        return run(self, press)

    monkeypatch.setattr(Simulation, "run", interrupted)
    assert main(["run", "study.toml", "--out", "half.nc"]) == 1
    out, err = capsys.readouterr()
    assert err.splitlines()[-1].startswith("cartflow: interrupted: by the user at t = ")
    assert out.startswith("outcome       interrupted")
    with xr.open_datatree("half.nc") as tree:
        assert tree.attrs["outcome"].startswith("interrupted: by the user at t = ")
        *saved, last = tree["time"].values
        np.testing.assert_allclose(saved, np.arange(1 if at == 0 else 3) / 24, rtol=1e-12)
        assert last == pytest.approx(float(out.split("at t = ")[1].split()[0]), rel=1e-5)
        assert at < last < at + 0.05
        assert float(tree["balance"]["infused"][-1].sum()) == 1e6


def test_a_result_that_stopped_early_can_be_drawn(folder, monkeypatch):
    def stop(_self, *_):
        raise StepFailed("cart", "no reason", 0.0)

    monkeypatch.setattr("cartflow.coupling.line.stepper.LineStepper.advance", stop)
    assert main(["run", "study.toml"]) == 1
    assert main(["plot", "study.nc"]) == 0
    assert (folder / "study.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_is_left_of_a_write_that_fails(folder, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cartflow.core.large.writing.write_groups", full)
    before = sorted(folder.iterdir())
    assert main(["run", "study.toml", "--set", "time={end='1 s'}"]) == 1
    out, err = capsys.readouterr()
    # The numbers are not lost with the file.
    assert out.startswith("outcome       finished at ")
    assert err.splitlines()[-2:] == [
        "cartflow: study.nc: cannot be written (No space left on device)",
        "cartflow: study.nc: could not be written, and no other folder takes the result",
    ]
    assert sorted(folder.iterdir()) == before


def test_a_file_is_replaced_whole(folder):
    (folder / "study.nc").write_bytes(b"\x89HDF old")
    assert main(["run", "study.toml", "--set", "time={end='1 s'}", "--force"]) == 0
    with netCDF4.Dataset("study.nc") as file:
        assert file.outcome == "finished"
    assert sorted(p.name for p in folder.iterdir() if p.suffix not in {".toml", ".nc"}) == []


def test_texts_of_outcomes():
    assert str(Outcome(status="finished")) == "finished"
    assert str(Outcome(status="stopped", message="why")) == "stopped: why"
    assert str(StepFailed("cart", "why")) == "cart: why"
    assert str(StepFailed("cart", "why", 0.5)) == "cart: why at t = 0.5 day"


def test_input_errors_are_one_printable_line():
    assert str(InputError("a\nb\t\x1b[31mc")) == "a b [31mc"
    long = str(InputError("x" * 5000 + "end"))
    assert len(long) < 1000
    assert long.endswith("end")


def test_suggestions():
    assert suggest("lunge", ["lung", "liver"]) == "allowed: liver, lung; did you mean 'lung'?"
    many = [f"model_of_{number}" for number in range(60)]
    assert suggest("model_off_7", many).startswith("did you mean 'model_of_7'? allowed: model_of_0")
    assert suggest("x", []) == "allowed: (none)"
    assert nearest("x", ["lung"]) == ""


def test_a_long_run_keeps_what_it_has_so_far(tmp_path, looked_at_often):
    study = Study.from_text(QUIET, settings={"time.every": "0.25 day", "time.end": "1 day"})
    kept = []

    def keep(make):
        result = make()
        result.write(tmp_path / "so_far.nc")
        kept.append(result.outcome.status)

    finished = study.run(keep=keep)
    assert len(kept) > 4
    assert set(kept) == {"running"}
    assert finished.outcome.status == "finished"
    tree = load_result(tmp_path / "so_far.nc").tree
    assert tree.attrs["outcome"] == "running: saved until t = 1 day"
    assert tree["time"].values == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


QUIET = """
title = "Ten shells without reactions"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
geometry = { shape = "ball", radius = "1 mm", cells = 10 }
tumour.host = "skin"
kinetics.models = ["none"]
time.end = "1 day"
solver.tolerance = 1e-3
"""


def test_a_result_is_loaded_as_it_was(tmp_path):
    result = Study.from_text(STUDY).run()
    result.write(tmp_path / "a.nc")
    again = load_result(tmp_path / "a.nc")
    assert again.outcome == result.outcome == Outcome(status="finished")
    assert again.summary() == result.summary()
    assert repr(again) == repr(result)
    assert repr(again).startswith("<Result: tiny; finished; ")
    assert repr(again).endswith(", 7 times to 0.25 day>")
    assert len(repr(again)) < 200
    again.plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_an_outcome_is_read_as_it_was_written():
    for outcome in (Outcome(status="finished"), Outcome(status="stopped", message="cart: a: b")):
        assert Outcome.from_text(str(outcome)) == outcome
    with pytest.raises(InputError, match=r"outcome: 'finish'; allowed: .*did you mean 'finished'"):
        Outcome.from_text("finish")


def test_a_study_says_what_it_is_in_a_line():
    study = Study.from_text(STUDY, settings={"time.end": "7 h"})
    assert repr(study) == "<Study: study; tiny; mouse_28g, 1 settings>"

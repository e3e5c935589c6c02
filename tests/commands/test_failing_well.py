"""What a terminal, a shell or a caller does wrong ends in one line, and loses no result."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from studies import BALL, MOVING, short_study

from cartflow import InputError, Study, load_result
from cartflow.alone.simulate import simulate
from cartflow.analyses.compare import compare
from cartflow.analyses.sensitivity import sensitivity
from cartflow.cli import main
from cartflow.geometries.images.mask import read_mask, voxel_mask
from cartflow.geometries.images.reading import read_image
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.phantom import lobulated_phantom
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load_model
from cartflow.pbpk.files.load import load_body, load_trafficking

STUDY = short_study(
    geometry=BALL.replace("10", "3"),
    models='"none"',
    fields=f'{MOVING}\n[fields.cart.boundaries.rim]\ntype = "flux"\nflux = "1 cells/mm^2/day"',
    time='end = "1 min"',
)


def start(*arguments, **more):
    path = os.pathsep.join(p for p in sys.path if p)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "cartflow", *arguments],
        env={**os.environ, "PYTHONPATH": path, **more.pop("env", {})},
        text=True,
        **{"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, **more},
    )


# ---- what is printed


@pytest.mark.parametrize(
    "arguments",
    [("simulate", "predator_prey", "--out", "x.nc"), ("run", "study.toml", "--out", "x.nc")],
)
@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_reader_that_has_gone_loses_no_result(folder, arguments, closed):
    reading, writing = os.pipe()
    os.close(reading)
    process = start(*arguments, **{closed: writing})
    os.close(writing)
    out, err = process.communicate()
    assert (process.returncode, "Traceback" in (err or "")) == (0, False)
    assert load_result("x.nc").outcome.status == "finished"
    if closed == "stderr":
        assert out.splitlines()[-1] == "written       x.nc"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout_is_said(folder):
    with open("/dev/full", "w") as stdout:
        process = start("show", "body", stdout=stdout)
        assert process.communicate()[1] == (
            "cartflow: what is printed cannot be written: No space left on device\n"
        )
    assert process.returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "ascii:surrogateescape"])
def test_letters_that_a_terminal_lacks(folder, encoding):
    (folder / "study.toml").write_text(f'references = ["sykova2008"]\n{STUDY}')
    known = encoding.partition(":")[0]
    process = start("cite", "study.toml", env={"PYTHONIOENCODING": encoding}, encoding=known)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert ("Sykov?" if "ascii" in encoding else "Sykov\xe1") in out


def test_too_little_memory_is_one_line(folder, capsys, monkeypatch):
    def large(*_):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr("cartflow.commands.printed.show", large)
    assert main(["show", "body"]) == 1
    assert capsys.readouterr().err == (
        "cartflow: there is not enough memory (Unable to allocate 9 TiB)\n"
    )


def test_an_interrupt_outside_a_run_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(
        "cartflow.commands.printed.show", lambda *_: signal.raise_signal(signal.SIGINT)
    )
    assert main(["show", "body"]) == 1
    assert capsys.readouterr().err == "cartflow: interrupted by the user\n"


def test_a_tumour_without_cells_has_no_depth(folder, capsys):
    text = STUDY.replace('[[doses]]\ncells = "1e6 cells"\n', "").split("[fields.cart.b")[0]
    (folder / "study.toml").write_text(text + '[time]\nend = "1 min"\n')
    assert main(["run", "study.toml"]) == 0
    assert "nan" not in capsys.readouterr().out


# ---- what is given


LONG = "a" * 300


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", f"{LONG}.toml"), r"aaa.toml: no name for a file \(File name too long\)"),
        (("run", "study.toml", "--out", f"{LONG}.nc"), r"\.nc: no name for a file \(File name"),
        (("run", "study.toml", "--mask", f"{LONG}.nii"), r"\.nii: no name for a file \(File name"),
        (("run", "study.toml", "--set", f"body.name={LONG}.toml"), r"no name for a file"),
        (("run", "study.toml", "--set", f"trafficking.name={LONG}.toml"), r"no name for a file"),
        (("run", "study.toml", "--set", f'kinetics.models=["{LONG}.toml"]'), r"no name for a file"),
        (("simulate", f"{LONG}.toml"), r"no name for a file"),
        (("plot", f"{LONG}.nc"), r"no name for a file"),
        (("cite", f"{LONG}.toml"), r"no name for a file"),
        (("show", "geometry", LONG), r"no name for a file"),
        (("show", "geometry", f"{LONG}.nii"), r"no name for a file"),
        (("show", "body", f"{LONG}.toml"), r"no name for a file"),
        (("compare", "study.toml", "--bodies", f"{LONG}.toml"), r"no name for a file"),
        (("run", "a\0b.toml"), r"a b.toml: no name for a file \(.*embedded null "),
        (("simulate", "predator_prey", "--seed", "-1"), r"seed: got -1; it must be a whole"),
        (("simulate", "predator_prey", "--stochastic", "0"), r"stochastic: got 0; it must be"),
        (("simulate", "predator_prey", "--stochastic", "9" * 30), r"stochastic: got 9+; it must"),
        (("simulate", "predator_prey", "--out", "e.txt"), r"e\.txt: .*did you mean 'e\.nc'\?"),
        (("run", "study.toml", "--out", "e"), r"e: .*did you mean 'e\.nc'\?"),
        (("run", "study.toml", "--set", "geometry={shape='slab', length=2 mm}"), r'"2 mm"\)'),
        (("run", "study.toml", "--set", "geometry.seed=1"), r"unknown key 'geometry\.seed'"),
        (("run", "loop.toml"), r"loop\.toml: no name for a file \(Too many levels"),
        (("run", "study.toml", "--mask", "loop.nii"), r"loop\.nii: no name for a file"),
        (("plot", "fifo"), r"fifo: not a result of cartflow \(it is no file\)"),
        (("run", "fifo"), r"fifo: not a file with text"),
    ],
)
def test_bad_words_are_one_line(folder, capsys, arguments, message):
    (folder / "loop.toml").symlink_to("loop.toml")
    (folder / "loop.nii").symlink_to("loop.nii")
    os.mkfifo(folder / "fifo")
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err), err


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("radius = 2 mm", '"2 mm"'),
        ("cells = 1e6 cells", '"1e6 cells"'),
        ("a = [1 mm, 2 mm]", '"1 mm"'),
        ("a = { b = -1.5e-3 cm^2/day }", '"-1.5e-3 cm^2/day"'),
        ("a = 5 %  # of all", '"5 %"'),
    ],
)
def test_a_quantity_without_quotes_gets_the_hint(line, hint):
    with pytest.raises(InputError) as error:
        Study.from_text(f'title = "x"\n{line}\n[body]\n')
    assert str(error.value).startswith("study: not a TOML file (")
    assert str(error.value).endswith(f"; a quantity stands in quotes: {hint}")


@pytest.mark.parametrize("line", ["a = ", 'a = "2 mm" b', "a = 1.2.3", "a = mm", "[a", "x" * 9999])
def test_other_errors_get_none(line):
    with pytest.raises(InputError, match=r"not a TOML file \([^;]*$"):
        Study.from_text(f"{line}\n")


def test_a_text_of_many_megabytes_is_refused(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"#" * 5_000_000)
    with pytest.raises(InputError, match=r"x\.toml: has more than 4 MB"):
        Study.from_file(tmp_path / "x.toml")


# ---- --set


def test_a_new_shape_begins_an_empty_table():
    settings = {"geometry.length": "2 mm", "geometry.shape": "slab", "geometry.cells": 7}
    text = STUDY.replace("boundaries.rim", "boundaries.left")
    study = Study.from_text(text, settings=settings)
    assert study.table.geometry.shape == "slab"
    assert study.geometry.size == 7
    with pytest.raises(InputError, match=r"key 'geometry\.cells' is missing"):
        Study.from_text(text, settings={"geometry.shape": "slab"})


def test_the_same_shape_keeps_its_table():
    study = Study.from_text(STUDY, settings={"geometry.shape": "ball", "geometry.cells": 4})
    assert study.geometry.size == 4


def test_a_new_boundary_type_begins_an_empty_table():
    key = "fields.cart.boundaries.rim"
    study = Study.from_text(
        STUDY, settings={f"{key}.value": "0 cells/mm^3", f"{key}.type": "fixed_value"}
    )
    assert type(study.table.fields["cart"].boundaries["rim"]).__name__ == "FixedValueTable"


def test_a_parameter_that_is_called_shape_empties_nothing(tmp_path):
    model = 'title = "m"\n[species.cart]\nrole = "phenotype"\n'
    model += '[parameters]\nshape = "1 1/day"\nk = "1 1/day"\n'
    model += '[reactions.death]\nconsumes = { cart = 1 }\nrate = "k*shape*cart/k"\n'
    (tmp_path / "m.toml").write_text(model)
    settings = {
        "kinetics": {"models": ["m.toml"], "parameters": {"k": "2 1/day", "shape": "3 1/day"}},
        "kinetics.parameters.shape": "4 1/day",
    }
    study = Study.from_text(STUDY, folder=tmp_path, settings=settings)
    assert study.kinetics.parameters["k"].value == 2.0
    assert study.kinetics.parameters["shape"].value == 4.0


def test_a_whole_table_on_the_command_line(folder, capsys):
    text = 'geometry={shape="slab", length="2 mm", cells=5}'
    left = 'fields.cart={diffusivity="1 um^2/min"}'
    assert main(["run", "study.toml", "--set", text, "--set", left]) == 0
    with xr.open_datatree("study.nc", engine="netcdf4") as tree:
        assert tree["tumour"].sizes["x"] == 5


@pytest.mark.parametrize("command", ["run", "simulate", "compare", "sensitivity"])
def test_set_has_help_and_examples(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    out = capsys.readouterr().out
    assert "change or add a value; examples below" in out
    assert ("initial.tumour" if command == "simulate" else "geometry={shape=") in out


# ---- calls from Python

VALUES = [None, 5, -1, 2.5, "x", b"x", [], ["a"], {"a": 1}, object(), True, np.ones(1), np.nan]
VALUES += [Path("x"), (1,), 10**400]
ONES = np.ones((3, 3, 3), int)
CALLS = {
    "Study.from_file": (Study.from_file, ()),
    "Study.from_text": (Study.from_text, ()),
    "name": (lambda v: Study.from_text(STUDY, name=v), ("x",)),
    "folder": (lambda v: Study.from_text(STUDY, folder=v), (None, "x", Path("x"))),
    "settings": (lambda v: Study.from_text(STUDY, settings=v), (None, [])),
    "a key": (lambda v: Study.from_text(STUDY, settings=Odd(v)), ()),
    "cells": (lambda v: Study.from_text(STUDY, settings={"geometry.cells": v}).geometry, (5,)),
    "radius": (lambda v: Study.from_text(STUDY, settings={"geometry.radius": v}), ()),
    "models": (lambda v: Study.from_text(STUDY, settings={"kinetics.models": v}).kinetics, ()),
    "load_result": (load_result, ()),
    "simulate": (simulate, ()),
    "a scenario": (lambda v: simulate("logistic_growth", v), (None,)),
    "of a model": (lambda v: simulate("logistic_growth", None, v), (None, {})),
    "runs": (lambda v: simulate("logistic_growth", runs=v, settings={"end": "1 h"}), (None, 5)),
    "seed": (lambda v: simulate("logistic_growth", seed=v, settings={"end": "1 h"}), (5,)),
    "bodies": (lambda v: compare("none.toml", v), ()),
    "dose": (lambda v: compare("none.toml", ["mouse_28g"], dose=v), ()),
    "of": (lambda v: sensitivity("none.toml", of=v), ()),
    "only": (lambda v: sensitivity("none.toml", only=v), ()),
    "spread": (lambda v: sensitivity("none.toml", spread=v), ()),
    "load_model": (load_model, ()),
    "directory": (lambda v: load_model("x.toml", v), ()),
    "load_body": (load_body, ()),
    "load_trafficking": (load_trafficking, ()),
    "a ball": (lambda v: ball(v, 3), (5, 2.5)),
    "its cells": (lambda v: ball(1.0, v), (5,)),
    "its layers": (lambda v: ball(1.0, 3, layers=v), (None,)),
    "a slab": (lambda v: slab(v, 3), (5, 2.5)),
    "a box": (lambda v: box(v, [3, 3]), ()),
    "its regions": (lambda v: box([1.0, 1.0], [3, 3], v), (None,)),
    "read_mask": (read_mask, ()),
    "read_image": (read_image, ()),
    "a mask": (lambda v: voxel_mask(v, np.eye(4), None, source="x"), ()),
    "its affine": (lambda v: voxel_mask(ONES, v, None, source="x"), ()),
    "its labels": (lambda v: voxel_mask(ONES, np.eye(4), v, source="x"), (None, {"a": 1})),
    "a phantom": (lobulated_phantom, ()),
    "its seed": (lambda v: lobulated_phantom(500.0, 2.0, 5, v), (5,)),
}


class Odd(dict):
    """A dictionary with a key that a true one may not have."""

    def __init__(self, key):
        super().__init__(one=key)

    def items(self):
        return [(self["one"], 1)]


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, good = CALLS[name]
    for value in VALUES:
        if any(type(value) is type(known) and value == known for known in good):
            continue
        with pytest.raises(InputError) as error:
            call(value)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) <= 1005


def test_a_random_run_that_cannot_go_on_is_one_line(folder, capsys):
    text = 'title = "m"\n[species.cart]\nrole = "phenotype"\ninitial = 0\n'
    text += '[parameters]\nk = "5 cell/mm^3/day"\n[reactions.loss]\nconsumes = { cart = 1 }\n'
    text += 'rate = "k"\n[scenarios.s]\nend = "1 day"\ninitial = { cart = "1 cell/mm^3" }\n'
    (folder / "m.toml").write_text(f'compartment_volume = "1 mm^3"\n{text}')
    assert main(["simulate", "m.toml", "--stochastic", "2"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("cartflow: m: cart: a reaction takes cells that are not there at t = ")
    assert err.count("\n") == 1

"""The command line: run, plot, show, cite, as a user calls them."""

import os
import struct
import subprocess
import sys

import nibabel
import numpy as np
import pytest
import xarray as xr
from studies import short_study

from cartflow.cli import main
from cartflow.core.bibliography import bibtex, reference
from cartflow.kinetics.files.load import names
from cartflow.pbpk.files.load import body_names, trafficking_names

STUDY = short_study(time='end = "1 h"\nevery = "10 min"')
BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 10\n'
GEOMETRIES = {
    "ball": BALL,
    "slab": 'shape = "slab"\nlength = "1 mm"\ncells = 8\n',
    "hollow ball": 'shape = "hollow_ball"\nradius = "1 mm"\ninner_radius = "0.2 mm"\ncells = 8\n',
    "cylinder": 'shape = "cylinder"\nradius = "1 mm"\nlength = "2 mm"\ncells = 8\n',
    "cylindrical shell": (
        'shape = "cylindrical_shell"\nradius = "0.1 mm"\ninner_radius = "10 um"\ncells = 8\n'
        'depth_from = "wall"\ngrading = 3\n'
    ),
    "ellipsoid": 'shape = "ellipsoid"\nsemi_axes = ["2 mm", "1 mm", "1 mm"]\nspacing = "0.4 mm"\n',
    "box": 'shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [3, 4]\n',
    "box in 3-D": 'shape = "box"\nlengths = ["1 mm", "2 mm", "1 mm"]\ncells = [3, 4, 2]\n',
    "phantom": 'shape = "phantom"\nvolume = "20 mm^3"\nspacing = "0.5 mm"\n',
    "mask": 'shape = "mask"\nfile = "straight.nii.gz"\n',
    "oblique mask": 'shape = "mask"\nfile = "oblique.nii.gz"\n',
}
# One of each way to draw: over depth and time, in slices, cells of an image.
DRAWN_ALWAYS = ("ball", "slab", "box", "box in 3-D", "mask")


def write_masks(folder):
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[1:5, 1:4, 1:3] = 1
    labels[2:4, 2, 1] = 2
    turn = np.array([[0.8, -0.6, 0, 1], [0.6, 0.8, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
    for name, affine in {"straight": np.diag([0.5, 0.5, 1, 1]), "oblique": turn}.items():
        nibabel.save(nibabel.Nifti1Image(labels, affine), folder / f"{name}.nii.gz")


@pytest.fixture
def folder(folder):
    write_masks(folder)
    return folder


def png_size(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data.endswith(b"IEND\xaeB`\x82")
    return struct.unpack(">II", data[16:24])


def test_run_prints_a_summary_and_writes_beside(folder, capsys):
    assert main(["run", "study.toml"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "outcome       finished at 0.0416667 day"
    assert lines[1] == "infused       1e+06 cells"
    heads = ["tumour", "depth", "residents", "peak", "barriers", "vessels", "balance", "steps"]
    assert [line.split()[0] for line in lines[2:10]] == heads
    assert lines[-1] == "written       study.nc"
    assert "tiny" in err
    with xr.open_datatree("study.nc") as tree:
        assert tree.attrs["title"] == "tiny"
        assert tree.attrs["study"] == STUDY


def test_a_study_in_another_folder_writes_here(folder, monkeypatch):
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    assert main(["run", "../study.toml", "--set", "time.end=1 s"]) == 0
    assert (folder / "here" / "study.nc").is_file()
    assert not (folder / "study.nc").exists()


def test_settings(folder):
    pairs = {
        "title": "another one",
        "geometry.cells": "12",
        "fields.cart.diffusivity": '{ value = "5 um^2/min", source = "assumed", '
        'standing = "assumed", note = "fast" }',
        "solver.tolerance": "1e-3",
        "doses.0.cells": '"2e6 cells"',
        "time.end": "1 min",
    }
    settings = [part for k, v in pairs.items() for part in ("--set", f"{k}={v}")]
    assert main(["run", "study.toml", "--out", "set.nc", "--engine", "fipy", *settings]) == 0
    with xr.open_datatree("set.nc") as tree:
        assert tree.attrs["title"] == "another one"
        assert tree.attrs["engine"] == "fipy"
        assert tree.attrs["step_tolerance"] == 1e-3
        assert tree["tumour"].sizes["r"] == 12
        assert float(tree["balance"]["infused"][-1].sum()) == 2e6
        number = tree["parameters"]["fields_cart_diffusivity"]
        assert float(number) == pytest.approx(5e-6 * 1440)
        assert number.attrs["note"] == "fast"


def test_a_mask_on_the_command_line(folder):
    short = ["--set", "time.end=1 s"]
    assert main(["run", "study.toml", "--mask", "straight.nii.gz", *short]) == 0
    with xr.open_datatree("study.nc") as tree:
        volume = tree["tumour"]["cell_volume"]
        assert volume.dims == ("z", "y", "x")
        assert float(volume.sum()) == pytest.approx(4 * 3 * 2 * 0.25)
        assert float(tree["body"]["volume"].sel(organ="tumour", space="tissue")) == 6.0


def test_an_existing_result_needs_force(folder, capsys):
    short = ["--set", "time.end=1 s"]
    assert main(["run", "study.toml", *short]) == 0
    first = (folder / "study.nc").stat().st_mtime_ns
    assert main(["run", "study.toml", *short]) == 2
    assert (folder / "study.nc").stat().st_mtime_ns == first
    assert main(["run", "study.toml", *short, "--force"]) == 0
    assert main(["plot", "study.nc"]) == 0
    assert main(["plot", "study.nc"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("cartflow: study.png: exists")
    assert main(["plot", "study.nc", "--force"]) == 0


@pytest.mark.lowest
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in DRAWN_ALWAYS else pytest.mark.slow)
        for name in GEOMETRIES
    ],
)
def test_plots(folder, capsys, name):
    (folder / "study.toml").write_text(STUDY.replace(BALL, GEOMETRIES[name]))
    assert main(["run", "study.toml", "--set", "solver.tolerance=1e-2"]) == 0
    capsys.readouterr()
    assert main(["plot", "study.nc", "--out", "figure.png"]) == 0
    assert capsys.readouterr().out == "written       figure.png\n"
    width, height = png_size(folder / "figure.png")
    assert 1000 <= width <= 4000
    assert 500 <= height <= 4000
    assert (folder / "figure.png").stat().st_size > 30_000


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("body", body_names()),
        ("trafficking", trafficking_names()),
        ("kinetics", names()),
        (
            "geometry",
            [
                "slab",
                "ball",
                "hollow_ball",
                "cylinder",
                "cylindrical_shell",
                "ellipsoid",
                "box",
                "mask",
                "mesh",
                "phantom",
            ],
        ),
    ],
)
def test_show_lists(capsys, kind, expected):
    assert main(["show", kind]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "what"]
    assert [row.split()[0] for row in rows] == expected
    assert all(len(row.split()) > 2 for row in rows)


@pytest.mark.parametrize(
    ("kind", "name", "parts"),
    [
        ("body", "mouse_28g", ["mouse_28g: ", "cardiac_output", "lung", "mL/h", "[shah2012] "]),
        ("body", "human_male", ["human_male: ", "[icrp89] "]),
        ("trafficking", "khot2019", ["khot2019: ", "114", "1/h", "transcribed", "[khot2019] "]),
        ("trafficking", "singh2020", ["singh2020: ", "[singh2020] "]),
        ("kinetics", "predator_prey", ["predator_prey: ", "d cart/dt", "growth_rate", "1/day"]),
        ("geometry", "ball", ["radius, cells, layers, grading; boundary rim"]),
        ("geometry", "phantom", ["volume", "mm"]),
        ("geometry", "study.toml", ["volume", "4.188"]),
        ("geometry", "oblique.nii.gz", ["volume", "24"]),
    ],
)
def test_show_one(folder, capsys, kind, name, parts):
    assert main(["show", kind, name]) == 0
    out = capsys.readouterr().out
    for part in parts:
        assert part in out


@pytest.mark.parametrize("name", names())
def test_show_every_kinetics(capsys, name):
    assert main(["show", "kinetics", name]) == 0
    assert capsys.readouterr().out.startswith(f"{name}: ")


def test_show_a_file_of_ones_own(folder, capsys):
    text = 'title = "mine"\n[species.cart]\nrole = "phenotype"\n'
    (folder / "mine.toml").write_text(text)
    assert main(["show", "kinetics", "mine.toml"]) == 0
    assert capsys.readouterr().out.startswith("mine: mine")


def test_cite(folder, capsys):
    assert main(["cite", "study.toml"]) == 0
    out = capsys.readouterr().out
    for key in ("khot2019", "shah2012", "guyer2009"):
        assert f"[{key}] {reference(key)}" in out
        assert bibtex(key) in out
    assert "[study]" not in out
    assert sorted(p.name for p in folder.iterdir()) == [
        "oblique.nii.gz",
        "straight.nii.gz",
        "study.toml",
    ]


def call(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cartflow", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


def test_as_a_process(folder):
    done = call(folder, "run", "study.toml", "--set", "time.end=1 min")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "written       study.nc")
    done = call(folder, "run", "study.toml")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "cartflow: study.nc: exists already; give --force to overwrite it, or another --out"
    ]
    done = call(folder, "--help")
    assert done.returncode == 0
    assert "run a study file" in done.stdout

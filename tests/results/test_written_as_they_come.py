"""Fields go to files as they are saved: read meanwhile, whole at the end, and gone on with."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest
import xarray as xr
from results.checkpoint.test_going_on import KINDS, differing, stopped_at

from cartflow.cli import main
from cartflow.core import dataset
from cartflow.core.large import ahead, beside, lazy
from cartflow.core.outcome import InputError
from cartflow.core.saving.destination import Destination
from cartflow.results import shelf as shelves
from cartflow.results import writing
from cartflow.results.result import load_result
from cartflow.study.study import Study

SMALL = {"one system": KINDS["one system"], "voxels": KINDS["voxels"]}


@pytest.fixture
def streamed(monkeypatch, tmp_path):
    """Have every run keep its fields in files, and every field read time by time."""
    monkeypatch.setattr(shelves, "_MOST_IN_MEMORY", 0)
    monkeypatch.setattr(lazy, "LARGE", 400)
    monkeypatch.setattr(writing, "_SECONDS", 0.0)
    monkeypatch.setattr(writing, "_SHARE", 1e9)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(study, path, since=None, watch=None, seconds=0.0):
    """Run `study` into `path` as the command does; return what is in the file."""
    out = Destination(path=path, force=since is not None)
    made = writing.writer(study.prepared, study.saving, out, anew=False)
    made.seconds = seconds
    made.end(study.run(watch, made, since=since, shelf=made.shelf))
    return load_result(path)


@pytest.mark.parametrize("kind", SMALL)
def test_the_same_file_in_the_end(kind, streamed):
    study = Study.from_text(SMALL[kind])
    found = written(study, streamed / "run.nc")
    assert differing(study.run().tree, found.tree) == []
    assert [p.name for p in streamed.iterdir()] == ["run.nc"]
    # Any reader of netCDF finds it whole.
    with xr.open_datatree("run.nc") as plain:
        assert plain["tumour/cart"].dims == found.tree["tumour/cart"].dims


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_it_goes_on_to_the_bit(kind, seconds, streamed):
    study = Study.from_text(SMALL[kind])
    whole, since = study.run(), None
    for day in (0.3, 1.5):

        def press(time, _, day=day):
            if time > day:
                raise KeyboardInterrupt

        part = written(Study.from_text(SMALL[kind]), streamed / "run.nc", since, press, seconds)
        assert part.outcome.status == "interrupted"
        assert (streamed / "run.nc.fields").is_dir()
        assert np.isfinite(part.tree["tumour/cart"].values).any()
        since = load_result(streamed / "run.nc")
    found = written(Study.from_text(SMALL[kind]), streamed / "run.nc", since)
    assert differing(whole.tree, found.tree) == []


def test_what_an_interrupted_run_saved_is_what_any_run_saved(streamed):
    study = Study.from_text(SMALL["voxels"])
    part = stopped_at(study, 1.0)

    def press(time, _):
        if time > 1.0:
            raise KeyboardInterrupt

    found = written(study, streamed / "run.nc", watch=press)
    trees = [each.tree.drop_nodes("checkpoint") for each in (part, found)]
    assert differing(*trees) == []
    assert main(["export", "run.nc", "--format", "netcdf", "--out", "one.nc"]) == 0
    with xr.open_datatree("one.nc") as one:
        assert differing(trees[0], one) == []
        assert one.attrs["outcome"].startswith("interrupted")


def test_what_was_written_meanwhile_is_free_at_once(streamed):
    study, arrays = Study.from_text(SMALL["voxels"]), []
    made = writing.writer(
        study.prepared, study.saving, Destination(path=streamed / "run.nc", force=False), anew=False
    )

    def keep(make):
        def noted():
            result = make()
            state, mesh = (
                result.tree[f"{g}"].values for g in ("checkpoint/tumour", "tumour/depth")
            )
            arrays[:] = [weakref.ref(state), weakref.ref(mesh)]
            assert state.size > mesh.size > 0
            return result

        made(noted)
        told.append([array() is None for array in arrays])

    told = []
    gc.disable()
    try:
        made.end(study.run(keep=keep, shelf=made.shelf))
    finally:
        gc.enable()
    # The first state of a run and its last are the run's own, too.
    assert len(told) > 10
    assert all(mesh for _, mesh in told)


def test_chosen_fields_as_single_numbers(streamed):
    text = SMALL["voxels"] + '\nsave = { fields = ["tumour"], dtype = "float32", compression = 4 }'
    found = written(Study.from_text(text), streamed / "run.nc").tree
    whole = Study.from_text(SMALL["voxels"]).run().tree
    assert not {"cart", "chemokine"} & set(found["tumour"].data_vars)
    assert found["tumour/tumour"].dtype == np.float32
    np.testing.assert_allclose(found["tumour/tumour"], whole["tumour/tumour"], rtol=1e-6)
    # What is counted is counted before anything is left out.
    trees = [tree.drop_nodes("tumour") for tree in (whole, found)]
    assert differing(*trees) == []
    for name in ("amount_cart", "amount_chemokine", "penetration_depth"):
        np.testing.assert_array_equal(found["tumour"][name], whole["tumour"][name])
    assert differing(Study.from_text(text).run().tree, found) == []


def test_every_is_when_to_save():
    text = SMALL["one system"].replace(', every = "8 h"', "") + '\nsave.every = "8 h"'
    studies = (Study.from_text(text), Study.from_text(SMALL["one system"]))
    # The interval is a number of the study under its own key.
    assert differing(*(each.run().tree.drop_nodes("parameters") for each in studies)) == []


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ('save.fields = ["cars"]', r"save\.fields\.0.*'cars'.*cart"),
        ("save.fields = []", "at least 1"),
        ('save.dtype = "float16"', r"save\.dtype.*float32"),
        ("save.compression = 10", r"save\.compression"),
        ('save.every = "8 h"', r"save\.every: give either this"),
        ('save.every = "1e-9 s"', r"save\.every|time"),
    ],
)
def test_mistakes(said, match):
    with pytest.raises(InputError, match=match):
        _ = Study.from_text(f"{SMALL['voxels']}\n{said}").prepared


def test_a_body_alone_has_no_fields():
    text = KINDS["body alone"] + '\nsave.dtype = "float32"'
    with pytest.raises(InputError, match=r"save\.dtype: has no effect in a study without a tumour"):
        _ = Study.from_text(text).prepared


def test_readers_never_fail_nor_does_the_run(streamed):
    """One holds the running result to the end and beyond, one opens it again and again."""
    path, study = streamed / "run.nc", Study.from_text(SMALL["voxels"])
    failures, held, opened, done = [], [], [0], threading.Event()

    def look():
        while not done.wait(0.01):
            if not path.exists():
                continue
            try:
                tree = load_result(path).tree
                held[:] = held or [tree]
                for each in (tree, held[0]):
                    field = each["tumour/cart"]
                    assert np.isfinite(field.values).all()
                    assert field.sizes["time"] == each.sizes["time"]
                opened[0] += 1
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        found = written(study, path, watch=lambda *_: done.wait(0.002))
        done.wait(0.1)
    finally:
        done.set()
        reader.join()
    assert failures == []
    assert opened[0] > 3
    assert found.outcome.status == "finished"
    # The folder is gone; what it held stands in the file.
    first = held[0]["tumour/cart"]
    np.testing.assert_array_equal(first, found.tree["tumour/cart"][: first.sizes["time"]])


READER = """
import sys, time
from pathlib import Path
import numpy as np
from cartflow.results.result import load_result
holds, held, opened = sys.argv[1] == "holds", {}, 0
print("ready", flush=True)
while not Path("over").exists():
    for path in Path().glob("run*.nc"):
        tree = held.get(path) if holds else None
        tree = load_result(path).tree if tree is None else tree
        held.setdefault(path, tree)
        for each in (tree, held[path]):
            assert np.isfinite(each["tumour/cart"].values).all()
            assert each["tumour/cart"].sizes["time"] == each.sizes["time"]
        opened += 1
    time.sleep(0.01)
print(opened, len(held))
"""


@pytest.mark.slow
def test_other_processes_hold_it_and_open_it(streamed):
    """A notebook's process and one that opens it every 10 ms, while runs begin, go on and end."""
    study, ends = Study.from_text(SMALL["voxels"]), int(os.environ.get("CARTFLOW_ENDS", "3"))
    whole = study.run().tree
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, role], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for role in ("holds", "opens")
    ]
    try:
        assert [reader.stdout.readline() for reader in readers] == [b"ready\n"] * 2
        for number in range(ends):
            found = written(study, streamed / f"run{number}.nc", watch=lambda *_: time.sleep(2e-3))
            assert differing(whole, found.tree) == []
    finally:
        (streamed / "over").touch()
        said = [reader.communicate() for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0], said
    counts = [[int(word) for word in out.split()] for out, _ in said]
    print(f"{ends} runs; opened, held: {counts}")
    assert all(files == ends and opened > ends for opened, files in counts)


def test_a_small_result_that_is_held_outlives_the_next_writing(tmp_path, monkeypatch):
    """A run with its fields in memory writes them anew: what was opened before can be read."""
    study, path = Study.from_text(SMALL["voxels"]), tmp_path / "run.nc"
    part, whole = stopped_at(study, 1.0), study.run()
    monkeypatch.setattr(lazy, "LARGE", part.tree["tumour/cart"].nbytes - 1)
    part.write(path)
    held = load_result(path).tree
    whole.write(path)
    assert 1 < held.sizes["time"] < whole.tree.sizes["time"]
    assert differing(part.tree, held) == []


def test_a_run_that_ends_while_it_is_read_is_read_as_ended(streamed, monkeypatch):
    study, path = Study.from_text(SMALL["voxels"]), streamed / "run.nc"

    def press(time, _):
        if time > 1.0:
            raise KeyboardInterrupt

    written(study, path, watch=press)
    since, read, ended = load_result(path), dataset._read_all, []

    def ends_first(file):
        if file.name == "checkpoint.nc" and not ended:
            ended.append(True)
            monkeypatch.setattr(dataset, "_read_all", read)
            written(Study.from_text(SMALL["voxels"]), path, since)
        return read(file)

    monkeypatch.setattr(dataset, "_read_all", ends_first)
    found = load_result(path)
    assert ended
    assert found.outcome.status == "finished"
    assert differing(study.run().tree, found.tree) == []


def test_another_file_in_its_place_is_noticed(streamed):
    study = Study.from_text(SMALL["voxels"])
    held = written(study, streamed / "run.nc").tree["tumour/cart"]
    study.run().write(streamed / "run.nc")
    with pytest.raises(InputError, match=r"run\.nc: is not the file any more that was opened"):
        _ = held.values


def test_a_full_disk_loses_nothing(streamed, monkeypatch, capsys):
    put, times = beside.Beside.put, []

    def full(self, place, *rest):
        times.append(place)
        if 3 <= len(times) <= 6:
            msg = "run.nc.fields/000002.nc: cannot be written (No space left on device)"
            raise InputError(msg)
        put(self, place, *rest)

    monkeypatch.setattr(beside.Beside, "put", full)
    study = Study.from_text(SMALL["voxels"])
    found = written(study, streamed / "run.nc")
    assert differing(study.run().tree, found.tree) == []
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_no_room_for_one_file(streamed, monkeypatch, capsys):
    text = SMALL["voxels"]
    (streamed / "study.toml").write_text(text)
    save, refused = Destination.save, []

    def no_room(self, make):
        if len(list((streamed / "study.nc.fields").glob("00*.nc"))) == 7 and not refused:
            refused.append(make)
            raise InputError("study.nc: cannot be written (No space left on device)")
        save(self, make)

    monkeypatch.setattr(writing, "_SECONDS", 1e9)
    monkeypatch.setattr(Destination, "save", no_room)
    assert main(["run", "study.toml"]) == 0
    printed = capsys.readouterr()
    assert "cartflow export --format netcdf study.nc makes one file" in printed.err
    found = load_result(streamed / "study.nc")
    assert found.outcome.status == "finished"
    assert differing(Study.from_text(text).run().tree, found.tree.drop_nodes("errors")) == []


KILLED = """
import os, signal, sys, time
from cartflow import Study
from cartflow.core.saving.destination import Destination
from cartflow.results import shelf, writing
from pathlib import Path
shelf._MOST_IN_MEMORY, writing._SECONDS, writing._SHARE = 0, 0.0, 1e9
study, path, left = Study.from_file(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
made = writing.writer(study.prepared, study.saving, Destination(path=path, force=True), anew=True)
made.seconds = 0.0
def watch(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
made.end(study.run(watch, made, shelf=made.shelf))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_what_a_killed_run_saved_can_be_read_and_gone_on_with(streamed):
    (streamed / "study.toml").write_text(SMALL["voxels"])
    arguments = [str(streamed / "study.toml"), str(streamed / "killed.nc"), "115"]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    study = Study.from_file(streamed / "study.toml")
    whole, part = study.run().tree, load_result(streamed / "killed.nc")
    assert part.outcome.status == "running"
    number = part.tree.sizes["time"]
    assert number > 2
    np.testing.assert_array_equal(part.tree["tumour/cart"], whole["tumour/cart"][:number])
    assert main(["export", "killed.nc", "--format", "netcdf", "--out", "one.nc"]) == 0
    np.testing.assert_array_equal(
        load_result("one.nc").tree["tumour/cart"], whole["tumour/cart"][:number]
    )
    found = written(study, streamed / "killed.nc", since=part)
    assert differing(whole, found.tree) == []


def test_a_folder_of_another_run_is_not_taken(streamed):
    (streamed / "run.nc.fields").mkdir()
    with pytest.raises(InputError, match=r"run\.nc\.fields: fields of another run are there"):
        written(Study.from_text(SMALL["voxels"]), streamed / "run.nc")


@pytest.mark.parametrize(
    "said",
    ["{", "[1]", '{"cart": {}}', '{"cart": {"dims": ["w"], "dtype": "float64", "attrs": {}}}'],
)
def test_damaged_words_on_what_stands_beside(said, streamed):
    group = xr.Dataset({"depth": ("r", [0.1])}, attrs={beside.ATTRIBUTE: said})
    with pytest.raises(InputError, match=r"run\.nc: what it says of the fields beside it is damag"):
        beside.attached(group, [0.0], streamed / "run.nc")


def test_drafts_of_a_killed_run_go_with_its_folder(tmp_path):
    aside = beside.Beside(tmp_path / "run.nc")
    aside.make()
    for name in (".000003_0badcafe_1_0badcafe.part", "000002.nc", "checkpoint.nc"):
        (aside.folder / name).touch()
    aside.remove()
    assert not aside.folder.exists()


@pytest.mark.parametrize("kind", SMALL)
def test_the_end_copies_no_field(kind, streamed, monkeypatch):
    study = Study.from_text(SMALL[kind])
    whole = study.run().tree

    def one(*_):
        pytest.fail("a field was read at the end")

    made = beside.Beside.one
    monkeypatch.setattr(beside.Beside, "one", one)
    written(study, streamed / "run.nc")
    monkeypatch.setattr(beside.Beside, "one", made)
    assert differing(whole, load_result("run.nc").tree) == []


def test_a_draft_that_cannot_be_written_is_given_up(streamed, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    study = Study.from_text(SMALL["voxels"])
    monkeypatch.setattr(ahead, "made_variable", full)
    found = written(study, streamed / "run.nc")
    assert differing(study.run().tree, found.tree) == []
    assert [p.name for p in streamed.iterdir()] == ["run.nc"]


def test_the_room_of_the_draft_is_for_the_fields(streamed, monkeypatch):
    """Where the disk is full but for the draft, it is given up and the fields are written."""
    study, put = Study.from_text(SMALL["voxels"]), beside.Beside.put

    def full(self, *arguments):
        if self.ahead.exists():
            msg = "the disk is full"
            raise InputError(msg)
        put(self, *arguments)

    monkeypatch.setattr(beside.Beside, "put", full)
    (streamed / "run.nc.fields").mkdir()
    monkeypatch.setattr(beside.Beside, "make", lambda self: self.ahead.touch())
    found = written(study, streamed / "run.nc")
    assert differing(study.run().tree, found.tree) == []

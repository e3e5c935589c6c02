"""A sweep that was interrupted or killed goes on, and ends as if it had not been."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from studies import half_a_day

from cartflow import InputError, Study, pbpk, sweep
from cartflow.analyses.sweep import journal
from cartflow.analyses.sweep.identity import surroundings
from cartflow.analyses.sweep.journal import beside
from cartflow.cli import main
from cartflow.core.outcome import RunStopped

STUDY = half_a_day()
OVER = {"kinetics.killing_rate": "linear:0.5:1.5:20 1/day", "geometry.radius": "2,-1 mm"}
MANY = ["kinetics.killing_rate=linear:0.5:1.5:600 1/day", "geometry.radius=2,-1 mm"]


@pytest.fixture(scope="module")
def study():
    return Study.from_text(STUDY)


def stopping(after):
    def watch(ended, _):
        if ended >= after:
            raise KeyboardInterrupt

    return watch


def read(path):
    with xr.open_dataset(path) as found:
        return found.load()


@pytest.fixture
def full_beyond():
    """Have no file grow beyond so many bytes, as on a full disk, until it is called again."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size=before[0]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield limit
    limit()


def test_a_disk_that_is_full_loses_nothing_that_was_written(
    study, tmp_path, monkeypatch, full_beyond
):
    out, alone = tmp_path / "runs.nc", tmp_path / "alone.nc"
    sweep(study, OVER, out=alone)
    monkeypatch.setattr(journal, "_EVERY", 0.0)
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=stopping(9), workers=1)
    before = beside(out).read_bytes()
    # Room for one more line and a part of the next.
    full_beyond(len(before) + 600)
    with pytest.raises(
        InputError, match=r"runs\.nc\.members: cannot be written \(.*\); what stood"
    ):
        sweep(study, OVER, out=out, workers=1)
    full_beyond()
    kept = beside(out).read_bytes()
    assert kept.startswith(before)
    assert kept.endswith(b"\n")
    assert not out.exists()
    sweep(study, OVER, out=out)
    xr.testing.assert_identical(read(out), read(alone))


def test_a_dataset_that_cannot_be_written_leaves_the_members_where_they_are(
    study, tmp_path, full_beyond
):
    out, alone = tmp_path / "runs.nc", tmp_path / "alone.nc"
    sweep(study, OVER, out=alone)
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=stopping(40), workers=1)
    full_beyond(beside(out).stat().st_size)
    with pytest.raises((InputError, RunStopped), match="runs"):
        sweep(study, OVER, out=out, workers=1)
    full_beyond()
    assert not out.exists()
    assert beside(out).exists()
    told = []
    sweep(study, OVER, out=out, watch=lambda *counts: told.append(counts))
    assert told[0][0] == 40
    xr.testing.assert_identical(read(out), read(alone))


def test_an_interrupted_sweep_goes_on_and_runs_no_member_twice(study, tmp_path):
    out, alone = tmp_path / "runs.nc", tmp_path / "alone.nc"
    sweep(study, OVER, out=alone)
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=stopping(9), workers=1)
    assert not out.exists()
    kept = beside(out).read_text().splitlines()[1:]
    assert len(kept) >= 9
    told = []
    sweep(study, OVER, out=out, watch=lambda *counts: told.append(counts))
    assert told[0][0] == len(kept)
    assert told[0][1] == sum("refused" in line for line in kept) > 0
    xr.testing.assert_identical(read(out), read(alone))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alone.nc", "runs.nc"]


def test_what_a_kill_cut_off_is_run_again(study, tmp_path):
    out = tmp_path / "runs.nc"
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=stopping(9), workers=1)
    whole = beside(out).read_bytes()
    for cut in (len(whole) - 1, len(whole) - 40, whole.index(b"\n") + 1, 30, 0):
        beside(out).write_bytes(whole[:cut])
        told = []
        with pytest.raises(KeyboardInterrupt):
            sweep(study, OVER, out=out, watch=lambda *counts, told=told: stop_at_once(told, counts))
        assert told[0][0] == max(whole[:cut].count(b"\n") - 1, 0)


def stop_at_once(told, counts):
    told.append(counts)
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"over": {"kinetics.killing_rate": "1,2 1/day"}}, "another sweep .*other axes"),
        ({"settings": {"time.end": "1 day"}}, "another sweep .*other study"),
        ({"outcomes": ["depth"]}, "another sweep .*other outcomes"),
    ],
)
def test_another_sweep_is_told_apart(study, tmp_path, change, message):
    out = tmp_path / "runs.nc"
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=stopping(2))
    asked = {"over": OVER, **change}
    with pytest.raises(InputError, match=message):
        sweep(study, out=out, **asked)
    sweep(study, out=out, force=True, **asked)
    assert not beside(out).exists()


def test_a_file_that_changed_is_told_apart(tmp_path):
    shipped = Path(pbpk.__file__).parent / "data" / "body_mouse_28g.toml"
    mine = tmp_path / "mine.toml"
    mine.write_bytes(shipped.read_bytes())
    (tmp_path / "study.toml").write_text(STUDY)
    asked = {"bodies": ["mouse_28g", "mine.toml"], "out": tmp_path / "runs.nc"}
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "study.toml", watch=stopping(1), **asked)
    mine.write_bytes(mine.read_bytes() + b"# changed\n")
    with pytest.raises(InputError, match=r"another sweep .*other study"):
        sweep(tmp_path / "study.toml", **asked)


def test_another_version_is_told_apart_by_name(study, tmp_path):
    out = tmp_path / "runs.nc"
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=stopping(2))
    head, *rest = beside(out).read_text().splitlines(keepends=True)
    changed = json.loads(head) | {"version of numpy": "1.0"}
    beside(out).write_text("".join([json.dumps(changed) + "\n", *rest]))
    with pytest.raises(InputError, match=r"another sweep \(version of numpy 1.0, here 2"):
        sweep(study, OVER, out=out)


@pytest.mark.parametrize(
    "text",
    [
        b"hello\n",
        b"[study]\n",
        b'{"kind": "something else"}\n',
        b"\x89HDF\n",
        b"[" * 5000 + b"\n",
        b"x" * 100_000,
    ],
)
def test_another_file_is_never_taken_for_a_journal(study, tmp_path, text):
    out = tmp_path / "runs.nc"
    beside(out).write_bytes(text)
    with pytest.raises(InputError, match="is no journal of a sweep; remove it"):
        sweep(study, OVER, out=out, force=True)
    assert beside(out).read_bytes() == text


@pytest.mark.parametrize(
    "line",
    [
        '{"member": 40, "status": "finished", "values": {}}',
        '{"member": -1, "status": "finished", "values": {}}',
        '{"member": "1", "status": "finished", "values": {}}',
        '{"member": 1, "status": 2, "values": {}}',
        '{"member": 1, "status": "finished", "values": {"depth": [1, 2]}}',
        '{"member": 1, "status": "finished", "values": {"none": 1}}',
        '{"member": 1, "status": "finished", "values": {"depth": "x"}}',
        '{"member": 1, "status": "finished", "values": []}',
        '{"member": 1, "status": "finished\\u001b[2J", "values": {}}',
        "[]",
        "nonsense",
        "[" * 4000,
        '"' + "x" * 50_000 + '"',
    ],
)
def test_a_damaged_journal_is_refused(study, tmp_path, line):
    out = tmp_path / "runs.nc"
    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=lambda *counts: stop_at_once([], counts))
    with beside(out).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError, match=r"runs.nc.members: is damaged after 0 members"):
        sweep(study, OVER, out=out)


def test_two_at_one_sweep_do_not_meet(study, tmp_path):
    pytest.importorskip("fcntl")
    out = tmp_path / "runs.nc"

    def watch(*_):
        with pytest.raises(InputError, match="another process is at this sweep"):
            sweep(study, OVER, out=out)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(study, OVER, out=out, watch=watch)


def started(folder, *more):
    command = [sys.executable, "-m", "cartflow", "sweep", "study.toml", "-o", "runs.nc", *more]
    for over in MANY:
        command += ["--over", over]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)


def lines_of(journal):
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def kill_once_it_has_more(folder, process, number, before):
    journal = beside(folder / "runs.nc")
    while process.poll() is None and lines_of(journal) <= max(before, 1):
        time.sleep(0.01)
    if process.poll() is None:
        os.kill(process.pid, number)
    told = process.communicate()[1]
    if process.returncode == 0:
        pytest.skip("the sweep had ended before it was killed")
    return journal, told


def test_a_killed_sweep_ends_as_one_that_was_not(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    before = 0
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = started(tmp_path)
        journal, told = kill_once_it_has_more(tmp_path, process, number, before)
        before = lines_of(journal)
        assert not (tmp_path / "runs.nc").exists()
    assert process.returncode == 1
    assert "interrupted by SIGTERM" in told
    assert "the same command goes on from there" in told
    assert main(["sweep", str(tmp_path / "study.toml"), "-o", str(tmp_path / "runs.nc"), "--quiet",
                 *(part for over in MANY for part in ("--over", over))]) == 0  # fmt: skip
    alone = sweep(tmp_path / "study.toml", MANY)
    found = read(tmp_path / "runs.nc")
    assert alone["status"].size == 1200
    for name, values in alone.data_vars.items():
        np.testing.assert_array_equal(found[name].values, values.values)
    assert found.attrs == alone.attrs
    assert sum("geometry.radius" in text for text in found["status"].values.ravel()) == 600
    assert not journal.exists()


def test_a_body_given_from_python_is_told_apart_by_every_number():
    study = Study.from_text(STUDY)
    ways = study.trafficking
    liver = study.body.organs["liver"]
    other = replace(liver, volume=liver.volume.times(1.001, liver.volume.unit, ""))
    bodies = [study.body, replace(study.body, organs={**study.body.organs, "liver": other})]
    marks = [surroundings(study.in_body(body, ways), [])["study"] for body in bodies]
    again = surroundings(study.in_body(study.body, ways), [])["study"]
    assert marks[0] == again
    assert marks[0] != marks[1]

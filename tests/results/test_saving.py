"""A result is kept whatever becomes of its file; nothing of anybody else's is overwritten."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest
import xarray as xr

from cartflow.core.dataset import netcdf, read, write
from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.saving import destination, whole
from cartflow.core.saving.destination import Destination, require_writable
from cartflow.core.saving.keeper import Keeper
from cartflow.core.saving.kinds import NETCDF, PNG
from cartflow.core.saving.signals import Stopping, held
from cartflow.core.saving.whole import remove_left_overs, write_whole


def text(words):
    return lambda path: path.write_bytes(NETCDF + words.encode())


def full(path):
    path.write_bytes(b"half")
    raise RuntimeError("NetCDF: HDF error")


@pytest.fixture
def out(tmp_path, monkeypatch):
    """Return a destination whose other places are folders of the test."""
    for name in ("results", "here", "home", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(destination.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    return Destination(path=tmp_path / "results" / "run.nc", force=False)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.nc"
    write_whole(path, text("one"))
    with pytest.raises(InputError, match=r"x\.nc: cannot be written \(NetCDF: HDF error"):
        write_whole(path, full)
    assert path.read_bytes() == NETCDF + b"one"
    assert names(tmp_path) == ["x.nc"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~os.umask(os.umask(0o022))


def test_without_replacing_what_came_meanwhile_stays(tmp_path):
    path = tmp_path / "x.nc"

    def somebody_else(draft):
        draft.write_bytes(b"mine")
        path.write_bytes(b"theirs")

    with pytest.raises(InputError, match=r"x\.nc: cannot be written \(File exists\)"):
        write_whole(path, somebody_else, replace=False)
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["x.nc"]


def test_a_file_system_without_second_names(tmp_path, monkeypatch):
    def no_link(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    write_whole(tmp_path / "x.nc", text("one"), replace=False)
    with pytest.raises(InputError, match="Operation not permitted"):
        write_whole(tmp_path / "x.nc", text("two"), replace=False)
    assert (tmp_path / "x.nc").read_bytes() == NETCDF + b"one"
    assert names(tmp_path) == ["x.nc"]


@pytest.mark.parametrize("letters", ["a", "é"])
def test_the_longest_names(tmp_path, letters):
    name = letters * ((255 - 3) // len(letters.encode())) + ".nc"
    out = Destination(path=tmp_path / name, force=False)
    out.save(text("one"))
    assert names(tmp_path) == [name]


def test_left_overs_of_killed_processes_go_and_others_stay(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    machine = whole._machine()
    other = "ffffffff" if machine != "ffffffff" else "eeeeeeee"
    left = tmp_path / f".run_{machine}_{gone.pid}_0123abcd.part"
    old = tmp_path / f".run_{other}_1_0123abcd.part"
    kept = [
        tmp_path / f".run_{machine}_{os.getpid()}_0123abcd.part",
        tmp_path / f".run_{other}_2_0123abcd.part",
        tmp_path / "run.part",
        tmp_path / f"run_{machine}_{gone.pid}_0123abcd.part",
        tmp_path / f".run_{machine}_{gone.pid}_0123abcd.part.nc",
    ]
    for path in (left, old, *kept):
        path.write_text("x")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    Destination(path=tmp_path / "another.nc", force=False)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    remove_left_overs(tmp_path / "nowhere")


def test_the_disk_is_full_and_then_is_not(out, capsys):
    drafts = [full, full, text("three")]
    keeper = Keeper(out, lambda number: drafts[number], seconds=0.0)
    for number in range(3):
        keeper(lambda number=number: number)
    assert out.path.read_bytes() == NETCDF + b"three"
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("note          ")
    assert "HDF error" in said[0]
    assert said[0].endswith("the run goes on and tries again")


def test_a_keeper_waits_between_writings(out):
    keeper = Keeper(out, text, seconds=1000.0)
    keeper(lambda: "one")
    assert not out.path.exists()


def test_too_little_memory_stops_no_run(out, capsys):
    def large():
        raise MemoryError

    Keeper(out, text, seconds=0.0)(large)
    assert "not enough memory" in capsys.readouterr().err


def test_the_folder_is_gone(out, tmp_path, capsys):
    out.save(text("one"))
    out.path.unlink()
    out.path.parent.rmdir()
    with pytest.raises(InputError, match=r"run\.nc: its folder does not exist"):
        out.save(text("two"))
    written = out.settle(text("three"))
    assert written == tmp_path / "here" / "run_2.nc"
    assert written.read_bytes() == NETCDF + b"three"
    assert capsys.readouterr().err == f"cartflow: {out.path}: its folder does not exist\n"
    with pytest.raises(RunStopped, match=r"run\.nc: could not be written; the result is in .*_2"):
        out.require_here(written)


def test_a_file_that_another_run_wrote_stays_and_ours_goes_beside(out):
    out.path.write_bytes(NETCDF + b"theirs")
    (out.path.parent / "run_2.nc").write_bytes(b"older")
    with pytest.raises(InputError, match=r"came to be there while this ran.* without --force"):
        out.save(text("ours"))
    written = out.settle(text("ours"))
    assert written == out.path.parent / "run_3.nc"
    assert out.path.read_bytes() == NETCDF + b"theirs"
    assert written.read_bytes() == NETCDF + b"ours"


@pytest.mark.parametrize("force", [False, True])
def test_our_own_file_is_overwritten_until_somebody_changes_it(tmp_path, force):
    out = Destination(path=tmp_path / "run.nc", force=force)
    for words in ("one", "two"):
        out.save(text(words))
    assert out.path.read_bytes() == NETCDF + b"two"
    (tmp_path / "new").write_bytes(b"a study, not netCDF")
    (tmp_path / "new").replace(out.path)
    with pytest.raises(InputError, match="came to be there while this ran"):
        out.save(text("three"))
    assert out.path.read_bytes() == b"a study, not netCDF"


def test_force_overwrites_netcdf_that_came_meanwhile(tmp_path):
    out = Destination(path=tmp_path / "run.nc", force=True)
    out.path.write_bytes(NETCDF + b"theirs")
    out.save(text("ours"))
    assert out.path.read_bytes() == NETCDF + b"ours"


def test_no_place_takes_it(out, tmp_path, monkeypatch):
    monkeypatch.setattr(destination.sys, "stdin", None)
    with pytest.raises(
        RunStopped, match="could not be written, and no other folder takes the result"
    ):
        out.settle(full)
    for folder in ("results", "here", "home", "temporary"):
        assert names(tmp_path / folder) == []


class Terminal:
    def __init__(self, *lines):
        self.lines = list(lines)

    def isatty(self):
        return True

    def readline(self):
        return self.lines.pop(0)


def test_the_user_is_asked_last(out, tmp_path, monkeypatch, capsys):
    (tmp_path / "disk").mkdir()

    def full_but_one(path):
        return text("here")(path) if path.parent.name == "disk" else full(path)

    answers = Terminal("nowhere/x.nc\n", "x.txt\n", f"{tmp_path}/disk/y.nc\n")
    monkeypatch.setattr(destination.sys, "stdin", answers)
    assert out.settle(full_but_one) == tmp_path / "disk" / "y.nc"
    said = capsys.readouterr().err
    assert said.count("another file") == 3
    assert "did you mean 'x.nc'?" in said


def test_the_user_gives_up(out, monkeypatch):
    monkeypatch.setattr(destination.sys, "stdin", Terminal("\n"))
    with pytest.raises(RunStopped, match="could not be written"):
        out.settle(full)


def test_what_is_no_file_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo.nc")
    (tmp_path / "loop.nc").symlink_to("loop.nc")
    (tmp_path / "dangling.nc").symlink_to("nothing")
    (tmp_path / "link.nc").symlink_to("fifo.nc")
    (tmp_path / "folder.nc").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # the name of a socket has at most about 100 bytes
        listening.bind("socket.nc")
        for name, message in {
            "fifo.nc": "is a device, pipe or socket",
            "link.nc": "is a device, pipe or socket",
            "socket.nc": "is a device, pipe or socket",
            "folder.nc": "is a folder",
            "dangling.nc": "is a link to nothing",
            "loop.nc": r"no name for a file \(Too many levels of symbolic links\)",
            "x" * 300 + ".nc": r"no name for a file \(File name too long\)",
            "a\0b.nc": r"no name for a file \(.*embedded null ",
            "fifo.nc/x.nc": r"no name for a file \(Not a directory\)",
            "none/x.nc": "its folder does not exist",
        }.items():
            for force in (False, True):
                with pytest.raises(InputError, match=message):
                    require_writable(tmp_path / name, NETCDF, force=force)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("e.txt", NETCDF, r"e\.txt: what is written is netCDF-4; did you mean '.*e\.nc'\?"),
        ("e", NETCDF, r"did you mean '.*e\.nc'\?"),
        ("e.png", NETCDF, r"did you mean '.*e\.nc'\?"),
        ("e.nc", PNG, r"what is written is PNG; did you mean '.*e\.png'\?"),
    ],
)
def test_an_ending_that_is_another_kinds_is_asked_about(tmp_path, name, kind, message):
    with pytest.raises(InputError, match=message):
        require_writable(tmp_path / name, kind, force=False)


@pytest.mark.parametrize("name", ["e.nc", "e.NC", "e.nc4", "e.h5"])
def test_endings_of_netcdf(tmp_path, name):
    require_writable(tmp_path / name, NETCDF, force=False)


def test_signals_wait_until_a_file_is_written(tmp_path):
    def interrupted(path):
        signal.raise_signal(signal.SIGINT)
        path.write_bytes(NETCDF)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "x.nc", interrupted)
    assert names(tmp_path) == ["x.nc"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with held():
            signal.raise_signal(signal.SIGTERM)
        with Stopping() as stop:
            signal.raise_signal(signal.SIGTERM)
        assert stop.asked is None
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_between_steps(number):
    seen = []

    def step(time, size):
        signal.raise_signal(number)
        signal.raise_signal(number)
        seen.append(time)

    with Stopping() as stop:
        watch = stop.watched(step)
        with pytest.raises(
            KeyboardInterrupt, match="^$" if number == signal.SIGINT else "^by SIGTERM$"
        ):
            watch(1.0, 0.1)
        assert seen == [1.0]
        # While the result is written nothing stops it.
        signal.raise_signal(signal.SIGINT)


def test_a_second_interrupt_stops_within_a_step(capfd):
    with Stopping() as stop:
        stop.watched(lambda *_: None)
        signal.raise_signal(signal.SIGINT)
        assert "Ctrl-C again stops at once" in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_before_the_first_step_a_signal_stops_at_once_even_if_a_library_swallows_it():
    with Stopping() as stop:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            stop.watched(lambda *_: None)


def tree(size):
    species = xr.Dataset({"x": ("time", [0.0] * size)}, coords={"time": range(size)})
    groups = {"/": xr.Dataset(attrs={"title": "t"}), "/species": species, "/parameters": None}
    return xr.DataTree.from_dict(groups)


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from cartflow.core.saving.destination import Destination
from cartflow.core.saving.keeper import Keeper
from cartflow.core.dataset import netcdf
from test_saving import tree
out = Destination(path=Path("run.nc"), force=False)
keeper = Keeper(out, netcdf, seconds=0.0)
keeper(lambda: tree(100))
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, most))
for _ in range(3):
    keeper(lambda: tree(100_000))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(out.settle(netcdf(tree(200_000))))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits of files")
def test_a_file_that_may_not_grow_keeps_the_last_one(tmp_path):
    code = LIMITED.format(tests=os.path.dirname(__file__))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "run.nc\n"
    assert done.stderr.count("the run goes on and tries again") == 1
    assert names(tmp_path) == ["run.nc"]
    assert read(tmp_path / "run.nc")["species"].sizes["time"] == 200_000


def test_too_little_room_is_seen_before_a_library_sees_it(tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 500_000})
    monkeypatch.setattr(whole.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InputError, match=r"\(it takes 1\.\d MB; 0\.5 MB are free there\)"):
        write(tree(100_000), tmp_path / "x.nc")
    assert names(tmp_path) == []
    write_whole(tmp_path / "small.nc", netcdf(tree(10)))

"""Compiled code: kept where the user may write, and trusted only as the user's own."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cartflow
from cartflow.core.cache_folder import cache_folder, write_once
from cartflow.core.outcome import InputError

LOOP = """
import numpy as np
from cartflow.core.stepping import relative_difference
one, two = np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]])
print(float(relative_difference(one, two, np.ones(2), np.zeros(1))[0]))
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """Return a copy of the package that keeps nothing beside its files, whoever runs it."""
    place = tmp_path_factory.mktemp("installation")
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(cartflow.__file__).parent, place / "cartflow", ignore=leave)
    for folder in (place / "cartflow").rglob("__init__.py"):
        # Even root can make no folder where a file is.
        (folder.parent / "__pycache__").write_text("")
    return place


def run(installation, home, **more):
    environment = {k: v for k, v in os.environ.items() if k != "CARTFLOW_CACHE"}
    for name in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        environment.pop(name, None)
    path = os.pathsep.join([str(installation), *(p for p in sys.path if p)])
    environment |= {"HOME": str(home), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOOP],
        env=environment,
        cwd=installation,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # |2 - 4| of 1 + 4.
    assert float(done.stdout) == pytest.approx(0.4)
    return done.stderr


def test_a_read_only_installation_and_no_home_run_with_a_note(installation, tmp_path):
    (tmp_path / "home").write_text("")
    said = run(installation, tmp_path / "home")
    assert said.count("note          compiled code cannot be kept in ") == 1
    assert "CARTFLOW_CACHE may name another folder" in said


def test_the_chosen_folder_keeps_loops(installation, tmp_path):
    (tmp_path / "home").write_text("")
    times = []
    for _ in range(2):
        said = run(installation, tmp_path / "home", CARTFLOW_CACHE=str(tmp_path / "cache"))
        assert "note" not in said
        kept = list((tmp_path / "cache" / "loops").rglob("stepping.*.nbc"))
        times.append([file.stat().st_mtime_ns for file in kept])
    assert len(times[0]) == 1
    assert times[0] == times[1]


def test_a_home_that_takes_files_keeps_loops(installation, tmp_path):
    assert "note" not in run(installation, tmp_path)
    assert list(tmp_path.rglob("stepping.*.nbc"))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no owners of files")
class TestTrust:
    def test_another_users_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CARTFLOW_CACHE", str(tmp_path))
        assert cache_folder("kinetics") == tmp_path / "kinetics"
        assert (tmp_path / "kinetics").stat().st_mode & 0o777 == 0o700
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(InputError, match=r"CARTFLOW_CACHE: .* belongs to another user"):
            cache_folder("kinetics")

    @pytest.mark.parametrize(("mode", "refused"), [(0o777, True), (0o770, True), (0o755, False)])
    def test_a_folder_that_others_write_to(self, tmp_path, monkeypatch, mode, refused):
        monkeypatch.setenv("CARTFLOW_CACHE", str(tmp_path))
        (tmp_path / "kinetics").mkdir()
        (tmp_path / "kinetics").chmod(mode)
        if not refused:
            assert cache_folder("kinetics").is_dir()
            return
        with pytest.raises(InputError, match=r"CARTFLOW_CACHE: .*others may write to .*kinetics"):
            cache_folder("kinetics")

    @pytest.mark.parametrize(("mode", "refused"), [(0o777, True), (0o1777, False)])
    def test_a_parent_in_which_others_rename(self, tmp_path, monkeypatch, mode, refused):
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(mode)
        monkeypatch.setenv("CARTFLOW_CACHE", str(shared / "mine"))
        if not refused:
            assert cache_folder("kinetics").is_dir()
            return
        with pytest.raises(InputError, match=r"CARTFLOW_CACHE: .*others may write to .*shared"):
            cache_folder("kinetics")

    def test_the_systems_folder_if_it_is_anothers(self, tmp_path, monkeypatch, capsys):
        import platformdirs

        monkeypatch.delenv("CARTFLOW_CACHE", raising=False)
        monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path))
        (tmp_path / "kinetics").mkdir()
        (tmp_path / "kinetics").chmod(0o777)
        folder = cache_folder("kinetics")
        assert tmp_path not in folder.parents
        assert "others may write to" in capsys.readouterr().err

    def test_no_room_anywhere(self, tmp_path, monkeypatch):
        import platformdirs

        def full(folder):
            raise OSError(errno.EFBIG, "File too large")

        monkeypatch.delenv("CARTFLOW_CACHE", raising=False)
        monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path))
        monkeypatch.setattr("cartflow.core.cache_folder.require_room", full)
        with pytest.raises(InputError, match=r"nor in a temporary folder \(File too large\); CART"):
            cache_folder("kinetics")


def test_a_text_is_taken_only_if_it_matches(tmp_path):
    path, asked = tmp_path / "module.py", []

    def make():
        asked.append(1)
        return "VALUE = 1\n"

    write_once(path, make)
    write_once(path, make)
    assert len(asked) == 1
    whole = path.read_bytes()
    (tmp_path / "__pycache__").mkdir()
    for spoilt in (whole + b"import os\n", whole.replace(b"1\n", b"2\n"), whole[:-4], b"", b"\xff"):
        path.write_bytes(spoilt)
        (tmp_path / "__pycache__" / "module.loop-1.nbc").write_text("stale")
        write_once(path, make)
        assert path.read_bytes() == whole
        assert not list((tmp_path / "__pycache__").iterdir())
    assert len(asked) == 6


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no owners of files")
def test_a_text_that_others_may_write_to_is_written_anew(tmp_path):
    path = tmp_path / "module.py"
    write_once(path, lambda: "VALUE = 1\n")
    path.chmod(0o666)
    write_once(path, lambda: "VALUE = 2\n")
    assert path.read_text().endswith("VALUE = 2\n")

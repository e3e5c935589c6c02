"""A few spoilt inputs of each kind, and by ``pytest -m slow`` two thousand; runs ended anywhere."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.append(str(HERE))

from spoil import spoilt_bytes, spoilt_text  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bounds a child as Linux does")
KINDS = ["study", "kinetics", "body", "image", "vessels", "result", "set"]
KINDS += ["sbml"] if find_spec("libsbml") else []


def run(name, *arguments):
    """Run a tool of this folder in a process of its own, which has no threads when it forks."""
    done = subprocess.run(
        [sys.executable, HERE / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


def test_a_few_of_each_kind():
    out = run("hostile.py", *KINDS, "--number", "10", "--seed", "7")
    assert out.count("; 0 faults; ") == len(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_two_thousand(kind):
    assert "; 0 faults; " in run("hostile.py", kind, "--number", "2000")


def test_runs_ended_at_a_few_moments():
    out = run("interrupts.py", "--number", "1", "--days", "5", "--seed", "3")
    assert out.endswith("\n0 faults\n")


@pytest.mark.slow
def test_runs_ended_at_sixty_moments():
    assert run("interrupts.py", "--number", "60").endswith("\n0 faults\n")


def test_a_seed_spoils_in_the_same_way():
    text = 'a = "1 mm"\nb = 2\n[c]\n'
    for number in range(200):
        one, two = (spoilt_text(text, Random(number)) for _ in range(2))
        assert one == two
        assert spoilt_bytes(text.encode(), Random(number)) == spoilt_bytes(
            text.encode(), Random(number)
        )
    assert len({spoilt_text(text, Random(number)) for number in range(200)}) > 100


GUARDED = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
import os
os.environ["CARTFLOW_CACHE"] = os.environ["TMPDIR"] = str(Path("tmp").resolve())
from bounded import bounded
folder = Path("inside").resolve()
(folder / "out").mkdir(parents=True)
Path("tmp").mkdir()
def fine(arguments):
    Path("out/x").write_text("")
    return 0
def writes(arguments):
    Path("../outside").write_text("")
    return 0
def renames(arguments):
    Path("stdout").rename("../outside")
    return 0
def starts(arguments):
    os.system("true")
    return 0
def large(arguments):
    bytearray(3_000_000_000)
    return 0
def fails(arguments):
    raise KeyError
for command in (fine, writes, renames, starts, large, fails):
    ending = bounded(command, [], folder)
    print(command.__name__, ending.status, "; ".join(ending.faults()) or "no fault")
"""


def test_the_bounds_hold(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", GUARDED.format(here=str(HERE))],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stdout.splitlines() == [
        "fine 0 no fault",
        "writes 77 status 77",
        "renames 77 status 77",
        "starts 77 status 77",
        "large 3 traceback; status 3",
        "fails 3 traceback; status 3",
    ], done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "tmp"]

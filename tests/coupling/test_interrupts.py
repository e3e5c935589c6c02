"""A user who interrupts a run from Python: it ends between two steps, and what it has stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "mouse_flank.toml"
# Within compiled steps, where nearly all of the time goes.
SCRIPT = """
import os, signal, sys, threading
from cartflow import Study
study = Study.from_file(sys.argv[1], {"time.end": "2 days"})
study.run()
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in range(3):
    after = threading.Timer(0.5 + 0.1 * number, os.kill, (os.getpid(), signal.SIGINT))
    after.start()
    print(study.with_settings({"time.end": "90000 days"}).run().outcome)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of another kind")
def test_a_run_that_the_user_interrupts_from_python_ends_and_the_process_goes_on():
    command = [sys.executable, "-c", SCRIPT, str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    said = done.stdout.splitlines()
    assert len(said) == 3
    assert all(line.startswith("interrupted: by the user at t = ") for line in said)

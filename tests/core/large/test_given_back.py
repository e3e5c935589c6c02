"""What is freed is the system's again, though small things that stay lie between."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import numpy as np
from cartflow.core.large.given_back import give_back_large_arrays

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

asked = {asked} and give_back_large_arrays()
np.ones(3_900_000)  # freed at once: from here on glibc's heap holds arrays of its size
before = resident()
large, small = [], []
for _ in range(20):
    large.append(np.ones(1_000_000))
    small.append(np.ones(1_000))
del large
print(asked, resident() - before)
"""


def left(asked):
    """Return whether it was done, and the MB left of 160 that were freed, in a process's own."""
    script = [sys.executable, "-c", SCRIPT.format(asked=asked)]
    # Dask's workers are told to trim, with which glibc's heap takes no large arrays either.
    environment = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    ran = subprocess.run(script, env=environment, capture_output=True, text=True, check=True)
    done, held = ran.stdout.split()
    return done == "True", float(held)


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is read as on Linux")
def test_arrays_between_small_things_are_given_back():
    done, held = left(True)
    if not done:
        pytest.skip("this system's C library is not glibc")
    assert held < 8.0
    assert left(False)[1] > 100.0

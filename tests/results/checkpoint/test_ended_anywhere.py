"""Runs ended by signals at random moments go on from what they wrote, to the bit."""

import random
import signal
import subprocess
import sys
import time

import pytest
from results.checkpoint.test_going_on import KINDS, differing

from cartflow.results.result import load_result
from cartflow.study.study import Study

MOMENTS = 12
# Says when it begins, and writes at every opportunity.
RUN = """
import sys
from cartflow import Study
from cartflow.core.saving.signals import Stopping
with Stopping() as stop:
    study = Study.from_file(sys.argv[1])
    study.prepared
    print("begun", flush=True)
    watch = stop.watched(lambda time, step: None)
    study.run(watch, keep=lambda make: make().write(sys.argv[2])).write(sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("kind", ["one system", "voxels", "organs with kinetics"])
def test_wherever_it_was_ended(kind, name, tmp_path):
    (tmp_path / "study.toml").write_text(KINDS[kind])
    study = Study.from_file(tmp_path / "study.toml")
    whole, lasts = study.run(), 0.0
    chance = random.Random(f"{kind} {name}")
    went_on = 0
    for moment in range(MOMENTS + 1):
        path = tmp_path / f"{moment}.nc"
        arguments = [sys.executable, "-c", RUN, str(tmp_path / "study.toml"), str(path)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            assert run.stdout.readline() == b"begun\n"
            began = time.monotonic()
            if moment == 0:
                # Undisturbed, to see how long it takes with all its writing.
                assert run.wait() == 0
                lasts = time.monotonic() - began
                continue
            time.sleep(chance.uniform(0.0, lasts))
            run.send_signal(getattr(signal, name))
        since = load_result(path) if path.exists() else None
        if since is not None and since.outcome.status == "finished":
            since = None
        went_on += since is not None
        assert differing(whole.tree, study.run(since=since).tree) == [], moment
    assert went_on > MOMENTS // 4

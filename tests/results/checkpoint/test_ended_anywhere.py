"""Runs ended by signals at random moments go on from what they wrote, to the bit."""

import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress

import nibabel
import numpy as np
import pytest
from results.checkpoint.test_going_on import BOX, KINDS, differing

from cartflow.cli import main
from cartflow.core.saving.signals import Stopping
from cartflow.results import shelf as shelves
from cartflow.results import writing
from cartflow.results.result import load_result
from cartflow.study.study import Study

# Of each study, for each signal; 34 are 102 moments of every study.
MOMENTS = int(os.environ.get("CARTFLOW_MOMENTS", "12"))
STUDIES = {
    "ball": KINDS["one system"],
    "mask": KINDS["voxels"].replace(
        BOX, 'shape = "mask", file = "mask.nii", largest_component = true'
    ),
    "organs": KINDS["organs with kinetics"],
    "body alone": KINDS["body alone"],
}


def run(study, out, told):
    """Say when it begins, and write at every opportunity."""
    with Stopping() as stop:
        study = Study.from_file(study)
        _ = study.prepared
        told.send("begun")
        watch = stop.watched(lambda time, step: None)
        study.run(watch, keep=lambda make: make().write(out)).write(out)


def image(folder):
    """Write the image of the study on a mask."""
    inside = np.zeros((6, 5, 4), dtype=np.uint8)
    inside[1:5, 1:4, 1:3] = 1
    inside[2, 1, 2] = 0
    nibabel.save(nibabel.Nifti1Image(inside, np.diag([0.2, 0.2, 0.2, 1.0])), folder / "mask.nii")


@pytest.fixture(scope="module")
def begun():
    """Begin `run` in a process that has imported all that it needs."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["cartflow.study.study", "cartflow.results.result"])

    def begin(study, out, target=run):
        heard, told = processes.Pipe(duplex=False)
        process = processes.Process(target=target, args=(study, out, told))
        process.start()
        assert heard.recv() == "begun"
        return process

    return begin


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("kind", STUDIES)
def test_wherever_it_was_ended(kind, name, begun, tmp_path):
    (tmp_path / "study.toml").write_text(STUDIES[kind])
    image(tmp_path)
    study = Study.from_file(tmp_path / "study.toml")
    whole, lasts = study.run(), 0.0
    chance = random.Random(f"{kind} {name}")
    went_on = 0
    for moment in range(MOMENTS + 1):
        path = tmp_path / f"{moment}.nc"
        process = begun(tmp_path / "study.toml", path)
        began = time.monotonic()
        if moment:
            time.sleep(chance.uniform(0.0, lasts))
            # It may have ended by then.
            with suppress(ProcessLookupError):
                os.kill(process.pid, getattr(signal, name))
        process.join()
        if moment == 0:
            # Undisturbed, to see how long it takes with all its writing.
            assert process.exitcode == 0
            lasts = time.monotonic() - began
            continue
        since = load_result(path) if path.exists() else None
        if since is not None and since.outcome.status == "finished":
            since = None
        went_on += since is not None
        assert differing(whole.tree, study.run(since=since).tree) == [], moment
    print(f"{kind}, {name}: {MOMENTS} moments, {went_on} went on")
    assert went_on > 0


def run_as_it_goes(study, out, told):
    """Run as the command does, with all fields in files as they come."""
    shelves._MOST_IN_MEMORY, writing._SECONDS, writing._SHARE = 0, 0.0, 1e9
    told.send("begun")
    options = ["--resume", "--quiet", "--set", "solver.mesh_check=false"]
    main(["run", str(study), "--out", str(out), *options])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_wherever_it_was_ended_while_fields_are_written_beside_it(name, begun, tmp_path):
    image(tmp_path)
    (tmp_path / "study.toml").write_text(STUDIES["mask"])
    alone = Study.from_file(tmp_path / "study.toml", {"solver.mesh_check": False})
    whole, chance = alone.run().tree, random.Random(name)
    lasts, stood = 0.0, 0
    for moment in range(MOMENTS + 1):
        path, sent = tmp_path / f"{moment}.nc", 0
        while not path.exists() or load_result(path).outcome.status != "finished":
            process = begun(tmp_path / "study.toml", path, run_as_it_goes)
            began = time.monotonic()
            # Twice in each run, which then ends by itself.
            if moment and sent < 2:
                time.sleep(chance.uniform(0.0, lasts))
                with suppress(ProcessLookupError):
                    os.kill(process.pid, getattr(signal, name))
                sent += 1
            process.join()
            stood += path.exists()
            lasts = lasts or time.monotonic() - began
        assert differing(whole, load_result(path).tree) == [], moment
        assert not (tmp_path / f"{moment}.nc.fields").exists()
    print(f"{name}: {MOMENTS} runs, {stood} ends with a file")
    assert stood > MOMENTS

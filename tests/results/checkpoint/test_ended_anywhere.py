"""Runs ended by signals at random moments go on from what they wrote, to the bit."""

import os
import random
import signal
from functools import partial
from itertools import pairwise

import nibabel
import numpy as np
import pytest
from ended_runs import Ended, as_the_command, saving_often
from results.checkpoint.test_going_on import KINDS, ORGANS, STUDY, differing

from cartflow.results.result import load_result
from cartflow.study.study import Study

# Of each study, for each signal; 34 are 102 moments of every study.
MOMENTS = int(os.environ.get("CARTFLOW_MOMENTS", "12"))
# To write a step takes longer than to take it: ten hours in few steps, and one of three is written.
EVENTS = """
events = [
    { time = "3 h", every = "4 h", multiply = { "trafficking.lung.transmigration_rate" = 1.5 } },
    { when = "cart in blood < 100 cells/uL", set = { "body.cardiac_output" = "20 mL/min" } },
]
solver = { tolerance = 1e-2, initial_step = "10 min" }
"""
SHORT = STUDY.replace('"20 h"', '"7 h"').replace(
    'end = "2 days", every = "8 h"', 'end = "10 h", every = "2 h"'
)
MASK = 'shape = "mask", file = "mask.nii", largest_component = true'
STUDIES = {
    "ball": KINDS["one system"],
    "mask": SHORT.replace('shape = "ball", radius = "1 mm", cells = 8', MASK) + EVENTS,
    "organs": SHORT + ORGANS + EVENTS,
    "body alone": KINDS["body alone"],
}
EVERY = {"ball": 1, "mask": 3, "organs": 3, "body alone": 1}


def image(folder):
    """Write the image of the study on a mask."""
    inside = np.zeros((6, 5, 4), dtype=np.uint8)
    inside[1:5, 1:4, 1:3] = 1
    inside[2, 1, 2] = 0
    nibabel.save(nibabel.Nifti1Image(inside, np.diag([0.2, 0.2, 0.2, 1.0])), folder / "mask.nii")


@pytest.fixture(scope="module")
def ended():
    return Ended()


class Moments:
    """Random moments of a run that said its words at `times`, the last of which is its end.

    A moment is a word and a part of the time until the next one: alike at any speed.
    """

    def __init__(self, times, name):
        self._gaps = [later - one for one, later in pairwise(times)]
        self._chance = random.Random(name)

    def next(self):
        word = self._chance.randrange(len(self._gaps))
        return {"word": word, "later": self._chance.uniform(0.0, self._gaps[word])}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
@pytest.mark.parametrize("kind", STUDIES)
def test_wherever_it_was_ended(kind, name, ended, tmp_path):
    (tmp_path / "study.toml").write_text(STUDIES[kind])
    image(tmp_path)
    study = Study.from_file(tmp_path / "study.toml")
    whole, target = study.run(), partial(saving_often, every=EVERY[kind])
    # Undisturbed, to see what it says with all its writing.
    status, times = ended.run(target, tmp_path / "study.toml", tmp_path / "whole.nc")
    assert status == 0
    moments, went_on = Moments(times, f"{kind} {name}"), 0
    for moment in range(MOMENTS):
        path = tmp_path / f"{moment}.nc"
        sent = getattr(signal, name)
        ended.run(target, tmp_path / "study.toml", path, **moments.next(), number=sent)
        since = load_result(path) if path.exists() else None
        if since is not None and since.outcome.status == "finished":
            since = None
        went_on += since is not None
        assert differing(whole.tree, study.run(since=since).tree) == [], moment
    print(f"{kind}, {name}: {MOMENTS} moments of {len(times)} words, {went_on} went on")
    assert went_on > 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_wherever_it_was_ended_while_fields_are_written_beside_it(name, ended, tmp_path):
    image(tmp_path)
    (tmp_path / "study.toml").write_text(STUDIES["mask"])
    alone = Study.from_file(tmp_path / "study.toml", {"solver.mesh_check": False})
    whole, stood = alone.run().tree, 0
    _, times = ended.run(as_the_command, tmp_path / "study.toml", tmp_path / "whole.nc")
    moments = Moments(times, name)
    for moment in range(MOMENTS):
        path, sent = tmp_path / f"{moment}.nc", 0
        while not path.exists() or load_result(path).outcome.status != "finished":
            # Twice in each run, which then ends by itself.
            asked = {} if sent == 2 else {**moments.next(), "number": getattr(signal, name)}
            sent += bool(asked)
            ended.run(as_the_command, tmp_path / "study.toml", path, **asked)
            stood += path.exists()
        assert differing(whole, load_result(path).tree) == [], moment
        assert not (tmp_path / f"{moment}.nc.fields").exists()
    print(f"{name}: {MOMENTS} runs, {stood} ends with a file")
    assert stood > MOMENTS

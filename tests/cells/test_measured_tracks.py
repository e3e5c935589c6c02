"""Walks fitted to measured tracks of T cells: simulated tracks come as far as the measured."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from cartflow.cells.tracks.curves import displacement_curve
from cartflow.cells.tracks.fit import fit_tracks
from cartflow.cells.tracks.simulated import simulate_tracks

DATA = Path(__file__).parents[3] / "shared/data"
# File, column of time, its frames (in that unit), minutes a frame; motility stated in SOURCE.md.
SETS = {
    "celltrackr": ("celltrackr_two_photon/TCellsRaw.csv", "t_s", 24.0, 0.4, 16.2),
    "behav3d": (
        "behav3d_teg_organoid_tracks/DemoDataset1_20190523_CD8green.csv.gz",
        "t_min",
        2.0,
        2.0,
        2.38,
    ),
}


def tracks_of(path, column, frame):
    """Return arrays (frames, 3) in um, a frame that is missing NaN."""
    rows = {}
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt") as file:
        for row in csv.DictReader(file):
            place = [float(row[f"{axis}_um"]) for axis in "xyz"]
            rows.setdefault(row["track"], {})[round(float(row[column]) / frame)] = place
    found = []
    for places in rows.values():
        first = min(places)
        track = np.full((max(places) - first + 1, 3), np.nan)
        for number, place in places.items():
            track[number - first] = place
        found.append(track)
    return found


@pytest.mark.parametrize("name", SETS)
def test_simulated_tracks_come_as_far_as_measured_ones(name):
    file, column, frame, interval, motility = SETS[name]
    if not (DATA / file).is_file():
        pytest.skip(f"{file} is not there")
    tracks = tracks_of(DATA / file, column, frame)
    walk = fit_tracks(tracks, interval)
    # The motility of SOURCE.md is a slope at later lags, where cells have left a thin volume.
    assert walk.diffusivity == pytest.approx(motility, rel=0.15)
    measured, _ = displacement_curve(tracks, 10)
    frames = [len(track) for track in tracks]
    curves = [
        displacement_curve(simulate_tracks(walk, frames, interval, seed=seed), 10)[0]
        for seed in range(5)
    ]
    found = np.mean(curves, axis=0)
    error = np.std(curves, axis=0) / np.sqrt(5)
    assert (np.abs(found - measured) < 0.015 * measured + 3 * error).all()

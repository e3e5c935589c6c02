"""Cells that decay in any place, at a rate that events change."""

import pytest
from programmes import BALL, BOX, DECAY, KEYS, PLACES

from cartflow.study.study import Study


@pytest.fixture
def decaying(tmp_path):
    """Return a function that gives the study of a place, and the key of its rate."""
    path = tmp_path / "decay.toml"
    path.write_text(DECAY)

    def made(place, **settings):
        text = PLACES[place].format(geometry=BOX if place == "voxels" else BALL, model=path)
        key = KEYS.get(place, "kinetics.parameters.k")
        return Study.from_text(text, folder=tmp_path, settings=given(settings, key))

    return made


def given(settings, key):
    """Return the settings with the key of the rate in place of K."""
    named = {k.replace("K", key): v for k, v in settings.items()}
    for event in named.get("events", []):
        for what in ("set", "multiply"):
            if what in event:
                event[what] = {key: event[what]}
    return named

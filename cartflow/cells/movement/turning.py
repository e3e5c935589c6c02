"""How long cells walk straight on or pause, how far that is, and which way they face next."""

from __future__ import annotations

import numpy as np

from cartflow.cells.chance.philox import MOVING, direction, draw, uniform
from cartflow.core.compiling import serial


@serial
def face(turned, pull, bias, word, other):  # type: ignore[no-untyped-def]
    """Let `turned` face anywhere alike, or with a `bias` (0 to 1) more along `pull`.

    The way is bias times the unit vector along `pull` and 1 - bias times one that points anywhere
    alike, of which the direction alone counts.
    """
    turned[0], turned[1], turned[2] = direction(word, other)
    if bias <= 0.0:
        return
    size, length = 0.0, 0.0
    for a in range(3):
        size += pull[a] * pull[a]
    if size == 0.0:
        return
    for a in range(3):
        turned[a] = bias * pull[a] / np.sqrt(size) + (1.0 - bias) * turned[a]
        length += turned[a] * turned[a]
    for a in range(3):
        turned[a] /= np.sqrt(length)


@serial
def stays(kind, diffusivity, persistence, drifts):  # type: ignore[no-untyped-def]
    """Return whether cells of a kind stay where they are, for which nothing need be drawn."""
    return diffusivity[kind] == 0.0 and persistence[kind] == 0.0 and drifts[kind] < 0


@serial
def pauses(turned):  # type: ignore[no-untyped-def]
    """Return whether a cell faces nowhere, which is how one that pauses is told."""
    return turned[0] == 0.0 and turned[1] == 0.0 and turned[2] == 0.0


@serial
def stretch(turned, persistence, pause, seed, name, step, number):  # type: ignore[no-untyped-def]
    """Return whether a cell pauses, for how many days it goes on so, and two lots for its turn."""
    a, b, c, e = draw(seed, name, step, MOVING, number)
    waits = pauses(turned)
    return waits, -(pause if waits else persistence) * np.log(uniform(a, b)), c, e


@serial
def stride(by, turned, pull, speed, bias, days):  # type: ignore[no-untyped-def]
    """Write the way of some days straight on to `by`; without a `bias` the drift carries, too."""
    carried = days if bias <= 0.0 else 0.0
    for k in range(3):
        by[k] = speed * turned[k] * days + pull[k] * carried


@serial
def turn(turned, pull, pause, bias, waits, word, other):  # type: ignore[no-untyped-def]
    """Let a cell that walked pause if it makes pauses, and else face another way."""
    if pause > 0.0 and not waits:
        turned[:] = 0.0
    else:
        face(turned, pull, bias, word, other)

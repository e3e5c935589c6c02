"""Random numbers by counting: what is drawn depends on who draws, when and which, on nothing else.

Philox4x32-10 (Salmon et al. 2011, doi 10.1145/2063384.2063405) turns a counter and a key into four
words of 32 bits. The counter holds a cell's number, the step, and which draw of what purpose it
is; the key is the seed. So the numbers of a cell are the same whichever thread asks for them.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import serial

# What draws are for: they are parts of the counter, so that none meets another.
MOVING, EVENTS, PLACING, SAVING, TRAITS, PUSHING, CONTACT, SITES, HOPPING = range(9)

_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_PURPOSE = np.uint64(28)
_HIGH, _LOW = np.uint64(20), np.uint64(12)
_BELOW_ONE = 2.0**-52
_ONE_WORD = 2.0**-32


@serial
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Return the four words of the counter (c0 ... c3) under the key (k0, k1), each a uint64."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (
            (p1 >> _HALF) ^ c1 ^ k0,
            p1 & _WORD,
            (p0 >> _HALF) ^ c3 ^ k1,
            p0 & _WORD,
        )
        k0, k1 = (k0 + _W0) & _WORD, (k1 + _W1) & _WORD
    return c0, c1, c2, c3


@serial
def draw(seed, cell, step, purpose, number):  # type: ignore[no-untyped-def]
    """Return four words for the `number`-th draw of a cell in a step; all are whole numbers."""
    who, key = np.uint64(cell), np.uint64(seed)
    which = (np.uint64(purpose) << _PURPOSE) | np.uint64(number)
    return philox(who & _WORD, who >> _HALF, np.uint64(step), which, key & _WORD, key >> _HALF)


@serial
def uniform(high, low):  # type: ignore[no-untyped-def]
    """Return a number between 0 and 1, neither of them, from two words: 52 bits of them."""
    return (np.float64((high << _HIGH) | (low >> _LOW)) + 0.5) * _BELOW_ONE


@serial
def coarse(word):  # type: ignore[no-untyped-def]
    """Return a number between 0 and 1, neither of them, from one word."""
    return (np.float64(word) + 0.5) * _ONE_WORD


@serial
def normals(a, b, c, d):  # type: ignore[no-untyped-def]
    """Return four standard normal numbers from four words (Box and Muller), up to 6.7 in size."""
    first, second = np.sqrt(-2.0 * np.log(coarse(a))), np.sqrt(-2.0 * np.log(coarse(c)))
    one, two = 2.0 * np.pi * coarse(b), 2.0 * np.pi * coarse(d)
    return first * np.cos(one), first * np.sin(one), second * np.cos(two), second * np.sin(two)


@serial
def direction(word, other):  # type: ignore[no-untyped-def]
    """Return a unit vector that points anywhere alike, from two words."""
    z = 2.0 * coarse(word) - 1.0
    across, angle = np.sqrt(1.0 - z * z), 2.0 * np.pi * coarse(other)
    return across * np.cos(angle), across * np.sin(angle), z

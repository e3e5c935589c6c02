"""What the compiled runs of organ kinetics read and write, by name.

Everything that differs between animals is (rows, lanes), one animal a lane; there are `LANES` of
them, or one.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


class System(NamedTuple):
    """Where in the state everything is, and which rows `groups` (first, end) share their sum.

    See `cartflow.pbpk.organs.system.OrganSystem`, whose members of these names they are.
    """

    transfers: Places
    places: Places
    effects: Places
    factors: Array
    saturations: Places
    groups: Places


class Steps(NamedTuple):
    """The steps of an elimination: see `cartflow.pbpk.organs.elimination.Elimination`."""

    order: Places
    diagonal: Places
    starts: Places
    lower: Places
    update: Places
    upper: Places


class Matrix(NamedTuple):
    """How the matrix of a stage is made and eliminated: `steps`, and what kinetics put into it.

    `local`, `local_factors`, `pulls` and `fluids` are those of `OrganSystem`.
    """

    steps: Steps
    local: Places
    local_factors: Array
    pulls: Places
    fluids: Places


class Group(NamedTuple):
    """Animals, one a lane: rates of transport (entries), volumes of events (reactions x sites).

    `inverse_volumes` (species x sites) turn amounts into densities, `saturations` are those of
    bound places, 1/amount/day. `parameters` has all sites and lanes of one in a row: (parameters,
    sites x lanes).
    """

    rates: Array
    volumes: Array
    inverse_volumes: Array
    parameters: Array
    saturations: Array


class Segments(NamedTuple):
    """Pieces of time: their `ends` (days), whether the state there is `kept`.

    Each animal gets its `shares` (animals,) of what is `given` (segments, size) at the beginning
    of each, and `supplied` per day, which grows by `rising` every day.
    """

    ends: Array
    kept: Places
    given: Array
    supplied: Array
    rising: Array
    shares: Array


class Sizes(NamedTuple):
    """Numbers of entries of the matrix, reactions, phenotypes, compartments; `most` steps."""

    entries: int
    reactions: int
    phenotypes: int
    compartments: int
    most: int


class Rules(NamedTuple):
    """The `tolerance` of a step, relative to each amount and its `floor` (size,)."""

    tolerance: float
    floor: Array


class Results(NamedTuple):
    """Kept `states` (animals, kept, size), `events` alike, `report` (status, steps, refused)."""

    states: Array
    events: Array
    report: Places


class Clock(NamedTuple):
    """Each lane's time, wanted step, segment, place of the next kept state; whether at work."""

    time: Array
    wanted: Array
    segment: Places
    kept: Places
    active: Flags


class Supplies(NamedTuple):
    """What is supplied per day now, by how much that rises every day; `rising` if any does."""

    supply: Array
    rise: Array
    rising: bool


class Local(NamedTuple):
    """Densities and rates at all sites, as rows, and with all sites of one in a row."""

    density: Array
    rate: Array
    wide_density: Array
    wide_rate: Array


class Work(NamedTuple):
    """The arrays that a step is worked out in: the new state is in `z`, what happened in `events`.

    `stages` and `event_stages` are (stages, rows, lanes); `inverse` has 1/(gamma step),
    gamma step, and for each stage what a supply's rise is multiplied with.
    """

    matrix: Array
    pivots: Array
    z: Array
    stages: Array
    total: Array
    events: Array
    event_stages: Array
    event_total: Array
    slopes: Array
    wide_slopes: Array
    inverse: Array
    local: Local

"""On what terms cells attach to others, kill them and let them go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Array = np.ndarray
NEVER = 2**31 - 1
Law = Literal["ramp", "binding"]
Gate = Literal["either", "both"]


@dataclass(frozen=True, kw_only=True)
class Second:
    """A second `antigen` (column of traits) by which a hunter finds its target, with its numbers.

    By the ``gate`` ``either`` the stronger of the two counts, by ``both`` the weaker.
    """

    antigen: int
    gate: Gate
    threshold: float = 0.0
    saturation: float = np.inf
    half: float = 0.0
    potency: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How well a hunter finds its target by the target's antigen and its own receptors.

    ``ramp``: 0 up to the antigen `threshold`, linear to 1 at `saturation` (Luque et al. 2024, doi
    10.1038/s41598-024-62203-6); if that is infinite 1 above the threshold. ``binding``:
    tanh(h / 2) with h = `potency` receptor / `reference` x antigen / (antigen + `half`), what
    2 / (1 + exp(-h)) - 1 is (Prybutok et al. 2022, doi 10.1016/j.cels.2022.07.004). `antigen` and
    `receptor` are columns of traits, -1 for none: then the antigen is 1, and the receptors the
    reference.
    """

    law: Law = "ramp"
    antigen: int = -1
    receptor: int = -1
    threshold: float = 0.0
    saturation: float = np.inf
    half: float = 0.0
    potency: float = 1.0
    reference: float = 1.0
    second: Second | None = None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A `hunter` (kind) attaches to a `target` within `reach` (mm), and may kill it.

    It attaches to each at `attach_rate` (1/day) times the strength, and by that strength times
    `kill_rate` kills it while it holds on, or after `kill_time` (day) with the chance `kill_chance`
    times the strength. It lets go at the mean `hold_time` (day), then pauses for `pause_time`
    (day). Between `full_reach` and `reach` the rate of attaching falls to 0 linearly; if contacts
    are `exclusive` a target that is held attracts no other hunter. By contact it takes the share
    `trogocytosis` of the antigen; meanwhile others of the target's kind within reach die at
    `bystander_rate` (1/day). After `exhausted_after` contacts it attaches no more, and is of the
    kind `exhausted`, if that is not -1. With `cubes` (mm) it attaches to those alone that are in
    the same cube of that edge, counted from the origin; it is drawn to all of these, at `pull`
    (1/day) times the distance of each.
    """

    hunter: int
    target: int
    reach: float
    attach_rate: float
    kill_rate: float = 0.0
    kill_time: float = 0.0
    kill_chance: float = 1.0
    hold_time: float = np.inf
    pause_time: float = 0.0
    strength: Strength = Strength()
    trogocytosis: float = 0.0
    bystander_rate: float = 0.0
    exhausted_after: int = NEVER
    exhausted: int = -1
    full_reach: float = np.inf
    exclusive: bool = False
    cubes: float = 0.0
    pull: float = 0.0


# The rows of the numbers that kernels read, one column for each contact.
(
    REACH,
    ATTACH,
    KILL,
    KILL_TIME,
    KILL_CHANCE,
    LET_GO,
    PAUSE,
    BINDING,
    ANTIGEN,
    RECEPTOR,
    THRESHOLD,
    SATURATION,
    HALF,
    POTENCY,
    REFERENCE,
    TROGOCYTOSIS,
    BYSTANDER,
    EXHAUSTED_AFTER,
    EXHAUSTED,
    FULL_REACH,
    EXCLUSIVE,
    CUBES,
    GATE,
    ANTIGEN_2,
    THRESHOLD_2,
    SATURATION_2,
    HALF_2,
    POTENCY_2,
) = range(28)
EITHER, BOTH = 1.0, 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """All contacts in the numbers that kernels read.

    `numbers` (rows above, contacts); `between` (kinds, kinds) is the contact of a hunter with a
    target, -1 for none.
    """

    numbers: Array
    between: Array

    @property
    def farthest(self) -> float:
        """The longest reach, mm."""
        return float(self.numbers[REACH].max())


def terms_of(contacts: Sequence[Contact], kinds: int) -> Terms:
    """Return the contacts of so many kinds of cells."""
    between = np.full((kinds, kinds), -1, dtype=np.int64)
    rows = []
    for number, one in enumerate(contacts):
        between[one.hunter, one.target] = number
        how = one.strength
        rows.append(
            [
                one.reach,
                one.attach_rate,
                one.kill_rate,
                one.kill_time,
                one.kill_chance,
                1.0 / one.hold_time,
                one.pause_time,
                how.law == "binding",
                how.antigen,
                how.receptor,
                how.threshold,
                how.saturation,
                how.half,
                how.potency,
                how.reference,
                one.trogocytosis,
                one.bystander_rate,
                one.exhausted_after,
                one.exhausted,
                one.full_reach,
                one.exclusive,
                one.cubes,
                *_second(how.second),
            ]
        )
    return Terms(numbers=np.array(rows, dtype=float).T.copy(), between=between)


def _second(second: Second | None) -> list[float]:
    """Return the numbers of a second antigen, from its gate on."""
    if second is None:
        return [0.0, -1.0, 0.0, np.inf, 0.0, 1.0]
    gate = EITHER if second.gate == "either" else BOTH
    ramp = [second.threshold, second.saturation]
    return [gate, second.antigen, *ramp, second.half, second.potency]

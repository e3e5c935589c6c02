"""What the members of a sweep came to, as arrays over all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.members import FINISHED, Member

Array = np.ndarray


class Gathered:
    """Values by name (member, ...), nan until a member has some, and how each member ended.

    A member that comes twice counts once; the later stands.
    """

    def __init__(self, layout: Layout, count: int) -> None:
        self.values = {
            name: np.full((count, *layout.shape(name)), np.nan) for name in layout.variables
        }
        self.status: list[str | None] = [None] * count
        self.ended = 0
        self.failed = 0

    def add(self, members: Iterable[Member]) -> None:
        """Put in what `members` came to."""
        for member in members:
            self._count(self.status[member.place], -1)
            # The same word for all of them takes no memory.
            status = FINISHED if member.status == FINISHED else member.status
            self.status[member.place] = status
            self._count(status, 1)
            for name, values in self.values.items():
                values[member.place] = member.values.get(name, np.nan)

    def _count(self, status: str | None, by: int) -> None:
        self.ended += by * (status is not None)
        self.failed += by * (status not in (None, FINISHED))

    @property
    def rest(self) -> list[int]:
        """The places of members that have not ended."""
        return [place for place, status in enumerate(self.status) if status is None]

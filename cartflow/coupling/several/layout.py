"""How the states and accounts of several tumours stand one after the other in one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from cartflow.coupling.ledger import Ledger
from cartflow.coupling.state import State
from cartflow.pde.problem import Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """The tumours' `problems` by name; `products` are all of the run."""

    problems: Mapping[str, Problem]
    products: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The tumours' names."""
        return tuple(self.problems)

    @cached_property
    def rows(self) -> dict[str, Array]:
        """Which of all products each tumour has, in its own order."""
        found = {}
        for name, problem in self.problems.items():
            network = problem.network
            own = [network.species_names[i] for i in np.flatnonzero(network.is_product)]
            found[name] = np.array([self.products.index(each) for each in own], dtype=np.int64)
        return found

    def parts(self, state: Array) -> list[Array]:
        """Return the states (species, mesh cells) of the tumours in a state of all, as views."""
        sizes = [int(np.prod(shape)) for shape in self._shapes]
        pieces = np.split(state, np.cumsum(sizes)[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self._shapes, strict=True)]

    def joined(self, parts: list[Array]) -> Array:
        """Return the state of all tumours from theirs."""
        return np.concatenate([part.ravel() for part in parts])

    def ledger_of(self, name: str, ledger: Ledger) -> Ledger:
        """Return what of a ledger is one tumour's, and what is the body's, as of a run with it."""
        place = self.names.index(name)
        found = {each.name: getattr(ledger, each.name) for each in fields(Ledger)}
        count = len(self.products)
        for account in ("inflow", "egress"):
            found[account] = found[account][place * count : (place + 1) * count]
        for account in ("came", "went"):
            found[account] = found[account][self.passed(name)]
        every = sum(len(problem.fields) for problem in self.problems.values())
        for account in ("taken", "added"):
            whole = found[account]
            found[account] = np.concatenate([whole[self.counted(name)], whole[every:]])
        return Ledger(**found)

    def passed(self, name: str) -> slice:
        """Return where a tumour's places stand among those of all."""
        return self._slice(name, [len(problem.places) for problem in self.problems.values()])

    def counted(self, name: str) -> slice:
        """Return where a tumour's fields stand among those of all."""
        return self._slice(name, [len(problem.fields) for problem in self.problems.values()])

    def of(self, name: str, state: State) -> State:
        """Return the state of a run with one of the tumours alone."""
        tumour = self.parts(state.tumour)[self.names.index(name)]
        return replace(state, tumour=tumour, ledger=self.ledger_of(name, state.ledger))

    def _slice(self, name: str, sizes: list[int]) -> slice:
        ends = np.cumsum([0, *sizes])
        place = self.names.index(name)
        return slice(int(ends[place]), int(ends[place + 1]))

    @cached_property
    def _shapes(self) -> list[tuple[int, int]]:
        return [(len(p.fields), p.geometry.size) for p in self.problems.values()]

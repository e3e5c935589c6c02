"""What an event does at once to one tumour of several."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cartflow.coupling.ledger import Ledger
from cartflow.coupling.runs import System
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.state import State
from cartflow.study.events.jumps import Jump


@dataclass(frozen=True, kw_only=True, eq=False)
class InOneTumour:
    """A `jump` in the `tumour` of that name, counted as that of a run with it alone."""

    tumour: str
    jump: Jump

    def __call__(self, state: State, system: System) -> State:
        """Return the state after it, in what runs from then on."""
        assert isinstance(system, Tumours)
        layout, name = system.layout, self.tumour
        part, problem = system.parts[name], layout.problems[name]
        nothing = Ledger.empty(len(part.product_names), len(problem.places), len(problem.fields))
        after = self.jump(replace(layout.of(name, state), ledger=nothing), part)
        ledger, parts = state.ledger.copy(), layout.parts(state.tumour)
        parts[layout.names.index(name)] = after.tumour
        ledger.removed[layout.rows[name]] += after.ledger.removed
        for account in ("taken", "added"):
            getattr(ledger, account)[layout.counted(name)] += getattr(after.ledger, account)
        return replace(state, tumour=layout.joined(parts), ledger=ledger)
